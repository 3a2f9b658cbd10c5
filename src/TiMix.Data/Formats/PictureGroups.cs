using System.IO.Hashing;
using System.Runtime.InteropServices;

namespace TiMix.Data.Formats;

/// <summary>
/// Puts together the entries that name the same picture, without holding the source in memory: a first pass counts the entries of
/// each name (by a 128-bit hash), a second gives a picture out as soon as its last entry has been read.
/// </summary>
internal sealed class PictureGroups
{
    private readonly IPictureFormat _format;
    private readonly Dictionary<UInt128, int> _entries = [];

    public PictureGroups(IPictureFormat format)
    {
        _format = format;
        if (format is ShardFormat shards)
        {
            Count = shards.Count;
            return;
        }

        foreach (var entry in format.Entries(_ => { }))
        {
            CollectionsMarshal.GetValueRefOrAddDefault(_entries, Hash(entry.Image), out _)++;
        }

        Count = _entries.Count;
    }

    /// <summary>Different pictures.</summary>
    public int Count { get; }

    /// <summary>A picture an entry, in the order in which they are complete; again at every call.</summary>
    public IEnumerable<PictureEntry> Pictures(Action<SourceProblem> problem)
    {
        if (_format.Repetition == Repetition.Meaningless)
        {
            return _format.Entries(problem);
        }

        return Merged(problem);
    }

    private IEnumerable<PictureEntry> Merged(Action<SourceProblem> problem)
    {
        var unfinished = new Dictionary<UInt128, List<PictureEntry>>();
        foreach (var entry in _format.Entries(problem))
        {
            var hash = Hash(entry.Image);
            var expected = _entries.GetValueOrDefault(hash, 1);
            if (expected == 1)
            {
                yield return entry;
                continue;
            }

            if (!unfinished.TryGetValue(hash, out var parts))
            {
                unfinished[hash] = parts = [];
            }
            else if (_format.Repetition == Repetition.Mistake)
            {
                problem(
                    new SourceProblem(ProblemKind.Duplicate, entry.Where, $"{entry.Image} was there before ({parts[0].Where}); they are taken as one picture"));
            }

            parts.Add(entry);
            if (parts.Count == expected)
            {
                unfinished.Remove(hash);
                yield return parts[0] with
                {
                    Where = $"{parts[0].Where} and {parts.Count - 1} more",
                    Captions = [.. parts.SelectMany(part => part.Captions)],
                    Regions = [.. parts.SelectMany(part => part.Regions)],
                    Questions = [.. parts.SelectMany(part => part.Questions)],
                };
            }
        }

        if (unfinished.Count > 0)
        {
            problem(
                new SourceProblem(
                    ProblemKind.DamagedFile, _format.Name, $"the source became shorter while it was read; {unfinished.Count} pictures are left out"));
        }
    }

    private static UInt128 Hash(string image) => XxHash128.HashToUInt128(MemoryMarshal.AsBytes(PictureFiles.Normalize(image).AsSpan()));
}
