using TiMix.Protocol.Coordination;
using TiMix.Protocol.Messages;
using TiMix.Protocol.Values;
using static TiMix.Protocol.Messages.CoordinatorEvents;

namespace TiMix.Protocol.Tests.Simulation;

/// <summary>What must hold at every moment; each is checked wherever something happens that could break it.</summary>
internal sealed class Invariants(Cluster cluster)
{
    private readonly Dictionary<long, View> _proposed = [];
    private readonly HashSet<long> _installed = [];
    private readonly Dictionary<long, long> _goneOverAt = [];
    private readonly Dictionary<long, Dictionary<string, long>> _steps = [];
    private readonly Dictionary<string, long> _lastStep = new(StringComparer.Ordinal);
    private readonly SortedDictionary<long, string> _snapshots = [];
    private readonly HashSet<long> _evaluated = [];
    private readonly Dictionary<long, long> _appliedIn = [];
    private long _generation;
    private bool _held;

    /// <summary>An event is about to be safe in the journal.</summary>
    public void Journaled(IEvent happened)
    {
        switch (happened)
        {
            case ViewProposed proposed:
                Proposed(proposed);
                break;
            case ViewInstalled installed:
                Check(
                    installed.Generation == _generation && _installed.Add(_generation),
                    $"Generation {installed.Generation} is installed, {_generation} was proposed last.");
                Check(
                    installed.FromStep is not { } from || _goneOverAt[_generation] == from,
                    $"Generation {_generation} is said to have begun after step {installed.FromStep}.");
                if (installed.FromStep is null)
                {
                    BeginsFromTheRightState(_proposed[_generation]);
                }

                break;
            case ViewWithdrawn withdrawn:
                Check(!_goneOverAt.ContainsKey(withdrawn.Generation), $"Generation {withdrawn.Generation} is withdrawn and has begun.");
                break;
            case SnapshotCommitted committed:
                Check(
                    committed.Fingerprint == cluster.Undisturbed.StateAt(committed.Step).Fingerprint,
                    $"The snapshot of step {committed.Step} has other weights than the undisturbed run.");
                Check(!_snapshots.ContainsKey(committed.Step), $"A second snapshot of step {committed.Step} counts.");
                Check(cluster.Disk.Has(committed.Directory), $"{committed.Directory} counts and is not there.");
                _snapshots[committed.Step] = committed.Directory;
                break;
            case TrainerLost { Reason.Kind: LossKind.Offended or LossKind.Stuck } lost:
                Check(
                    cluster.Liar?.Node == lost.Node || cluster.Wrong.Contains(lost.Node),
                    $"{lost.Node}, which has done nothing, is put out: {lost.Reason}.");
                break;
            case SnapshotDiscarded discarded:
                Discarded(discarded);
                break;
            case EvaluationRecorded evaluated:
                Check(
                    _snapshots.ContainsKey(evaluated.Step) && _evaluated.Add(evaluated.Step),
                    $"The evaluation of step {evaluated.Step} counts, which is not due any more.");
                break;
            case RunPaused:
                _held = true;
                break;
            case RunContinued:
                Check(_held, "A hold ends that is over.");
                _held = false;
                break;
            case RunResumed:
                _held = false;
                break;
            case RunStopped { Reason.Kind: StopKind.Requested }:
                PausedWithItsNewestStep();
                break;
            case RunFinished finished:
                Check(
                    finished.Fingerprint == cluster.Undisturbed.StateAt(cluster.Settings.Steps).Fingerprint,
                    "The run ends with other weights than the undisturbed run.");
                Check(_evaluated.Contains(cluster.Settings.Steps), "The run ends without its last evaluation.");
                Check(cluster.Records.Evaluations.Contains(cluster.Settings.Steps), "The run ends and its last evaluation is not in its files.");
                Audited();
                break;
        }
    }

    /// <summary>Every step stands in the audit of the view in which it counts: the last one that was installed and began before it.</summary>
    private void Audited()
    {
        var views = cluster.Journal.Run.Changes.Where(change => change.InstalledAt != 0).ToList();
        for (var step = (views.Count > 0 ? views[0].View.FromStep : 0) + 1; step <= cluster.Settings.Steps; step++)
        {
            var view = views.Last(change => change.View.FromStep < step).View;
            Check(cluster.Disk.HasAudited(view.Generation, step), $"The run ends and step {step} is not in the audit of view {view.Generation}.");
        }
    }

    /// <summary>A trainer links up for a view.</summary>
    public void Prepares(TrainerShell trainer, View view) =>
        Check(
            _proposed.TryGetValue(view.Generation, out var proposed) && ReferenceEquals(proposed, view),
            $"{trainer.Id} prepares {view}, which is not in the journal.");

    /// <summary>A trainer goes over to a view that was prepared ahead; all do so after the same step.</summary>
    public void GoesOver(TrainerShell trainer, View view)
    {
        Check(
            _proposed.TryGetValue(view.Generation, out var proposed) && view == proposed with { FromStep = view.FromStep }
                && view.FromStep >= proposed.FromStep,
            $"{trainer.Id} goes over to {view}, which is not in the journal.");
        Check(trainer.State.Step == view.FromStep, $"{trainer.Id} goes over to {view} with the state of step {trainer.State.Step}.");
        Check(
            trainer.HasApplied(view.FromStep) || trainer.State == cluster.Undisturbed.StateAt(view.FromStep),
            $"{trainer.Id} has followed and goes over to {view} with another state than the undisturbed run.");
        if (_goneOverAt.TryAdd(view.Generation, view.FromStep))
        {
            _steps[view.Generation] = view.Shares.ToDictionary(share => share.Trainer, _ => view.FromStep, StringComparer.Ordinal);
            cluster.Statistics.ViewsGoneOverTo++;
        }

        Check(
            _goneOverAt[view.Generation] == view.FromStep,
            $"{trainer.Id} goes over to generation {view.Generation} after step {view.FromStep}, others after {_goneOverAt[view.Generation]}.");
    }

    private bool Holds(long generation) => _installed.Contains(generation) || _goneOverAt.ContainsKey(generation);

    /// <summary>A trainer begins a step.</summary>
    public void Computes(TrainerShell trainer, View view, long step)
    {
        Check(Holds(view.Generation), $"{trainer.Id} computes in generation {view.Generation}, which is not installed.");
        Check(view.Has(trainer.Id), $"{trainer.Id} computes in generation {view.Generation} and is not in it.");
        Check(step == trainer.State.Step, $"{trainer.Id} computes step {step} and has applied {trainer.State.Step}.");
        Check(!trainer.HasSaidQuiet, $"{trainer.Id} computes although it has said that it holds still.");
    }

    /// <summary>A trainer takes a frame for its step.</summary>
    public void Accepts(TrainerShell trainer, View view, string from, Frame frame)
    {
        Check(frame.Generation == view.Generation, $"{trainer.Id} takes a frame of generation {frame.Generation} in {view.Generation}.");
        Check(view.Has(from), $"{trainer.Id} takes a frame of {from}, which is not in generation {frame.Generation}.");
    }

    /// <summary>A trainer is about to apply a step.</summary>
    public void Applies(TrainerShell trainer, View view, long step)
    {
        var generation = view.Generation;
        Check(!trainer.HasSaidQuiet, $"{trainer.Id} changes its weights although it has said that it holds still.");
        Check(Holds(generation) && view.Has(trainer.Id), $"{trainer.Id} applies step {step} in generation {generation}, which is not its own.");
        Check(
            step == _lastStep.GetValueOrDefault(trainer.Id, -1) + 1,
            $"{trainer.Id} applies step {step} after {_lastStep.GetValueOrDefault(trainer.Id, -1)}.");
        var steps = _steps[generation];
        steps[trainer.Id] = step;
        foreach (var other in steps.Values)
        {
            Check(Math.Abs(other - step) <= 1, $"The trainers of generation {generation} are more than a step apart.");
        }

        cluster.Statistics.StepsApplied++;
        if (_appliedIn.TryGetValue(step, out var before) && before != generation)
        {
            cluster.Statistics.StepsRepeated++;
        }

        _appliedIn[step] = generation;
        if (view.Shares.Count > 1)
        {
            cluster.LastStepOf[trainer.Process.Node] = step;
        }

        cluster.Statistics.Furthest = Math.Max(cluster.Statistics.Furthest, step);
    }

    /// <summary>A trainer takes a state over.</summary>
    public void TakesOver(TrainerShell trainer) =>
        Check(!trainer.HasSaidQuiet, $"{trainer.Id} changes its weights although it has said that it holds still.");

    /// <summary>A trainer has replaced its state.</summary>
    public void HasWritten(TrainerShell trainer, string how)
    {
        _lastStep[trainer.Id] = trainer.State.Step;
        if (!trainer.Flipped)
        {
            Check(
                trainer.State == cluster.Undisturbed.StateAt(trainer.State.Step),
                $"{trainer.Id} has another state at step {trainer.State.Step} than the undisturbed run ({how}).");
        }
    }

    /// <summary>A line is about to be written into the metrics.</summary>
    public void Recorded(long after, StepReport report)
    {
        Check(report.Step > after, $"Step {report.Step} is written into the metrics after step {after}.");
        Check(
            report.Loss == TrainerShell.LossAfter(cluster.Undisturbed.StateAt(report.Step)),
            $"Step {report.Step} stands in the metrics with another loss than that of the undisturbed run.");
        for (var missing = after + 1; missing < report.Step; missing++)
        {
            cluster.Statistics.Gaps++;
            foreach (var trainer in cluster.Trainers)
            {
                Check(
                    !cluster.Settings.IsQuietNetwork || !trainer.Process.Sound || !trainer.HasApplied(missing) || !cluster.IsInView(trainer),
                    $"Step {missing} is missing in the metrics although {trainer.Id} can tell of it.");
            }
        }
    }

    /// <summary>The user is told that the run is over.</summary>
    public void Over(MonitorMessages.Over over) =>
        Check(
            cluster.Journal.Run.Status == (over.Outcome == RunOutcome.Finished ? RunStatus.Finished : RunStatus.Stopped),
            $"The user is told of {over}, and the run is {cluster.Journal.Run.Status}.");

    /// <summary>At the end.</summary>
    public void Finished()
    {
        var lines = cluster.Records.Metrics;
        for (var i = 1; i < lines.Count; i++)
        {
            Check(lines[i].Step > lines[i - 1].Step, $"Step {lines[i].Step} stands in the metrics after step {lines[i - 1].Step}.");
        }

        Check(
            cluster.Records.Evaluations.Distinct().Count() == cluster.Records.Evaluations.Count,
            $"An evaluation stands in the files twice: {string.Join(", ", cluster.Records.Evaluations)}.");
        Check(cluster.Records.Evaluations.Contains(cluster.Settings.Steps), "The last evaluation does not stand in the files.");
    }

    private void Proposed(ViewProposed proposed)
    {
        var view = proposed.View;
        Check(view.Generation > _generation, $"Generation {view.Generation} is proposed after {_generation}.");
        Check(view.FromStep >= (_snapshots.Count == 0 ? 0 : _snapshots.Keys.Last()), $"{view} begins before the newest snapshot.");
        Check(view.Shares.Sum(share => share.Count) == cluster.Settings.MicroBatches, $"{view} has not all micro-batches.");
        Check(view.Shares.Count >= cluster.Settings.Leases.MinTrainers, $"{view} has fewer trainers than the run needs.");
        Check(!cluster.Journal.Run.Paused, $"{view} is proposed although the run is paused.");
        _generation = view.Generation;
        _proposed[_generation] = view;
        _steps[_generation] = view.Shares.ToDictionary(share => share.Trainer, _ => view.FromStep, StringComparer.Ordinal);
        cluster.Statistics.Views++;
    }

    private bool IsBest(long step)
    {
        var evaluated = cluster.Journal.Run.Snapshots.Values.Where(snapshot => snapshot.MeanRecall is not null);
        return evaluated.MaxBy(snapshot => (snapshot.MeanRecall, snapshot.Step))?.Step == step;
    }

    private void Discarded(SnapshotDiscarded discarded)
    {
        if (discarded.Reason == SnapshotDiscarded.Retention)
        {
            var keep = cluster.Settings.KeepSnapshots;
            Check(
                _snapshots.Keys.Reverse().Take(keep).All(step => step != discarded.Step),
                $"The snapshot of step {discarded.Step} goes although it is one of the newest {keep}.");
            Check(
                !IsBest(discarded.Step),
                $"The snapshot of step {discarded.Step} goes although it is the best.");
            Check(
                !cluster.Plan.IsEvaluationDue(discarded.Step) || _evaluated.Contains(discarded.Step),
                $"The snapshot of step {discarded.Step} goes before it is evaluated.");
        }

        _snapshots.Remove(discarded.Step);
        _evaluated.Remove(discarded.Step);
    }

    /// <summary>A bit may flip later, but what was reported, and compared, is right.</summary>
    private void BeginsFromTheRightState(View view)
    {
        foreach (var trainer in cluster.Trainers)
        {
            if (trainer.Alive && view.Has(trainer.Id) && trainer.State.Step == view.FromStep)
            {
                Check(
                    trainer.Written == cluster.Undisturbed.StateAt(view.FromStep),
                    $"Generation {view.Generation} is installed although {trainer.Id} has other weights.");
            }
        }
    }

    /// <summary>Whoever still belongs to the run is not ahead of the snapshot that the stop leaves.</summary>
    private void PausedWithItsNewestStep()
    {
        var run = cluster.Journal.Run;
        var saved = _snapshots.Count == 0 ? 0 : _snapshots.Keys.Last();
        foreach (var trainer in cluster.Trainers)
        {
            if (trainer.Alive && run.Trainers.ContainsKey(trainer.Id) && trainer.Said?.StateGeneration >= run.Lineage
                && trainer.Said.StateGeneration > run.Diverged.GetValueOrDefault(trainer.Id) && !trainer.Flipped)
            {
                Check(
                    trainer.State.Step <= saved || cluster.Settings.WrongSteps,
                    $"Stopped with a snapshot of step {saved}, and {trainer.Id} has applied {trainer.State.Step}.");
            }
        }
    }

    private static void Check(bool holds, [System.Runtime.CompilerServices.InterpolatedStringHandlerArgument(nameof(holds))] ref FailureText otherwise)
    {
        if (!holds)
        {
            throw new SimulationFailure(otherwise.ToString());
        }
    }

    private static void Check(bool holds, string otherwise)
    {
        if (!holds)
        {
            throw new SimulationFailure(otherwise);
        }
    }
}
