using TiMix.Protocol.Values;

namespace TiMix.Protocol.Messages;

/// <summary>
/// What a trainer says of itself: whenever something changes, and every half second. The coordinator decides on the newest one
/// alone, so one that is lost, late or doubled does no harm.
/// </summary>
/// <param name="Trainer">Its id, new with every start of its process.</param>
/// <param name="Node">The node it lives on.</param>
/// <param name="Number">Rises with every status; an older one that arrives late is dropped.</param>
/// <param name="Endpoint">Where its links are.</param>
/// <param name="Computes">What computes there: trainers that would round differently must not work together.</param>
/// <param name="Phase">Where it stands.</param>
/// <param name="Generation">Of the newest view that it was told to prepare; 0: none.</param>
/// <param name="StateGeneration">Of the view in which it last had a state that counts.</param>
/// <param name="Applied">Steps applied; -1: it has no state.</param>
/// <param name="Hash">XXH3 over its whole state, given while it is ready, stopped or aborted.</param>
/// <param name="Suspects">Peers that it has lost in this generation.</param>
/// <param name="Leaving">Wants to leave after the current step.</param>
/// <param name="SecondsPerMicroBatch">As measured; 0: not yet.</param>
public sealed record TrainerStatus(
    string Trainer,
    string Node,
    long Number,
    string Endpoint,
    string Computes,
    TrainerPhase Phase,
    long Generation,
    long StateGeneration,
    long Applied,
    string? Hash,
    IReadOnlyList<string> Suspects,
    bool Leaving,
    double SecondsPerMicroBatch) : CoordinatorCommands.ICommand
{
    /// <summary>What it holds against peers of this generation, or against itself.</summary>
    public IReadOnlyList<Accusation> Accused { get; init; } = [];

    /// <summary>How far it is in the step after <see cref="Applied"/>.</summary>
    public StepStage Stage { get; init; }

    /// <summary>Generation of the view that it is ready to go over to while it trains or follows; 0: none.</summary>
    public long Ahead { get; init; }

    /// <summary>Steps that had been applied when it went over to the view that it is in without standing still; -1: it did not.</summary>
    public long Began { get; init; } = -1;

    /// <summary>It goes over to no view of this generation or an older one.</summary>
    public long Fence { get; init; }

    /// <summary>Whether it computes nothing and holds still.</summary>
    public bool Quiet => Phase is TrainerPhase.Idle or TrainerPhase.Stopped or TrainerPhase.Aborted;
}
