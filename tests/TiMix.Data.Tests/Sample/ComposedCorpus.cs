using System.Formats.Tar;
using System.Text.Json;
using TiMix.Data.Formats;
using TiMix.Data.Sample;

namespace TiMix.Data.Tests.Sample;

/// <summary>A directory of its own for each test, gone afterwards.</summary>
public sealed class ScratchDirectory : IDisposable
{
    public string Root { get; } = Directory.CreateTempSubdirectory("timix-sample-").FullName;

    public string Corpus => Path.Combine(Root, "sample");

    public void Dispose() => Directory.Delete(Root, recursive: true);
}

internal sealed record ReadScene(string Key, byte[] Image, string Caption, IReadOnlyList<(SceneBox Box, string Phrase)> Regions);

internal static class ComposedCorpus
{
    public static readonly SampleSizes Small = new(Shards: 3, ShardSize: 40, Evaluation: 120);

    public static void Compose(string directory, ulong seed, int threads = 2) =>
        SampleCorpus.Compose(directory, seed, Small, threads, null, TestContext.Current.CancellationToken);

    public static SortedDictionary<string, byte[]> Bytes(string directory) =>
        new(Directory.GetFiles(directory).ToDictionary(f => Path.GetFileName(f), File.ReadAllBytes), StringComparer.Ordinal);

    /// <summary>Reads a shard with nothing of the code under test.</summary>
    public static IReadOnlyList<ReadScene> Read(string file)
    {
        var images = new Dictionary<string, byte[]>();
        var scenes = new List<ReadScene>();
        using var tar = new TarReader(File.OpenRead(file));
        while (tar.GetNextEntry(copyData: true) is { } entry)
        {
            var bytes = new MemoryStream();
            entry.DataStream!.CopyTo(bytes);
            var key = Path.GetFileNameWithoutExtension(entry.Name);
            if (entry.Name.EndsWith(".jpg")) { images.Add(key, bytes.ToArray()); continue; }
            using var json = JsonDocument.Parse(bytes.ToArray());
            scenes.Add(new ReadScene(key, images[key], json.RootElement.GetProperty("caption").GetString()!,
                [.. json.RootElement.GetProperty("regions").EnumerateArray().Select(r =>
                {
                    var box = r.GetProperty("box").EnumerateArray().Select(n => n.GetInt32()).ToArray();
                    return (new SceneBox(box[0], box[1], box[2], box[3]), r.GetProperty("phrase").GetString()!);
                })]));
        }
        return scenes;
    }
}
