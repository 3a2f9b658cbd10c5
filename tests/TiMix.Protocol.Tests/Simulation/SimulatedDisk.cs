using TiMix.Protocol.Messages;

namespace TiMix.Protocol.Tests.Simulation;

/// <summary>The run's snapshots; they outlive every process.</summary>
internal sealed class SimulatedDisk
{
    private readonly Dictionary<string, (ulong State, bool Damaged)> _snapshots = new(StringComparer.Ordinal);

    public void Write(string directory, ulong state) => _snapshots.TryAdd(directory, (state, false));

    /// <summary>The state; null: it is damaged.</summary>
    public ulong? Read(string directory) => _snapshots.TryGetValue(directory, out var found) && !found.Damaged ? found.State : null;

    public void Damage(string directory) => _snapshots[directory] = (_snapshots[directory].State, true);
}

/// <summary>
/// A trainer's snapshots: the first trainer of a view writes them when they are due, and whoever is told to. An order that comes
/// again while one is written does nothing, and one that comes afterwards makes it say again that it is there.
/// </summary>
internal sealed class SnapshotWriter(SimulatedTrainer trainer)
{
    private readonly Cluster _cluster = trainer.Cluster;
    private long _writing = -1;
    private CoordinatorCommands.ReportSnapshot? _written;

    /// <summary>A step has been applied.</summary>
    public void AfterStep()
    {
        if (trainer.Protocol.View is { } view && view.PlaceOf(trainer.Id) == 0 && (trainer.Step % _cluster.Settings.SnapshotEvery == 0 || trainer.Step == _cluster.Settings.Steps || trainer.Step >= trainer.Protocol.SnapshotFrom))
        {
            trainer.Protocol.SnapshotBegun(trainer.Step);
            Save(trainer.Step);
        }
    }

    /// <summary>A view begins; at the end of the run there is no later step to write a snapshot after.</summary>
    public void BeginView(long committed)
    {
        if (trainer.Step == _cluster.Settings.Steps && committed < trainer.Step)
        {
            AfterStep();
        }
    }

    /// <summary>Writes one, beside training, from a copy.</summary>
    public void Save(long step)
    {
        if (_written?.Step == step && _written.Fingerprint == SimulatedTrainer.Text(trainer.State) && _cluster.Disk.Read(_written.Directory) is not null)
        {
            _written = _written with { Generation = trainer.Protocol.StateGeneration };
            _cluster.Network.ToCoordinator(trainer, _written);
        }
        else if (_writing == step)
        {
            return;
        }
        else if (!trainer.StateIsSound())
        {
            trainer.FindStateLost();
        }
        else
        {
            _writing = step;
            var (state, generation) = (trainer.State, trainer.Protocol.StateGeneration);
            trainer.Later(_cluster.Chance.Between(10, 250), () => Complete(generation, step, state));
            _cluster.Reach(Point.Saving, trainer);
        }
    }

    private void Complete(long generation, long step, ulong state)
    {
        if (_writing == step)
        {
            _writing = -1;
        }

        if (!_cluster.Network.Calm && _cluster.Chance.Of(_cluster.Settings.SnapshotFailures))
        {
            _cluster.Network.ToCoordinator(trainer, new CoordinatorCommands.ReportSnapshotFailed(generation, step, "disk full"));
            return;
        }

        var directory = $"step-{step}-{generation}-{trainer.Id}-{_cluster.Time.Now}";
        _cluster.Disk.Write(directory, state);
        _written = new CoordinatorCommands.ReportSnapshot(generation, step, directory, SimulatedTrainer.Text(state));
        _cluster.Network.ToCoordinator(trainer, _written);
        _cluster.Reach(Point.Saved, trainer);
    }
}
