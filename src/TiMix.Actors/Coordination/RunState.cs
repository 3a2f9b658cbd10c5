using System.Collections.Immutable;
using static TiMix.Actors.Coordination.CoordinatorCommands;
using static TiMix.Actors.Coordination.CoordinatorEvents;

namespace TiMix.Actors.Coordination;

/// <summary>Where a run stands.</summary>
public enum RunStatus
{
    /// <summary>The journal is empty.</summary>
    New,

    /// <summary>Training, or waiting for a trainer.</summary>
    Running,

    /// <summary>Stopped with a reason; can be continued.</summary>
    Paused,

    /// <summary>All steps done and evaluated.</summary>
    Finished,
}

/// <summary>A snapshot that counts.</summary>
/// <param name="Step">Steps applied.</param>
/// <param name="Directory">Name below the run's snapshots.</param>
/// <param name="Fingerprint">Of the parameters.</param>
/// <param name="MeanRecall">On the first split it was evaluated on, in percent; null: not evaluated.</param>
public sealed record CommittedSnapshot(long Step, string Directory, string Fingerprint, double? MeanRecall);

/// <summary>
/// All that the coordinator knows and all that it decides, without any I/O: <see cref="Decide"/> turns a command into events,
/// <see cref="Apply"/> turns an event into the next state. The actor persists, applies, and acts on the events.
/// </summary>
public sealed record RunState
{
    /// <summary>Why a run pauses when the user stops it.</summary>
    public const string StoppedOnRequest = "stopped on request";

    /// <summary>A run of which nothing is known.</summary>
    public static RunState Empty { get; } = new();

    /// <summary>Where it stands.</summary>
    public RunStatus Status { get; init; }

    /// <summary>Canonical text of the recipe.</summary>
    public string Recipe { get; init; } = "";

    /// <summary>Steps of the whole run.</summary>
    public long Steps { get; init; }

    /// <summary>Micro-batches V of a global batch.</summary>
    public int MicroBatches { get; init; }

    /// <summary>Steps applied, as far as reported.</summary>
    public long Progress { get; init; }

    /// <summary>Of the newest view.</summary>
    public long Generation { get; init; }

    /// <summary>The view that holds; null while there is no trainer.</summary>
    public View? View { get; init; }

    /// <summary>Trainers that belong to the run.</summary>
    public ImmutableSortedSet<string> Trainers { get; init; } = ImmutableSortedSet.Create<string>(StringComparer.Ordinal);

    /// <summary>Snapshots that count, by step.</summary>
    public ImmutableSortedDictionary<long, CommittedSnapshot> Snapshots { get; init; } = ImmutableSortedDictionary<long, CommittedSnapshot>.Empty;

    /// <summary>How often it was continued.</summary>
    public int Resumes { get; init; }

    /// <summary>Fingerprint at the end.</summary>
    public string? Fingerprint { get; init; }

    /// <summary>The newest snapshot that counts.</summary>
    public CommittedSnapshot? Newest => Snapshots.IsEmpty ? null : Snapshots.Values.Last();

    /// <summary>What follows from a command.</summary>
    public IReadOnlyList<IEvent> Decide(ICommand command) => (command, Status) switch
    {
        (BeginRun begin, RunStatus.New) => [new RunStarted(begin.Recipe, begin.Steps, begin.MicroBatches, begin.Seed)],
        (BeginRun, RunStatus.Running or RunStatus.Paused) =>
        [
            .. Trainers.Select(trainer => new TrainerLost(trainer)),
            new RunContinued(Newest?.Step ?? 0),
        ],
        (RegisterTrainer register, RunStatus.Running) => WithTrainers(
            Trainers.Contains(register.Trainer) ? [] : [new TrainerJoined(register.Trainer)], Trainers.Add(register.Trainer)),
        (ReportTrainerLost lost, RunStatus.Running) when Trainers.Contains(lost.Trainer) => WithTrainers(
            [new TrainerLost(lost.Trainer)], Trainers.Remove(lost.Trainer)),
        (ReportProgress progress, RunStatus.Running) when progress.Generation == Generation && progress.Step > Progress =>
            [new ProgressRecorded(progress.Generation, progress.Step)],
        (ReportSnapshot snapshot, RunStatus.Running) when snapshot.Generation == Generation =>
        [
            new SnapshotCommitted(snapshot.Step, snapshot.Directory, snapshot.Fingerprint),
            .. snapshot.Drained && snapshot.Step < Steps ? [new RunPaused(StoppedOnRequest)] : Array.Empty<IEvent>(),
        ],
        (ReportSnapshotFailed failed, RunStatus.Running) when failed.Generation == Generation && (failed.Drained || failed.Step == Steps) =>
            [new RunPaused($"the snapshot of step {failed.Step} could not be written: {failed.Reason}")],
        (ReportSnapshotDamaged damaged, RunStatus.Running) when damaged.Generation == Generation && Snapshots.ContainsKey(damaged.Step) =>
            WithoutSnapshot(damaged),
        (ReportEvaluation evaluation, RunStatus.Running) when Snapshots.TryGetValue(evaluation.Report.Step, out var snapshot) =>
        [
            new EvaluationRecorded(snapshot.Step, evaluation.Report.Splits.Select(split => split.Metrics.GetValueOrDefault("meanRecall")).FirstOrDefault()),
            .. snapshot.Step == Steps ? [new RunFinished(Steps, snapshot.Fingerprint)] : Array.Empty<IEvent>(),
        ],
        (PauseRun, RunStatus.Running) when View is null || Newest?.Step == Steps => [new RunPaused(StoppedOnRequest)],
        (FailRun fail, RunStatus.Running) => [new RunPaused(fail.Reason)],
        _ => [],
    };

    /// <summary>The state after an event.</summary>
    public RunState Apply(IEvent happened) => happened switch
    {
        RunStarted started => this with { Status = RunStatus.Running, Recipe = started.Recipe, Steps = started.Steps, MicroBatches = started.MicroBatches },
        RunContinued continued => this with { Status = RunStatus.Running, Progress = continued.FromStep, View = null, Resumes = Resumes + 1 },
        TrainerJoined joined => this with { Trainers = Trainers.Add(joined.Trainer) },
        TrainerLost lost => this with { Trainers = Trainers.Remove(lost.Trainer), View = null },
        ViewInstalled installed => this with { View = installed.View, Generation = installed.View.Generation, Progress = installed.View.FromStep },
        ProgressRecorded progress => this with { Progress = progress.Step },
        SnapshotCommitted snapshot => this with
        {
            Snapshots = Snapshots.SetItem(snapshot.Step, new CommittedSnapshot(snapshot.Step, snapshot.Directory, snapshot.Fingerprint, Snapshots.GetValueOrDefault(snapshot.Step)?.MeanRecall)),
            Progress = Math.Max(Progress, snapshot.Step),
        },
        SnapshotDiscarded discarded => this with { Snapshots = Snapshots.Remove(discarded.Step) },
        EvaluationRecorded evaluated => Snapshots.TryGetValue(evaluated.Step, out var snapshot)
            ? this with { Snapshots = Snapshots.SetItem(evaluated.Step, snapshot with { MeanRecall = evaluated.MeanRecall }) }
            : this,
        RunPaused => this with { Status = RunStatus.Paused, View = null },
        RunFinished finished => this with { Status = RunStatus.Finished, Fingerprint = finished.Fingerprint, View = null },
        _ => throw new InvalidOperationException($"The journal holds an event this version does not know: {happened.GetType().Name}."),
    };

    /// <summary>The snapshots to keep: the newest <paramref name="count"/>, and the best by mean recall.</summary>
    public IReadOnlySet<long> SnapshotsToKeep(int count)
    {
        var keep = Snapshots.Keys.TakeLast(Math.Max(1, count)).ToHashSet();
        var best = Snapshots.Values.Where(snapshot => snapshot.MeanRecall is not null).OrderByDescending(snapshot => snapshot.MeanRecall).ThenByDescending(snapshot => snapshot.Step).FirstOrDefault();
        if (best is not null)
        {
            keep.Add(best.Step);
        }

        return keep;
    }

    private List<IEvent> WithTrainers(IReadOnlyList<IEvent> events, ImmutableSortedSet<string> trainers) =>
        trainers.IsEmpty || Newest?.Step == Steps ? [.. events] : [.. events, InstallView(trainers, Newest)];

    private List<IEvent> WithoutSnapshot(ReportSnapshotDamaged damaged)
    {
        var rest = Snapshots.Remove(damaged.Step);
        return [new SnapshotDiscarded(damaged.Step, damaged.Reason), InstallView(Trainers, rest.IsEmpty ? null : rest.Values.Last())];
    }

    private ViewInstalled InstallView(IEnumerable<string> trainers, CommittedSnapshot? from) =>
        new(ViewPlanner.Plan(Generation + 1, from?.Step ?? 0, trainers, MicroBatches), from?.Directory);
}
