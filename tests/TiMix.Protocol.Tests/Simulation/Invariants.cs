using TiMix.Protocol.Coordination;
using TiMix.Protocol.Faults;
using TiMix.Protocol.Values;
using static TiMix.Protocol.Messages.CoordinatorEvents;

namespace TiMix.Protocol.Tests.Simulation;

/// <summary>What must hold at every moment; each is checked wherever something happens that could break it.</summary>
internal sealed class Invariants(Cluster cluster)
{
    private readonly Dictionary<long, View> _proposed = [];
    private readonly HashSet<long> _installed = [];
    private readonly Dictionary<long, Dictionary<string, long>> _steps = [];
    private readonly Dictionary<string, long> _lastStep = new(StringComparer.Ordinal);
    private readonly SortedDictionary<long, string> _snapshots = [];
    private readonly Dictionary<long, long> _appliedIn = [];
    private long _generation;

    /// <summary>An event is safe in the journal.</summary>
    public void Journaled(IEvent happened)
    {
        switch (happened)
        {
            case ViewProposed proposed:
                Check(proposed.View.Generation > _generation, $"Generation {proposed.View.Generation} is proposed after {_generation}.");
                Check(proposed.View.FromStep >= (_snapshots.Count == 0 ? 0 : _snapshots.Keys.Last()), $"{proposed.View} begins before the newest snapshot.");
                Check(proposed.View.Shares.Sum(share => share.Count) == UndisturbedRun.MicroBatches, $"{proposed.View} has not all micro-batches.");
                _generation = proposed.View.Generation;
                _proposed[_generation] = proposed.View;
                _steps[_generation] = proposed.View.Shares.ToDictionary(share => share.Trainer, _ => proposed.View.FromStep, StringComparer.Ordinal);
                cluster.Statistics.Views++;
                break;
            case ViewInstalled installed:
                Check(installed.Generation == _generation && _installed.Add(_generation), $"Generation {installed.Generation} is installed, {_generation} was proposed last.");
                BeginsFromTheRightState(_proposed[_generation]);
                break;
            case SnapshotCommitted committed:
                Check(committed.Fingerprint == SimulatedTrainer.Text(UndisturbedRun.StateAt(committed.Step)), $"The snapshot of step {committed.Step} has other weights than the undisturbed run.");
                _snapshots[committed.Step] = committed.Directory;
                break;
            case SnapshotDiscarded discarded:
                _snapshots.Remove(discarded.Step);
                break;
            case RunPaused { Reason.Kind: StopKind.Requested }:
                PausedWithItsNewestStep();
                break;
            case RunFinished finished:
                Check(finished.Fingerprint == SimulatedTrainer.Text(UndisturbedRun.StateAt(cluster.Settings.Steps)), "The run ends with other weights than the undisturbed run.");
                break;
        }
    }

    /// <summary>A trainer links up for a view.</summary>
    public void Prepares(SimulatedTrainer trainer, View view) =>
        Check(_proposed.TryGetValue(view.Generation, out var proposed) && ReferenceEquals(proposed, view), $"{trainer.Id} prepares {view}, which is not in the journal.");

    /// <summary>A trainer begins a step.</summary>
    public void Computes(SimulatedTrainer trainer, View view, long step)
    {
        Check(_installed.Contains(view.Generation), $"{trainer.Id} computes in generation {view.Generation}, which is not installed.");
        Check(view.Has(trainer.Id), $"{trainer.Id} computes in generation {view.Generation} and is not in it.");
        Check(step == trainer.Step, $"{trainer.Id} computes step {step} and has applied {trainer.Step}.");
        Check(!trainer.HasSaidQuiet, $"{trainer.Id} computes although it has said that it holds still.");
    }

    /// <summary>A trainer takes a frame for its step.</summary>
    public void Accepts(SimulatedTrainer trainer, string from, Frame frame)
    {
        Check(frame.Generation == trainer.Protocol.Generation, $"{trainer.Id} takes a frame of generation {frame.Generation} in {trainer.Protocol.Generation}.");
        Check(_proposed[frame.Generation].Has(from), $"{trainer.Id} takes a frame of {from}, which is not in generation {frame.Generation}.");
    }

    /// <summary>A trainer is about to replace its weights.</summary>
    public void BeforeWrite(SimulatedTrainer trainer, long step, bool applied)
    {
        Check(!trainer.HasSaidQuiet, $"{trainer.Id} changes its weights although it has said that it holds still.");
        if (!applied)
        {
            return;
        }

        var generation = trainer.Protocol.Generation;
        Check(!trainer.Flipped, $"{trainer.Id} applies step {step} to weights with a flipped bit.");
        Check(_installed.Contains(generation) && _proposed[generation].Has(trainer.Id), $"{trainer.Id} applies step {step} in generation {generation}, which is not its own.");
        Check(step == _lastStep.GetValueOrDefault(trainer.Id, -1) + 1, $"{trainer.Id} applies step {step} after {_lastStep.GetValueOrDefault(trainer.Id, -1)}.");
        _steps[generation][trainer.Id] = step;
        Check(_steps[generation].Values.Max() - _steps[generation].Values.Min() <= 1, $"The trainers of generation {generation} are more than a step apart: {string.Join(", ", _steps[generation])}.");
        cluster.Statistics.StepsApplied++;
        if (_appliedIn.TryGetValue(step, out var before) && before != generation)
        {
            cluster.Statistics.StepsRepeated++;
        }

        _appliedIn[step] = generation;
        cluster.Statistics.Furthest = Math.Max(cluster.Statistics.Furthest, step);
    }

    /// <summary>A trainer has replaced its weights.</summary>
    public void AfterWrite(SimulatedTrainer trainer, bool applied)
    {
        _lastStep[trainer.Id] = trainer.Step;
        Check(trainer.Flipped || trainer.State == UndisturbedRun.StateAt(trainer.Step), $"{trainer.Id} has other weights at step {trainer.Step} than the undisturbed run{(applied ? "" : " (taken over)")}.");
    }

    /// <summary>At the end: nothing that the coordinator knows is missing in its journal.</summary>
    public void ReplaysToTheSame(RunState live) =>
        Check(Text(live) == Text(cluster.Coordinator.Replay()), $"The journal gives another state than the coordinator has:\n{Text(cluster.Coordinator.Replay())}\n{Text(live)}");

    private static string Text(RunState run) => System.Text.Json.JsonSerializer.Serialize(run);

    /// <summary>A bit may flip later, but what was reported, and compared, is right.</summary>
    private void BeginsFromTheRightState(View view)
    {
        foreach (var trainer in cluster.Trainers.Where(trainer => view.Has(trainer.Id) && trainer.Step == view.FromStep))
        {
            Check(trainer.Written == UndisturbedRun.StateAt(view.FromStep), $"Generation {view.Generation} is installed although {trainer.Id} has other weights.");
        }
    }

    /// <summary>Whoever still belongs to the run is not ahead of the snapshot that the pause leaves.</summary>
    private void PausedWithItsNewestStep()
    {
        var run = cluster.Coordinator.Run;
        var saved = _snapshots.Count == 0 ? 0 : _snapshots.Keys.Last();
        foreach (var trainer in cluster.Trainers.Where(trainer => trainer.Alive && run.Trainers.ContainsKey(trainer.Id) && trainer.Protocol.StateGeneration >= run.Lineage && !trainer.Flipped))
        {
            Check(trainer.Step <= saved || cluster.Settings.Faults.Any(fault => fault.Kind is FaultKind.FlipAtApply or FaultKind.CorruptCopy), $"Paused with a snapshot of step {saved}, and {trainer.Id} has applied {trainer.Step}.");
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
