using TiMix.Protocol.Values;

namespace TiMix.Protocol.Messages;

/// <summary>What the journal holds. Times are milliseconds since 1970, UTC.</summary>
public static class CoordinatorEvents
{
    /// <summary>Marks an event. Stored for ever: fields may be added, never changed.</summary>
    public interface IEvent : ITiMixMessage;

    /// <summary>The run exists.</summary>
    public sealed record RunStarted(string Recipe, long Steps, int MicroBatches, ulong Seed) : IEvent;

    /// <summary>A trainer belongs to the run.</summary>
    public sealed record TrainerJoined(string Trainer, string Node, long At) : IEvent;

    /// <summary>A trainer does not belong to the run any more.</summary>
    public sealed record TrainerLost(string Trainer, string Node, LossReason Reason, long At) : IEvent;

    /// <summary>
    /// A trainer's state was not that of the others; it takes theirs over before it computes again. <paramref name="Outvoted"/>: more than half
    /// of them agreed on another, so that this is an offence.
    /// </summary>
    public sealed record ReplicaDiverged(string Trainer, string Node, long Step, long At, bool Outvoted = false) : IEvent;

    /// <summary>
    /// A trainer has done what it must not: it said so itself, or more than half of its view's other trainers did, two at least.
    /// <paramref name="Step"/>: steps applied before the one that it happened in, which is computed without it.
    /// </summary>
    public sealed record TrainerCharged(
        string Trainer, string Node, OffenceKind Kind, long Step, IReadOnlyList<int> MicroBatches, IReadOnlyList<string> AccusedBy, long Generation, long At)
        : IEvent;

    /// <summary>
    /// Two nodes say different things, and nobody can tell which is right: <paramref name="Node"/> accuses <paramref name="Other"/>.
    /// <paramref name="OfTwo"/>: their view had no third. <paramref name="States"/>: what differs is their states, so that neither can be gone on from.
    /// </summary>
    public sealed record NodesDisagreed(string Node, string Other, OffenceKind Kind, bool OfTwo, bool States, long Generation, long At) : IEvent;

    /// <summary>
    /// A view is being prepared. <paramref name="Lineage"/> is the oldest generation whose states still count: it rises when
    /// training goes back to a snapshot although somebody alive is ahead of it. <paramref name="DetectedAt"/> is when the
    /// coordinator learned of the cause.
    /// </summary>
    public sealed record ViewProposed(View View, IReadOnlyList<StateSource> Sources, long Lineage, ViewCause Reason, long DetectedAt, long At) : IEvent
    {
        /// <summary>It is prepared while the view before it trains, which goes on until the trainers themselves go over to this one.</summary>
        public bool Ahead { get; init; }
    }

    /// <summary>
    /// All of a proposed view's trainers are ready: from now on it holds. <paramref name="Hash"/>: of the state that it begins with. Of one that was
    /// prepared ahead: it has begun, after <paramref name="FromStep"/> steps; where it begins is decided by its trainers.
    /// </summary>
    public sealed record ViewInstalled(long Generation, long At, string? Hash = null, long? FromStep = null) : IEvent;

    /// <summary>A view that was prepared ahead does not come about: all trainers of the one that trains know.</summary>
    public sealed record ViewWithdrawn(long Generation, long At) : IEvent;

    /// <summary>So many steps have been applied.</summary>
    public sealed record ProgressRecorded(long Generation, long Step, long At) : IEvent;

    /// <summary>A snapshot counts.</summary>
    public sealed record SnapshotCommitted(long Step, string Directory, string Fingerprint, long At) : IEvent;

    /// <summary>A snapshot counts no more.</summary>
    public sealed record SnapshotDiscarded(long Step, string Reason) : IEvent
    {
        /// <summary>The reason of one that is whole and was not kept: it is deleted.</summary>
        public const string Retention = "retention";
    }

    /// <summary>A snapshot has been evaluated; <paramref name="MeanRecall"/> is that of the first split, in percent.</summary>
    public sealed record EvaluationRecorded(long Step, double MeanRecall) : IEvent;

    /// <summary>The run stands still until somebody resumes it.</summary>
    public sealed record RunStopped(StopReason Reason, long At) : IEvent;

    /// <summary>Everybody holds still after the current step.</summary>
    public sealed record RunPaused(long At) : IEvent;

    /// <summary>Everybody goes on.</summary>
    public sealed record RunContinued(long At) : IEvent;

    /// <summary>The run goes on after a stop or a crash, with nobody alive who has a state.</summary>
    public sealed record RunResumed(long FromStep, long At) : IEvent;

    /// <summary>All steps are done and evaluated.</summary>
    public sealed record RunFinished(long Step, string Fingerprint, long At) : IEvent;
}
