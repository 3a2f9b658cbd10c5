using TiMix.Protocol.Values;

namespace TiMix.Protocol.Messages;

/// <summary>What the coordinator is told.</summary>
public static class CoordinatorCommands
{
    /// <summary>Marks a command.</summary>
    public interface ICommand : ITiMixMessage;

    /// <summary>Begin the run, or go on with it if the journal knows it and nothing of it is alive. <paramref name="Recipe"/> is the canonical text.</summary>
    public sealed record BeginRun(string Recipe, long Steps, int MicroBatches, ulong Seed) : ICommand;

    /// <summary>Somebody who knows says that a node's process has died.</summary>
    public sealed record ReportNodeLost(string Node) : ICommand;

    /// <summary>A snapshot is complete on disk.</summary>
    public sealed record ReportSnapshot(long Generation, long Step, string Directory, string Fingerprint) : ICommand;

    /// <summary>A snapshot could not be written; the old ones stay.</summary>
    public sealed record ReportSnapshotFailed(long Generation, long Step, string Reason) : ICommand;

    /// <summary>A snapshot turned out to be damaged, or away.</summary>
    public sealed record ReportSnapshotDamaged(long Generation, string Directory, string Reason) : ICommand;

    /// <summary>A step that was applied is not in a trainer's audit, and cannot be written into it.</summary>
    public sealed record ReportAuditFailed(long Generation, long Step, string Reason) : ICommand;

    /// <summary>The evaluator is done with a snapshot.</summary>
    public sealed record ReportEvaluation(EvaluationReport Report) : ICommand;

    /// <summary>The user wants to stop: finish the step, take a snapshot.</summary>
    public sealed record StopRun : ICommand;

    /// <summary>The user wants everybody to hold still after the current step, processes and all, until <see cref="ContinueRun"/>.</summary>
    public sealed record PauseRun : ICommand;

    /// <summary>The user wants the run that is paused to go on.</summary>
    public sealed record ContinueRun : ICommand;

    /// <summary>The user wants a snapshot, whether one is due or not.</summary>
    public sealed record WantSnapshot : ICommand;

    /// <summary>The user wants a node to leave as soon as it harms nobody.</summary>
    public sealed record DrainNode(string Node) : ICommand;

    /// <summary>What becomes of a wish of the user's.</summary>
    public sealed record Answer(CoordinatorAnswer What) : ITiMixMessage;

    /// <summary>The run cannot go on.</summary>
    public sealed record FailRun(string Reason) : ICommand;
}
