using TiMix.Base;
using TiMix.Learning.Model;

namespace TiMix.Runs.Snapshots;

/// <summary>The room that snapshots take on a disk, against what is free there.</summary>
/// <param name="Directory">Where runs are kept.</param>
/// <param name="Snapshot">Bytes of one snapshot.</param>
/// <param name="Free">Bytes that may still be written there; null: nobody knows.</param>
public sealed record SnapshotRoom(string Directory, long Snapshot, long? Free)
{
    /// <summary>Parameters, two moments, the average, and the versions of the teacher that are still needed, as floats.</summary>
    private const int Copies = 6;

    /// <summary>Headers, the recipe, and the other files of a run.</summary>
    private const long Rest = 256 << 10;

    /// <summary>What a run of a model needs and finds.</summary>
    /// <param name="directory">Where runs are kept; need not be there yet.</param>
    /// <param name="layout">Of the parameters.</param>
    public static SnapshotRoom Of(string directory, ParameterLayout layout) =>
        new(directory, (layout.Length * sizeof(float) * Copies) + Rest, FreeAt(Path.GetFullPath(directory)));

    /// <summary>Whether fewer snapshots have room than a run has at once: those that it keeps, and the one that is being written.</summary>
    /// <param name="kept">How many more are kept.</param>
    public bool IsLittle(int kept) => Free < (kept + 1) * Snapshot;

    /// <summary>Refuses a run of which not even one snapshot has room.</summary>
    /// <exception cref="RunError">It has none.</exception>
    public void Demand()
    {
        if (Free < Snapshot)
        {
            throw new RunError($"a snapshot of this run needs {ByteText.Megabytes(Snapshot)}, and {Directory} has {ByteText.Megabytes(Free.Value)} free; "
                + "make room, choose another --runs-dir, or a smaller model.");
        }
    }

    private static long? FreeAt(string directory)
    {
        try
        {
            for (var path = directory; path is not null; path = Path.GetDirectoryName(path))
            {
                if (System.IO.Directory.Exists(path))
                {
                    return new DriveInfo(path).AvailableFreeSpace;
                }
            }
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException or ArgumentException)
        {
            // Then it is found out when it is full.
        }

        return null;
    }
}
