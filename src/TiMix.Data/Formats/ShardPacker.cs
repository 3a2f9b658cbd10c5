using System.Formats.Tar;
using System.Text;
using TiMix.Base;
using TiMix.Data.Shards;

namespace TiMix.Data.Formats;

/// <summary>
/// Writes the pictures of a source as WebDataset shards: KEY.jpg|png|webp with the bytes of the source, KEY.txt with the first
/// caption if there is one, KEY.json with all captions, boxes, questions and the picture's name. KEY is the picture's position in the source. The bytes are a
/// function of the source alone. Nothing has its final name before everything is written.
/// </summary>
public static class ShardPacker
{
    private const string Unfinished = ".packing";
    private const int Block = 512;
    private static readonly DateTimeOffset FixedTime = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);

    /// <summary>Packs all pictures that can be used.</summary>
    /// <param name="source">The pictures.</param>
    /// <param name="options">Where to.</param>
    /// <param name="problem">Is told what is left out.</param>
    /// <param name="progress">Told of pictures done and of all, broken ones counted, a thousand at a time.</param>
    /// <param name="cancellation">Stops and leaves nothing behind.</param>
    /// <exception cref="DataException">Shards are there already, cannot be written, or no picture can be used.</exception>
    public static PackSummary Pack(
        PictureSource source, PackOptions options, Action<SourceProblem> problem, IProgress<(int Done, int Total)>? progress, CancellationToken cancellation)
    {
        var output = options.Output;
        if (output.Existing() is { Count: > 0 } there && !options.Force)
        {
            throw new DataException($"{there[0]} is there already{(there.Count > 1 ? $", and {there.Count - 1} more of its kind" : "")}; --force replaces "
                + $"them, or name others by --out.");
        }

        try
        {
            Directory.CreateDirectory(output.Directory);
            Remove(output.Existing(Unfinished));
            var summary = Write(source, options, problem, progress, cancellation);
            Finish(output, summary.Shards);
            return summary;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new DataException($"{output.Text}: cannot be written: {e.Message}");
        }
        finally
        {
            Remove(output.Existing(Unfinished));
        }
    }

    private static PackSummary Write(
        PictureSource source, PackOptions options, Action<SourceProblem> problem, IProgress<(int Done, int Total)>? progress, CancellationToken cancellation)
    {
        var (shards, pictures, captions, regions, bytes, told) = (0, 0, 0L, 0L, 0L, 0);
        var firstProblem = new ProblemTally(1);
        Shard? shard = null;
        try
        {
            foreach (var picture in source.Read(found => { firstProblem.Add(found); problem(found); }, cancellation))
            {
                var kept = options.FirstCaptionOnly ? [.. picture.Captions.Take(1)] : picture.Captions;
                var files = Files(picture, kept);
                if (shard is not null && options.Output.Counts && shard.IsFullFor(files, options.ShardSize))
                {
                    bytes += shard.Close();
                    shard = null;
                }

                shard ??= new Shard(options.Output.PathOf(shards++) + Unfinished);
                shard.Add(files);
                pictures++;
                captions += kept.Count;
                regions += picture.Regions.Count;
                if (picture.Position / 1000 > told)
                {
                    told = picture.Position / 1000;
                    progress?.Report((told * 1000, source.Count));
                }
            }

            bytes += shard?.Close() ?? 0;
        }
        finally
        {
            shard?.Dispose();
        }

        if (pictures == 0)
        {
            throw new DataException($"not one of {source.Count} pictures can be used; the first: {firstProblem.First[0].Where}: "
                + $"{firstProblem.First[0].What}. Nothing was written.");
        }

        return new PackSummary(shards, options.Output.ForReading(shards), pictures, captions, regions, bytes);
    }

    private static void Finish(ShardPattern output, int shards)
    {
        var old = output.Existing().ToHashSet(StringComparer.Ordinal);
        for (var i = 0; i < shards; i++)
        {
            var path = output.PathOf(i);
            WholeFile.Put(path + Unfinished, path);
            old.Remove(path);
        }

        Remove(old);
    }

    private static void Remove(IEnumerable<string> files)
    {
        foreach (var file in files)
        {
            File.Delete(file);
        }
    }

    private static (string Name, byte[] Content)[] Files(SourcePicture picture, IReadOnlyList<string> captions)
    {
        var key = picture.Position.ToString("D9", System.Globalization.CultureInfo.InvariantCulture);
        return
        [
            ($"{key}.{picture.Extension}", picture.Image),
            .. captions.Take(1).Select(caption => ($"{key}.txt", Encoding.UTF8.GetBytes(caption))),
            ($"{key}.json", SampleJson.Write(captions, picture.Regions, picture.Questions, picture.Name)),
        ];
    }

    /// <summary>One tar in the making.</summary>
    private sealed class Shard : IDisposable
    {
        private readonly FileStream _file;
        private readonly TarWriter _tar;
        private int _samples;

        public Shard(string path)
        {
            _file = new FileStream(path, FileMode.Create, FileAccess.Write, FileShare.None, 1 << 20);
            _tar = new TarWriter(_file, TarEntryFormat.Ustar, leaveOpen: true);
        }

        /// <summary>Whether one more sample would make it larger than wanted, end mark included.</summary>
        public bool IsFullFor((string Name, byte[] Content)[] files, ShardSize size) =>
            _samples >= size.Samples
                || _file.Position + files.Sum(file => Block + ((file.Content.LongLength + Block - 1) / Block * Block)) + (2 * Block) > size.Bytes;

        public void Add((string Name, byte[] Content)[] files)
        {
            foreach (var (name, content) in files)
            {
                _tar.WriteEntry(new UstarTarEntry(TarEntryType.RegularFile, name)
                {
                    DataStream = new MemoryStream(content),
                    ModificationTime = FixedTime,
                    Mode = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead | UnixFileMode.OtherRead,
                });
            }

            _samples++;
        }

        /// <summary>Everything on the disk; the length of the file.</summary>
        public long Close()
        {
            _tar.Dispose();
            _file.Flush(flushToDisk: true);
            var length = _file.Length;
            _file.Dispose();
            return length;
        }

        public void Dispose()
        {
            // Closing twice does nothing; after a failure what is unwritten is of no use.
            try
            {
                _tar.Dispose();
                _file.Dispose();
            }
            catch (IOException)
            {
            }
        }
    }
}
