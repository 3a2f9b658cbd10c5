using TiMix.Base;
using TiMix.Protocol.Notices;
using TiMix.Protocol.Values;

namespace TiMix.Protocol.Messages;

/// <summary>To the monitor, which keeps the run's files, and from there to whoever looks on.</summary>
public static class MonitorMessages
{
    /// <summary>
    /// A step was applied. <paramref name="Oldest"/>: the trainer has no report of the step before: it took a state over, or has forgotten it.
    /// </summary>
    public sealed record StepApplied(StepReport Report, IReadOnlyList<Replacement> Replacements, bool Oldest) : ITiMixMessage;

    /// <summary>All steps up to this one are written down; the next is wanted.</summary>
    public sealed record Recorded(long Step) : ITiMixMessage;

    /// <summary>A view holds; lines of later steps in the metrics are void.</summary>
    public sealed record ViewBegan(ViewChange Change) : ITiMixMessage;

    /// <summary>A trainer has been put out.</summary>
    public sealed record TrainerLost(string Node, LossReason Reason) : ITiMixMessage;

    /// <summary>A snapshot counts.</summary>
    public sealed record SnapshotCommitted(long Step, string Directory) : ITiMixMessage;

    /// <summary>An evaluation counts.</summary>
    public sealed record Evaluated(EvaluationReport Report) : ITiMixMessage;

    /// <summary>Something the user should know.</summary>
    public sealed record Told(Notice Notice) : ITiMixMessage;

    /// <summary>The run enters a phase.</summary>
    public sealed record Entered(RunPhase Phase) : ITiMixMessage;

    /// <summary>The run is over.</summary>
    public sealed record Over(RunOutcome Outcome, string? Fingerprint, string? Error, int Resumes) : ITiMixMessage;
}
