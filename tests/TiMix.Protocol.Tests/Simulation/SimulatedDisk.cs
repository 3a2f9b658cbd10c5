using TiMix.Protocol.Coordination;

namespace TiMix.Protocol.Tests.Simulation;

/// <summary>The run's snapshots; they outlive every process. A disk may be full, content may rot, and what is deleted is gone.</summary>
internal sealed class SimulatedDisk(Cluster cluster)
{
    /// <summary>Where all snapshots are.</summary>
    public const string Place = "/disk";

    private sealed class Snapshot(SimulatedState state)
    {
        public SimulatedState State => state;

        public bool Damaged { get; set; }

        public bool Deleted { get; set; }
    }

    private readonly HashSet<(long Generation, long Step)> _audited = [];
    private readonly Dictionary<string, Snapshot> _snapshots = new(StringComparer.Ordinal);

    /// <summary>Until when nothing can be written.</summary>
    public long FullUntil { get; set; }

    /// <summary>Until when no audit can be written.</summary>
    public long AuditFullUntil { get; set; }

    /// <summary>Until when no metrics and no evaluation can be written.</summary>
    public long RecordsFullUntil { get; set; }

    /// <summary>Snapshots that are there.</summary>
    public int Count => _snapshots.Values.Count(snapshot => !snapshot.Deleted);

    /// <summary>Writes steps into the audit; false: there is no room for one.</summary>
    public bool Audit(Queue<(long Generation, long Step)> steps)
    {
        while (cluster.Time.Now >= AuditFullUntil && steps.TryDequeue(out var step))
        {
            _audited.Add(step);
        }

        return steps.Count == 0;
    }

    /// <summary>Whether a step stands in the audit of a view.</summary>
    public bool HasAudited(long generation, long step) => _audited.Contains((generation, step));

    /// <summary>Writes one; false: there is no room.</summary>
    public bool Write(string directory, in SimulatedState state)
    {
        if (cluster.Time.Now < FullUntil)
        {
            return false;
        }

        _snapshots[directory] = new Snapshot(state);
        return true;
    }

    /// <summary>The same of a snapshot whose path is given.</summary>
    public SimulatedState? ReadAt(string path) => Read(Path.GetRelativePath(Place, path));

    /// <summary>What it holds; null: it is damaged, or somebody late wants what is gone for good reason.</summary>
    /// <exception cref="SimulationFailure">It has been deleted although the run needs it.</exception>
    public SimulatedState? Read(string directory)
    {
        if (_snapshots.TryGetValue(directory, out var snapshot) && !snapshot.Deleted)
        {
            return snapshot.Damaged ? null : snapshot.State;
        }

        var run = cluster.Journal.Run;
        if (run.Snapshots.Values.Any(counting => counting.Directory == directory) || run.Proposed?.Sources.Any(source => source.From == directory) == true)
        {
            throw new SimulationFailure($"{directory} is needed and has been deleted.");
        }

        return null;
    }

    /// <summary>Whether it is there, whole or not.</summary>
    public bool Has(string directory) => _snapshots.TryGetValue(directory, out var snapshot) && !snapshot.Deleted;

    /// <summary>As its small file has it, whatever has become of the others; null: it is not there.</summary>
    public string? FingerprintOf(string directory) => Has(directory) ? _snapshots[directory].State.Fingerprint : null;

    /// <summary>It rots.</summary>
    public void Damage(string directory) => _snapshots[directory].Damaged = true;

    /// <summary>It goes.</summary>
    public void Delete(string directory)
    {
        cluster.Log?.Add($"disk: {directory} is deleted");
        cluster.Statistics.Deleted++;
        if (_snapshots.TryGetValue(directory, out var snapshot))
        {
            snapshot.Deleted = true;
        }
    }

    /// <summary>All but these go.</summary>
    public void Prune(IReadOnlySet<string> keep)
    {
        foreach (var (directory, snapshot) in _snapshots)
        {
            if (!snapshot.Deleted && !keep.Contains(directory))
            {
                Delete(directory);
            }
        }
    }

    /// <summary>Those that are there and whole, oldest first.</summary>
    public IReadOnlyList<FoundSnapshot> Find() =>
    [
        .. _snapshots.Where(pair => pair.Value is { Deleted: false, Damaged: false })
            .GroupBy(pair => pair.Value.State.Step).OrderBy(group => group.Key).Select(group => group.First())
            .Select(pair => new FoundSnapshot(pair.Value.State.Step, pair.Key, pair.Value.State.Fingerprint)),
    ];
}
