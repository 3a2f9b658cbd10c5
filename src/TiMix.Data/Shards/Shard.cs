using System.IO.Hashing;
using System.Text;
using Microsoft.Win32.SafeHandles;
using TiMix.Base;

namespace TiMix.Data.Shards;

/// <summary>Bytes of a shard; length -1: not there.</summary>
internal readonly record struct Extent(long Offset, long Length)
{
    public static readonly Extent None = new(0, -1);

    public bool Exists => Length >= 0;
}

/// <summary>Where the parts of a sample are.</summary>
internal readonly record struct ShardEntry(string Key, Extent Image, Extent Text, Extent Json);

/// <summary>The index of one tar: its samples in the order in which their first file stands there.</summary>
internal sealed record ShardContents(ShardEntry[] Entries, DataProblem[] Problems)
{
    private static ReadOnlySpan<byte> Magic => "TMXIDX03"u8;

    /// <summary>Reads all headers of a tar.</summary>
    public static ShardContents Build(SafeFileHandle file, string name)
    {
        List<ShardEntry> entries = [];
        Dictionary<string, int> byKey = new(StringComparer.Ordinal);
        List<DataProblem> problems = [];
        var unused = new UnusedFiles(name);
        var reader = new TarScanner(file, what => problems.Add(new DataProblem(name, what)), unused.AddSpecial);
        foreach (var member in reader.Members())
        {
            var (key, extension) = SplitName(member.Name);
            if (!UnusedFiles.IsKnown(extension))
            {
                unused.AddUnknown(member.Name, extension);
                continue;
            }

            if (!byKey.TryGetValue(key, out var at))
            {
                byKey[key] = at = entries.Count;
                entries.Add(new ShardEntry(TarName.Shown(key), Extent.None, Extent.None, Extent.None));
            }

            var entry = entries[at];
            var place = new Extent(member.Offset, member.Length);
            var taken = extension switch { "txt" => entry.Text, "json" => entry.Json, _ => entry.Image };
            if (taken.Exists)
            {
                problems.Add(new DataProblem($"{name}: {entry.Key}", $"has a second {extension}; the first file of its kind is used") { Unused = 1 });
                continue;
            }

            entries[at] = extension switch
            {
                "txt" => entry with { Text = place },
                "json" => entry with { Json = place },
                _ => entry with { Image = place },
            };
        }

        problems.AddRange(unused.Problems());
        if (entries.Count == 0)
        {
            problems.Add(new DataProblem(name, "holds no sample (files KEY.jpg|png|webp with KEY.txt or KEY.json)"));
        }

        return new ShardContents([.. entries], [.. problems]);
    }

    /// <summary>Key = path up to the first dot of the file name; extension = what follows, in lower case. Of bytes, a character each.</summary>
    internal static (string Key, string Extension) SplitName(string path)
    {
        if (path.StartsWith("./", StringComparison.Ordinal))
        {
            path = path[2..];
        }

        var dot = path.IndexOf('.', path.LastIndexOf('/') + 1);
        return dot < 0 ? (path, "") : (path[..dot], path[(dot + 1)..].ToLowerInvariant());
    }

    /// <summary>
    /// The cache file of a shard: its name depends on the shard's path, length and times of last change, and on which file it is, so that shards that were
    /// exchanged are not read by each other's index.
    /// </summary>
    public static string CacheFile(string directory, FileInfo shard)
    {
        var identity = $"{shard.FullName}\n{shard.Length}\n{shard.LastWriteTimeUtc.Ticks}\n{FileIdentity.Of(shard.FullName)?.Text}";
        return Path.Combine(directory, Convert.ToHexStringLower(XxHash128.Hash(Encoding.UTF8.GetBytes(identity))) + ".index");
    }

    /// <summary>Null if there is no such file or it is damaged.</summary>
    public static ShardContents? TryLoad(string path)
    {
        try
        {
            if (!File.Exists(path))
            {
                return null;
            }

            var bytes = File.ReadAllBytes(path);
            if (bytes.Length < Magic.Length + 8 || !bytes.AsSpan(0, Magic.Length).SequenceEqual(Magic)
                || !XxHash64.Hash(bytes.AsSpan(0, bytes.Length - 8)).AsSpan().SequenceEqual(bytes.AsSpan(bytes.Length - 8)))
            {
                return null;
            }

            using var reader = new BinaryReader(new MemoryStream(bytes, Magic.Length, bytes.Length - Magic.Length - 8));
            var entries = new ShardEntry[reader.Read7BitEncodedInt()];
            for (var i = 0; i < entries.Length; i++)
            {
                entries[i] = new ShardEntry(reader.ReadString(), ReadExtent(reader), ReadExtent(reader), ReadExtent(reader));
            }

            var problems = new DataProblem[reader.Read7BitEncodedInt()];
            for (var i = 0; i < problems.Length; i++)
            {
                problems[i] = new DataProblem(reader.ReadString(), reader.ReadString()) { Unused = reader.Read7BitEncodedInt() };
            }

            return new ShardContents(entries, problems);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or FormatException or OverflowException)
        {
            return null;
        }
    }

    /// <summary>Written beside its name, then renamed: a reader sees all of it or nothing.</summary>
    public void Save(string path)
    {
        using var memory = new MemoryStream();
        memory.Write(Magic);
        using (var writer = new BinaryWriter(memory, Encoding.UTF8, leaveOpen: true))
        {
            writer.Write7BitEncodedInt(Entries.Length);
            foreach (var entry in Entries)
            {
                writer.Write(entry.Key);
                WriteExtent(writer, entry.Image);
                WriteExtent(writer, entry.Text);
                WriteExtent(writer, entry.Json);
            }

            writer.Write7BitEncodedInt(Problems.Length);
            foreach (var problem in Problems)
            {
                writer.Write(problem.Where);
                writer.Write(problem.What);
                writer.Write7BitEncodedInt(problem.Unused);
            }
        }

        memory.Write(XxHash64.Hash(memory.GetBuffer().AsSpan(0, (int)memory.Length)));
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        WholeFile.Write(path, file => file.Write(memory.GetBuffer().AsSpan(0, (int)memory.Length)));
    }

    private static Extent ReadExtent(BinaryReader reader)
    {
        var length = reader.Read7BitEncodedInt64();
        return length == 0 ? Extent.None : new Extent(reader.Read7BitEncodedInt64(), length - 1);
    }

    private static void WriteExtent(BinaryWriter writer, Extent extent)
    {
        writer.Write7BitEncodedInt64(extent.Length + 1);
        if (extent.Exists)
        {
            writer.Write7BitEncodedInt64(extent.Offset);
        }
    }
}
