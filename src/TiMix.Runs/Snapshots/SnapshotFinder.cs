using TiMix.Base;
using TiMix.Runs.Records;

namespace TiMix.Runs.Snapshots;

/// <summary>Snapshots by what a user calls them: the name of a run, or a directory.</summary>
public static class SnapshotFinder
{
    /// <summary>The name of the run that wrote a snapshot last.</summary>
    /// <exception cref="RunError">No run has one.</exception>
    public static string NewestRun(string runsDirectory)
    {
        string[] names = Directory.Exists(runsDirectory) ? [.. Directory.GetDirectories(runsDirectory).Select(path => Path.GetFileName(path))] : [];
        var snapshots = names.SelectMany(name => SnapshotStore.In(RunDirectory.Of(runsDirectory, name).Snapshots).Select(path => (Run: name, Path: path)));
        return snapshots.OrderByDescending(snapshot => SnapshotStore.WrittenAt(snapshot.Path)).ThenBy(snapshot => snapshot.Path, StringComparer.Ordinal)
            .FirstOrDefault() is { Run: { } newest }
            ? newest
            : throw new RunError(
                $"there is no snapshot of any run in {runsDirectory}; train one by \"timix train\", or name a run or a snapshot's directory by --run.");
    }

    /// <summary>The parameters of a snapshot.</summary>
    /// <param name="nameOrSnapshot">A run, or a snapshot's directory.</param>
    /// <param name="runsDirectory">Where runs are kept.</param>
    /// <param name="step">The run's snapshot of that step; null: its newest.</param>
    /// <param name="average">The running average instead of the trained parameters.</param>
    /// <exception cref="RunError">There is no such run or snapshot, or it is damaged.</exception>
    public static (SnapshotManifest Manifest, float[] Parameters) Find(string nameOrSnapshot, string runsDirectory, long? step = null, bool average = false)
    {
        try
        {
            if (SnapshotStore.IsSnapshot(nameOrSnapshot))
            {
                return step is null
                    ? SnapshotStore.ReadParameters(nameOrSnapshot, average)
                    : throw new RunError($"{nameOrSnapshot} is a snapshot itself; --snapshot goes with the name of a run.");
            }

            using var run = RunDirectory.Look(runsDirectory, nameOrSnapshot);
            var there = SnapshotStore.In(run.Snapshots);
            var found = step is { } wanted ? Array.Find(there, path => Path.GetFileName(path) == SnapshotStore.NameOf(wanted)) : there.LastOrDefault();
            return found is not null ? SnapshotStore.ReadParameters(found, average) : throw new RunError(there.Length == 0
                ? $"run \"{nameOrSnapshot}\" has no snapshot yet."
                : $"run \"{nameOrSnapshot}\" has no snapshot of step {step}; it has {string.Join(", ", there.Select(path => Path.GetFileName(path)))}.");
        }
        catch (InvalidDataException error)
        {
            throw new RunError(error.Message);
        }
    }
}
