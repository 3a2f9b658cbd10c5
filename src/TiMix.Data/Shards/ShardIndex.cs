using System.Text.Json;
using Microsoft.Win32.SafeHandles;
using TiMix.Base;
using TiMix.Data.Text;

namespace TiMix.Data.Shards;

/// <summary>
/// All samples of a set of WebDataset shards. A shard is a tar of files KEY.jpg|jpeg|png|webp|gif|bmp, KEY.txt (caption), KEY.json
/// (<c>{"caption": "…", "captions": ["…", …], "regions": [{"box": [x, y, w, h], "phrase": "…"}]}</c>; its captions go before that
/// of the txt; "captions" is for pictures with several, "caption" is then the first of them).
/// The order is that of the shards, then that of the files in them. A key that lacks a picture or a caption counts as a sample:
/// it is replaced and counted when its turn comes. Only the index is in memory; shards are opened as they are read. Thread-safe.
/// </summary>
public sealed class ShardIndex : IDisposable
{
    private const long LargestFile = 256L << 20;
    private static readonly SampleFields Nothing = new([], [], [], []);
    private readonly IndexedShard[] _shards;
    private readonly int[] _starts;
    private readonly ShardHandles _handles = new();

    private ShardIndex(IndexedShard[] shards, IReadOnlyList<DataProblem> problems)
    {
        _shards = shards;
        _starts = new int[shards.Length];
        for (var i = 0; i < shards.Length; i++)
        {
            _starts[i] = Count;
            Count = checked(Count + shards[i].Entries.Length);
        }

        Problems = problems;
    }

    /// <summary>Samples, usable or not.</summary>
    public int Count { get; }

    /// <summary>What was wrong with the shards when they were indexed (found once, remembered in the cache).</summary>
    public IReadOnlyList<DataProblem> Problems { get; }

    /// <summary>Indexes the shards, or takes the index from the cache.</summary>
    /// <param name="pattern">Path of a tar, or of many with brace ranges (<see cref="BraceRange"/>).</param>
    /// <param name="cacheDirectory">Where the index of each shard is kept; null for nowhere. A damaged file there is made anew.</param>
    /// <exception cref="DataException">A file is missing or cannot be read, or there is no sample at all.</exception>
    public static ShardIndex Open(string pattern, string? cacheDirectory)
    {
        if (string.IsNullOrWhiteSpace(pattern))
        {
            throw new DataException("No shards are named; right would be a path such as data/train-{000..007}.tar.");
        }

        var files = BraceRange.Expand(pattern).Select(path => new FileInfo(path)).ToList();
        var missing = files.Where(file => !file.Exists).ToList();
        if (missing.Count > 0)
        {
            var directory = missing[0].Directory;
            var hint = Directory.Exists(missing[0].FullName) ? "it is a directory; name the tar files in it, e.g. …/train-{000..007}.tar"
                : directory is { Exists: true } ? $"{directory.FullName} has {Neighbours(directory)}"
                : $"there is no directory {directory?.FullName}";
            throw new DataException($"{pattern}: {missing.Count} of {files.Count} shards missing, the first is {missing[0].FullName}; {hint}.");
        }

        var shards = new List<IndexedShard>(files.Count);
        List<DataProblem> problems = [];
        foreach (var file in files)
        {
            shards.Add(IndexOne(file, cacheDirectory, problems));
        }

        if (shards.Sum(shard => (long)shard.Entries.Length) == 0)
        {
            var why = problems.Count > 0 ? $" ({problems[0].Where}: {problems[0].What})" : "";
            throw new DataException($"{pattern}: no sample in {files.Count} shards{why}; a shard is a tar of KEY.jpg|png|webp with KEY.txt or KEY.json.");
        }

        return new ShardIndex([.. shards], problems);
    }

    /// <summary>Reads one sample; nothing is decoded. Thread-safe.</summary>
    /// <exception cref="SampleException">A part of it cannot be read or its json is broken.</exception>
    /// <exception cref="DataException">Its shard cannot be opened any more: what a run is made of must not depend on that.</exception>
    public RawSample Read(int index) => Read(index, withImage: true);

    /// <summary>What is said of a sample, without its picture.</summary>
    /// <exception cref="SampleException">A part of it cannot be read or its json is broken.</exception>
    /// <exception cref="DataException">Its shard cannot be opened any more.</exception>
    public RawSample ReadText(int index) => Read(index, withImage: false);

    private RawSample Read(int index, bool withImage)
    {
        var (shard, entry) = Find(index);
        using var lease = OpenAgain(shard);
        try
        {
            var image = withImage ? ReadExtent(lease.File, entry.Image) : [];
            var fields = entry.Json.Exists ? SampleJson.Parse(ReadExtent(lease.File, entry.Json)) : Nothing;
            var captions = fields.Captions.Count == 0 && entry.Text.Exists ? [StoredText.Decode(ReadExtent(lease.File, entry.Text))] : fields.Captions;
            return new RawSample(entry.Key, image, captions, fields.Regions) { Questions = fields.Questions, LeftOut = fields.LeftOut };
        }
        catch (IOException e)
        {
            throw new SampleException($"cannot be read: {e.Message}");
        }
        catch (JsonException e)
        {
            throw new SampleException($"its json is broken: {OneLine.Of(e.Message)}");
        }
    }

    /// <summary>Shard and key of a sample, for messages.</summary>
    public string NameOf(int index)
    {
        var (shard, entry) = Find(index);
        return $"{shard.Name}: {entry.Key}";
    }

    /// <summary>Closes the shards.</summary>
    public void Dispose() => _handles.Dispose();

    private ShardHandles.Lease OpenAgain(IndexedShard shard)
    {
        try
        {
            return _handles.Rent(shard.Path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new DataException($"{shard.Path}: cannot be opened any more: {e.Message}");
        }
    }

    private static IndexedShard IndexOne(FileInfo file, string? cacheDirectory, List<DataProblem> problems)
    {
        try
        {
            using var handle = ShardHandles.Open(file.FullName);
            Span<byte> head = stackalloc byte[ForeignFile.Looked];
            if (ForeignFile.Describe(head[..RandomAccess.Read(handle, head, 0)]) is { } foreign)
            {
                throw new DataException($"{file.FullName}: {foreign}; a shard is a plain tar.");
            }

            var cache = cacheDirectory is null ? null : ShardContents.CacheFile(cacheDirectory, file);
            var contents = cache is null ? null : ShardContents.TryLoad(cache);
            if (contents is null)
            {
                contents = ShardContents.Build(handle, file.Name);
                if (cache is not null)
                {
                    TrySave(contents, cache, problems);
                }
            }

            problems.AddRange(contents.Problems);
            return new IndexedShard(file.Name, file.FullName, contents.Entries);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new DataException($"{file.FullName}: cannot be read: {e.Message}");
        }
    }

    private static void TrySave(ShardContents contents, string cache, List<DataProblem> problems)
    {
        try
        {
            contents.Save(cache);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            problems.Add(new DataProblem(cache, $"the index cannot be kept and will be made anew next time: {e.Message}"));
        }
    }

    private static string Neighbours(DirectoryInfo directory)
    {
        var tars = directory.EnumerateFiles("*.tar").Select(file => file.Name).Order(StringComparer.Ordinal).Take(4).ToList();
        return tars.Count == 0 ? "no .tar files" : string.Join(", ", tars.Take(3)) + (tars.Count > 3 ? ", …" : "");
    }

    private (IndexedShard Shard, ShardEntry Entry) Find(int index)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(index);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(index, Count);
        var at = Array.BinarySearch(_starts, index);
        at = at < 0 ? ~at - 1 : at;
        // Shards without samples start where the next one does: the last of equal starts has the sample.
        while (at + 1 < _starts.Length && _starts[at + 1] <= index)
        {
            at++;
        }

        return (_shards[at], _shards[at].Entries[index - _starts[at]]);
    }

    private static byte[] ReadExtent(SafeFileHandle shard, Extent extent)
    {
        if (!extent.Exists)
        {
            return [];
        }

        if (extent.Length > LargestFile)
        {
            throw new SampleException($"a file of {extent.Length} bytes; at most {LargestFile} are read");
        }

        var bytes = GC.AllocateUninitializedArray<byte>((int)extent.Length);
        var read = 0;
        while (read < bytes.Length)
        {
            var n = RandomAccess.Read(shard, bytes.AsSpan(read), extent.Offset + read);
            if (n == 0)
            {
                throw new IOException("the shard has become shorter since it was indexed");
            }

            read += n;
        }

        return bytes;
    }

    private sealed record IndexedShard(string Name, string Path, ShardEntry[] Entries);
}
