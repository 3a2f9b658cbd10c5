using System.Collections.Immutable;
using TiMix.Base;
using TiMix.Protocol.Values;
using static TiMix.Protocol.Messages.CoordinatorCommands;
using static TiMix.Protocol.Messages.CoordinatorEvents;

namespace TiMix.Protocol.Coordination;

/// <summary>
/// All that the journal remembers, and what it decides alone: <see cref="Decide"/> turns a command into events,
/// <see cref="Apply"/> turns an event into the next state. Who trains is decided by <see cref="Membership"/>, which also knows
/// who is alive.
/// </summary>
public sealed record RunState
{
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

    /// <summary>Steps applied, as far as recorded.</summary>
    public long Progress { get; init; }

    /// <summary>Of the newest view that was proposed.</summary>
    public long Generation { get; init; }

    /// <summary>The oldest generation whose states still count.</summary>
    public long Lineage { get; init; } = 1;

    /// <summary>The view that holds; null: none.</summary>
    public View? View { get; init; }

    /// <summary>The view that is being prepared; null: none.</summary>
    public ProposedView? Proposed { get; init; }

    /// <summary>Trainers that belong to the run, with their nodes.</summary>
    public ImmutableSortedDictionary<string, string> Trainers { get; init; } = ImmutableSortedDictionary.Create<string, string>(StringComparer.Ordinal);

    /// <summary>Trainers whose state was not that of the others, with the generation up to which their states do not count.</summary>
    public ImmutableSortedDictionary<string, long> Diverged { get; init; } = ImmutableSortedDictionary.Create<string, long>(StringComparer.Ordinal);

    /// <summary>Snapshots that count, by step.</summary>
    public ImmutableSortedDictionary<long, CommittedSnapshot> Snapshots { get; init; } = ImmutableSortedDictionary<long, CommittedSnapshot>.Empty;

    /// <summary>Directories of snapshots that counted once and count no more: a report that comes late or twice does not bring one back.</summary>
    public ImmutableSortedSet<string> Discarded { get; init; } = ImmutableSortedSet.Create<string>(StringComparer.Ordinal);

    /// <summary>What nodes have done to the run since it was begun or resumed.</summary>
    public OffenceBook Book { get; init; } = OffenceBook.Empty;

    /// <summary>Trainers that are not heard any more, whatever they say, and why.</summary>
    public ImmutableSortedDictionary<string, LossReason> Ended { get; init; } = ImmutableSortedDictionary.Create<string, LossReason>(StringComparer.Ordinal);

    /// <summary>The hash of the state that <see cref="View"/> began with; null: not known.</summary>
    public string? ViewHash { get; init; }

    /// <summary>All views that were proposed, oldest first.</summary>
    public ImmutableList<ViewChange> Changes { get; init; } = [];

    /// <summary>How often it was resumed.</summary>
    public int Resumes { get; init; }

    /// <summary>Whether the user has everybody hold still; nodes and their states stay.</summary>
    public bool Paused { get; init; }

    /// <summary>Why it stands still.</summary>
    public StopReason? StopReason { get; init; }

    /// <summary>Fingerprint at the end.</summary>
    public string? Fingerprint { get; init; }

    /// <summary>Of the view that trains; where none does, of the newest that was proposed.</summary>
    public long GenerationInForce => View?.Generation ?? Generation;

    /// <summary>How <see cref="View"/> came about; null: there is none.</summary>
    public ViewChange? Current => View is null ? null : Changes.FindLast(change => change.View.Generation == View.Generation);

    /// <summary>The newest snapshot that counts.</summary>
    public CommittedSnapshot? Newest => Snapshots.IsEmpty ? null : Snapshots.Values.Last();

    /// <summary>Whether the weights of the last step are safe on disk.</summary>
    public bool Trained => Newest?.Step == Steps;

    /// <summary>
    /// Whether a step counts as a view computed it. Where a later view held that began before it, it was computed again there, to the
    /// same bits, and the books tell of those who did.
    /// </summary>
    /// <param name="generation">Of the view.</param>
    /// <param name="step">Applied.</param>
    public bool StillCounts(long generation, long step)
    {
        for (var i = Changes.Count - 1; i >= 0 && Changes[i].View.Generation > generation; i--)
        {
            if (Changes[i].InstalledAt > 0 && Changes[i].View.FromStep < step)
            {
                return false;
            }
        }

        return true;
    }

    /// <summary>What follows from a command.</summary>
    /// <param name="command">What was said.</param>
    /// <param name="now">Milliseconds since 1970, UTC.</param>
    public IReadOnlyList<IEvent> Decide(ICommand command, long now) => (command, Status) switch
    {
        (BeginRun begin, RunStatus.New) => [new RunStarted(begin.Recipe, begin.Steps, begin.MicroBatches, begin.Seed)],
        (BeginRun, RunStatus.Running or RunStatus.Stopped) =>
        [
            .. Trainers.Select(trainer => new TrainerLost(trainer.Key, trainer.Value, new LossReason(LossKind.RunInterrupted), now)),
            new RunResumed(Newest?.Step ?? 0, now),
        ],
        (
            ReportSnapshot snapshot,
            RunStatus.Running) when snapshot.Generation >= Lineage && snapshot.Step <= Steps && StillCounts(snapshot.Generation, snapshot.Step)
                && !GoesBackBehind(snapshot) && !Snapshots.ContainsKey(snapshot.Step) && !Discarded.Contains(snapshot.Directory) =>
            [new SnapshotCommitted(snapshot.Step, snapshot.Directory, snapshot.Fingerprint, now)],
        (ReportSnapshotFailed failed, RunStatus.Running) when failed.Generation >= Lineage && failed.Step == Steps =>
            [new RunStopped(new StopReason(StopKind.SnapshotFailed, failed.Step, Printable.Of(failed.Reason)), now)],
        (ReportSnapshotDamaged damaged, RunStatus.Running) when Snapshots.Values.FirstOrDefault(
            snapshot => snapshot.Directory == damaged.Directory) is { } snapshot =>
            [new SnapshotDiscarded(snapshot.Step, Printable.Of(damaged.Reason))],
        (ReportEvaluation evaluation, RunStatus.Running) when Snapshots.TryGetValue(evaluation.Report.Step, out var snapshot) && snapshot.MeanRecall is null =>
        [
            new EvaluationRecorded(snapshot.Step, evaluation.Report.Splits.Select(Headline.ValueOf).FirstOrDefault()),
            .. snapshot.Step == Steps ? [new RunFinished(Steps, snapshot.Fingerprint, now)] : Array.Empty<IEvent>(),
        ],
        (FailRun fail, RunStatus.Running) => [new RunStopped(new StopReason(StopKind.Failed, Said: Printable.Of(fail.Reason)), now)],
        (PauseRun, RunStatus.Running) when !Paused => [new RunPaused(now)],
        (ContinueRun, RunStatus.Running) when Paused => [new RunContinued(now)],
        _ => [],
    };

    /// <summary>The state after an event.</summary>
    public RunState Apply(IEvent happened) => happened switch
    {
        RunStarted started => this with { Status = RunStatus.Running, Recipe = started.Recipe, Steps = started.Steps, MicroBatches = started.MicroBatches },
        RunResumed resumed => this with
        {
            Status = RunStatus.Running,
            Progress = resumed.FromStep,
            View = null,
            Proposed = null,
            Lineage = Generation + 1,
            Resumes = Resumes + 1,
            StopReason = null,
            Book = OffenceBook.Empty with { Judged = Generation },
            Ended = Ended.Clear(),
            Paused = false,
        },
        TrainerJoined joined => this with { Trainers = Trainers.SetItem(joined.Trainer, joined.Node) },
        TrainerLost lost => this with
        {
            Trainers = Trainers.Remove(lost.Trainer),
            Ended = lost.Reason.EndsItsProcess ? Ended.SetItem(lost.Trainer, lost.Reason) : Ended,
            Book = lost.Reason.Kind == LossKind.Stuck ? Book.NoteStuck(lost.Node, Progress, GenerationInForce) : Book,
        },
        ReplicaDiverged diverged => this with
        {
            Diverged = Diverged.SetItem(diverged.Trainer, Generation),
            Book = diverged.Outvoted ? Book.NoteDivergence(diverged.Node, diverged.Step, GenerationInForce) : Book,
        },
        TrainerCharged charged => this with { Book = Book.Note(charged) },
        NodesDisagreed disagreed => this with { Book = Book.Note(disagreed) },
        ViewProposed proposed => this with
        {
            Proposed = new ProposedView(proposed.View, proposed.Sources, proposed.Ahead, proposed.At),
            View = proposed.Ahead ? View : null,
            Generation = proposed.View.Generation,
            Lineage = proposed.Lineage,
            Changes = Changes.Add(new ViewChange(proposed.View, proposed.Reason, proposed.DetectedAt, 0, 0) { Ahead = proposed.Ahead }),
        },
        ViewInstalled installed when Proposed?.View.Generation == installed.Generation =>
            Install(Proposed.View with { FromStep = installed.FromStep ?? Proposed.View.FromStep }, installed),
        ViewWithdrawn withdrawn when Proposed?.View.Generation == withdrawn.Generation => this with { Proposed = null },
        ViewInstalled or ViewWithdrawn => this,
        ProgressRecorded progress => this with
        {
            Progress = progress.Step,
            Changes = Current is { FirstStepAt: 0 } current && current.View.Generation == progress.Generation && progress.Step > current.View.FromStep
                ? Changes.Replace(current, current with { FirstStepAt = progress.At })
                : Changes,
        },
        SnapshotCommitted snapshot => this with
        {
            Snapshots = Snapshots.SetItem(snapshot.Step, new CommittedSnapshot(snapshot.Step, snapshot.Directory, snapshot.Fingerprint, null)),
            Progress = Math.Max(Progress, snapshot.Step),
        },
        SnapshotDiscarded discarded => this with
        {
            Snapshots = Snapshots.Remove(discarded.Step),
            Discarded = Snapshots.TryGetValue(discarded.Step, out var gone) ? Discarded.Add(gone.Directory) : Discarded,
        },
        EvaluationRecorded evaluated => Snapshots.TryGetValue(evaluated.Step, out var snapshot)
            ? this with { Snapshots = Snapshots.SetItem(evaluated.Step, snapshot with { MeanRecall = evaluated.MeanRecall }) }
            : this,
        RunStopped stopped => this with { Status = RunStatus.Stopped, View = null, Proposed = null, StopReason = stopped.Reason },
        RunPaused => this with { Paused = true },
        RunContinued => this with { Paused = false },
        RunFinished finished => this with { Status = RunStatus.Finished, Fingerprint = finished.Fingerprint, View = null, Proposed = null },
        _ => throw new InvalidOperationException($"The journal holds an event this version does not know: {happened.GetType().Name}."),
    };

    /// <summary>A view is about to compute the step again: the report comes too late, or comes again if that view never holds.</summary>
    private bool GoesBackBehind(ReportSnapshot snapshot) => Proposed is { Ahead: false, View: var view }
        && view.Generation > snapshot.Generation && view.FromStep < snapshot.Step;

    private RunState Install(View view, ViewInstalled installed) => this with
    {
        View = view,
        ViewHash = installed.Hash,
        Proposed = null,
        Progress = Changes[^1].Ahead ? Math.Max(Progress, view.FromStep) : view.FromStep,
        Changes = Changes.SetItem(Changes.Count - 1, Changes[^1] with { View = view, InstalledAt = installed.At }),
    };

    /// <summary>The snapshots to keep: the newest <paramref name="count"/>, and the best by mean recall.</summary>
    public IReadOnlySet<long> SnapshotsToKeep(int count)
    {
        var keep = Snapshots.Keys.TakeLast(Math.Max(1, count)).ToHashSet();
        var best = Snapshots.Values.Where(snapshot => snapshot.MeanRecall is not null).OrderByDescending(snapshot => snapshot.MeanRecall)
            .ThenByDescending(snapshot => snapshot.Step).FirstOrDefault();
        if (best is not null)
        {
            keep.Add(best.Step);
        }

        return keep;
    }
}
