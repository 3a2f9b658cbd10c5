using TiMix.Actors.Messages;
using TiMix.Actors.Runs;

namespace TiMix.Actors.Coordination;

/// <summary>What the coordinator is told.</summary>
public static class CoordinatorCommands
{
    /// <summary>Marks a command.</summary>
    public interface ICommand : ITiMixMessage;

    /// <summary>Begin the run, or go on with it if the journal knows it. <paramref name="Recipe"/> is the canonical text.</summary>
    public sealed record BeginRun(string Recipe, long Steps, int MicroBatches, ulong Seed) : ICommand;

    /// <summary>A trainer offers itself; the sender.</summary>
    public sealed record RegisterTrainer(string Trainer) : ICommand;

    /// <summary>A trainer is no more.</summary>
    public sealed record ReportTrainerLost(string Trainer) : ICommand;

    /// <summary>A trainer has applied a step.</summary>
    public sealed record ReportProgress(long Generation, long Step) : ICommand;

    /// <summary>A snapshot is complete on disk.</summary>
    public sealed record ReportSnapshot(long Generation, long Step, string Directory, string Fingerprint, bool Drained) : ICommand;

    /// <summary>A snapshot could not be written; the old ones stay.</summary>
    public sealed record ReportSnapshotFailed(long Generation, long Step, string Reason, bool Drained) : ICommand;

    /// <summary>A snapshot turned out to be damaged, or away.</summary>
    public sealed record ReportSnapshotDamaged(long Generation, long Step, string Reason) : ICommand;

    /// <summary>The evaluator is done with a snapshot.</summary>
    public sealed record ReportEvaluation(EvaluationReport Report) : ICommand;

    /// <summary>The user wants to stop: finish the step, take a snapshot.</summary>
    public sealed record PauseRun : ICommand;

    /// <summary>The run cannot go on.</summary>
    public sealed record FailRun(string Reason) : ICommand;
}

/// <summary>What the journal holds.</summary>
public static class CoordinatorEvents
{
    /// <summary>Marks an event. Stored for ever: fields may be added, never changed.</summary>
    public interface IEvent : ITiMixMessage;

    /// <summary>The run exists.</summary>
    public sealed record RunStarted(string Recipe, long Steps, int MicroBatches, ulong Seed) : IEvent;

    /// <summary>A trainer belongs to the run.</summary>
    public sealed record TrainerJoined(string Trainer) : IEvent;

    /// <summary>A trainer does not belong to the run any more.</summary>
    public sealed record TrainerLost(string Trainer) : IEvent;

    /// <summary>From now on this view holds; <paramref name="Snapshot"/> is where its state comes from, null: the seed.</summary>
    public sealed record ViewInstalled(View View, string? Snapshot) : IEvent;

    /// <summary>So many steps have been applied.</summary>
    public sealed record ProgressRecorded(long Generation, long Step) : IEvent;

    /// <summary>A snapshot counts.</summary>
    public sealed record SnapshotCommitted(long Step, string Directory, string Fingerprint) : IEvent;

    /// <summary>A snapshot counts no more.</summary>
    public sealed record SnapshotDiscarded(long Step, string Reason) : IEvent;

    /// <summary>A snapshot has been evaluated; <paramref name="MeanRecall"/> is that of the first split, in percent.</summary>
    public sealed record EvaluationRecorded(long Step, double MeanRecall) : IEvent;

    /// <summary>The run stands still until somebody continues it.</summary>
    public sealed record RunPaused(string Reason) : IEvent;

    /// <summary>The run goes on after a pause or a crash.</summary>
    public sealed record RunContinued(long FromStep) : IEvent;

    /// <summary>All steps are done and evaluated.</summary>
    public sealed record RunFinished(long Step, string Fingerprint) : IEvent;
}
