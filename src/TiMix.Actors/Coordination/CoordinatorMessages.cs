using TiMix.Actors.Messages;
using TiMix.Actors.Runs;

namespace TiMix.Actors.Coordination;

/// <summary>Where a trainer stands.</summary>
public enum TrainerPhase
{
    /// <summary>Has no state and belongs to no view.</summary>
    Idle,

    /// <summary>Links to its peers and comes by the state of a proposed view.</summary>
    Preparing,

    /// <summary>Has links and state; waits for the view to begin.</summary>
    Ready,

    /// <summary>Trains.</summary>
    Running,

    /// <summary>Has ended its part in a view after a whole step, as all of its peers do.</summary>
    Stopped,

    /// <summary>Has broken off; what it had not applied has changed nothing.</summary>
    Aborted,
}

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
    /// <summary>Whether it computes nothing and holds still.</summary>
    public bool Quiet => Phase is TrainerPhase.Idle or TrainerPhase.Stopped or TrainerPhase.Aborted;
}

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

    /// <summary>The evaluator is done with a snapshot.</summary>
    public sealed record ReportEvaluation(EvaluationReport Report) : ICommand;

    /// <summary>The user wants to stop: finish the step, take a snapshot.</summary>
    public sealed record PauseRun : ICommand;

    /// <summary>The user wants everybody to hold still after the current step, processes and all, until <see cref="EndHold"/>.</summary>
    public sealed record HoldRun : ICommand;

    /// <summary>The user wants the run that is held to go on.</summary>
    public sealed record EndHold : ICommand;

    /// <summary>The user wants a snapshot, whether one is due or not.</summary>
    public sealed record WantSnapshot : ICommand;

    /// <summary>The user wants a node to leave as soon as it harms nobody.</summary>
    public sealed record DrainNode(string Node) : ICommand;

    /// <summary>What became of a wish of the user's. <paramref name="Text"/> says what was done and what happens next, or why not and what would be right.</summary>
    public sealed record Answer(bool Done, string Text, bool Unknown = false) : ITiMixMessage;

    /// <summary>The run cannot go on.</summary>
    public sealed record FailRun(string Reason) : ICommand;
}

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
    public sealed record TrainerLost(string Trainer, string Node, string Reason, long At) : IEvent;

    /// <summary>A trainer's state was not that of the others; it takes theirs over before it computes again.</summary>
    public sealed record ReplicaDiverged(string Trainer, string Node, long Step, long At) : IEvent;

    /// <summary>
    /// A view is being prepared. <paramref name="Lineage"/> is the oldest generation whose states still count: it rises when
    /// training goes back to a snapshot although somebody alive is ahead of it. <paramref name="DetectedAt"/> is when the
    /// coordinator learned of the cause.
    /// </summary>
    public sealed record ViewProposed(View View, IReadOnlyList<StateSource> Sources, long Lineage, string Reason, long DetectedAt, long At) : IEvent;

    /// <summary>All of a proposed view's trainers are ready: from now on it holds.</summary>
    public sealed record ViewInstalled(long Generation, long At) : IEvent;

    /// <summary>So many steps have been applied.</summary>
    public sealed record ProgressRecorded(long Generation, long Step, long At) : IEvent;

    /// <summary>A snapshot counts.</summary>
    public sealed record SnapshotCommitted(long Step, string Directory, string Fingerprint, long At) : IEvent;

    /// <summary>A snapshot counts no more.</summary>
    public sealed record SnapshotDiscarded(long Step, string Reason) : IEvent;

    /// <summary>A snapshot has been evaluated; <paramref name="MeanRecall"/> is that of the first split, in percent.</summary>
    public sealed record EvaluationRecorded(long Step, double MeanRecall) : IEvent;

    /// <summary>The run stands still until somebody continues it.</summary>
    public sealed record RunPaused(string Reason, long At) : IEvent;

    /// <summary>Everybody holds still after the current step.</summary>
    public sealed record RunHeld(long At) : IEvent;

    /// <summary>Everybody goes on.</summary>
    public sealed record HoldEnded(long At) : IEvent;

    /// <summary>The run goes on after a pause or a crash, with nobody alive who has a state.</summary>
    public sealed record RunContinued(long FromStep, long At) : IEvent;

    /// <summary>All steps are done and evaluated.</summary>
    public sealed record RunFinished(long Step, string Fingerprint, long At) : IEvent;
}
