using System.Text.Json.Serialization;
using TiMix.Protocol.Values;

namespace TiMix.Protocol.Messages;

/// <summary>What becomes of a wish of the user's that the coordinator is to fulfil.</summary>
public abstract record CoordinatorAnswer
{
    private CoordinatorAnswer()
    {
    }

    /// <summary>Whether it is being done.</summary>
    [JsonIgnore]
    public bool Done => this is not Refusal;

    /// <summary>Why it is not done.</summary>
    public abstract record Refusal : CoordinatorAnswer
    {
        private protected Refusal()
        {
        }
    }

    /// <summary>All trainers hold still after this step or a few more.</summary>
    public sealed record Pauses(long Step) : CoordinatorAnswer;

    /// <summary>The run goes on after a step.</summary>
    public sealed record Continues(long Step) : CoordinatorAnswer;

    /// <summary>The run ends with a snapshot after its step.</summary>
    public sealed record Stops : CoordinatorAnswer;

    /// <summary>A snapshot of this step, or the next one, is written.</summary>
    public sealed record SnapshotComes(long Step) : CoordinatorAnswer;

    /// <summary>There is one already, of this step.</summary>
    public sealed record SnapshotThere(long Step) : CoordinatorAnswer;

    /// <summary>A node leaves; it serves trainers.</summary>
    public sealed record ServiceLeaves(string Node) : CoordinatorAnswer;

    /// <summary>A trainer leaves, others take its micro-batches over.</summary>
    public sealed record TrainerLeaves(string Node) : CoordinatorAnswer;

    /// <summary>The last trainer leaves; the run waits for another.</summary>
    public sealed record LastTrainerLeaves(string Node) : CoordinatorAnswer;

    /// <summary>The run is paused already.</summary>
    public sealed record PausedAlready : Refusal;

    /// <summary>The run is not paused.</summary>
    public sealed record NotPaused : Refusal;

    /// <summary>The run has not begun.</summary>
    public sealed record NotBegun : Refusal;

    /// <summary>The run stands still until it is resumed.</summary>
    public sealed record StandsStill(StopReason Reason) : Refusal;

    /// <summary>All steps are done, the last evaluation is not.</summary>
    public sealed record AllStepsDone : Refusal;

    /// <summary>The run is finished.</summary>
    public sealed record Finished : Refusal;

    /// <summary>No trainer has a state of which a snapshot could be.</summary>
    public sealed record NoState : Refusal;

    /// <summary>There is no such node.</summary>
    public sealed record UnknownNode(string Node, IReadOnlyList<string> Present) : Refusal;

    /// <summary>The run needs a node of this role, and there is no other.</summary>
    public sealed record Indispensable(string Node, string Role) : Refusal;

    /// <summary>There is no way to a coordinator yet. Said by whoever looked for one.</summary>
    public sealed record BeingPrepared : Refusal;

    /// <summary>The coordinator has not answered for so long. Said by whoever asked it.</summary>
    public sealed record Silent(double Seconds) : Refusal;
}
