using TiMix.Learning.Weights;
using System.Formats.Tar;
using System.Globalization;
using System.Runtime.InteropServices;

namespace TiMix.EndToEnd.Tests;

[CollectionDefinition(nameof(RealSizeTests), DisableParallelization = true)]
public sealed class RealSizeCollection;

/// <summary>ViT-B/16 and BERT-base with its 30,522 pieces, from training to other programs and back, in bounded memory.</summary>
[Collection(nameof(RealSizeTests))]
public sealed partial class RealSizeTests : IDisposable
{
    private const int Pieces = 30522;
    private const int Samples = 8;
    private const double MostGiB = 12;
    private const double NeededMemoryGiB = 17;
    private const double NeededDiskGiB = 10;
    private readonly string _directory = Directory.CreateTempSubdirectory("timix-real-size-").FullName;

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    [Fact]
    [Trait("suite", "deep")]
    public async Task A_model_of_the_size_of_CLIP_and_BERT_is_trained_searched_with_exported_and_imported_again()
    {
        Assert.SkipUnless(
            AvailableMemoryGiB() > NeededMemoryGiB,
            $"NOT RUN: the sizes of CLIP and BERT need {NeededMemoryGiB} GiB of free memory, there are {AvailableMemoryGiB():F1}");
        Assert.SkipUnless(
            FreeDiskGiB() > NeededDiskGiB, $"NOT RUN: the sizes of CLIP and BERT need {NeededDiskGiB} GiB of free disk, there are {FreeDiskGiB():F1}");
        WriteVocabulary();
        await WriteShardAsync();
        string[] recipe = [.. new[]
        {
            $"data.train={In("train.tar")}", $"data.vocabulary={In("vocab.txt")}", "data.validation=", "data.tests={}",
            "model.preset=timix-base", "model.imageSize=224", "model.recompute=1",
            "optimization.microBatches=2", "optimization.microBatchSize=2", "optimization.warmupSteps=1",
            "run.snapshotEvery=2", "run.keepSnapshots=1", "run.evaluateEvery=0", "run.prefetch=1",
        }.SelectMany(pair => new[] { "--set", pair })];
        string[] places = ["--runs-dir", In("runs"), "--data-dir", TimixProcess.DataDirectory];

        await RunAsync(["train", "sample", "--run", "real", "--steps", "2", "--threads", "1", "--trainers", "1", .. recipe, .. places]);
        var snapshot = In("runs", "real", "snapshots", "step-00000002", "model.safetensors");

        var found = await RunAsync(["search", "a dog", "--images", In("pictures"), "--run", "real", "--top", $"{Samples}", .. places]);
        Assert.All(Directory.GetFiles(In("pictures")), picture => Assert.Contains(Path.GetFileName(picture), found, StringComparison.Ordinal));
        await RunAsync(["export", "real", "--format", "open-clip", "--out", In("open-clip"), .. places]);
        await RunAsync(["export", "real", "--format", "transformers", "--out", In("transformers"), .. places]);
        foreach (var weights in new[] { In("open-clip", "open_clip_model.safetensors"), In("transformers", "model.safetensors") })
        {
            await RunAsync(["import", "sample", "--image", weights, "--text", weights, "--out", In("back.safetensors"), "--data-dir",
                TimixProcess.DataDirectory, .. recipe]);
            AssertSame(snapshot, In("back.safetensors"));
        }
    }

    private static void AssertSame(string snapshot, string imported)
    {
        using var trained = SafetensorsFile.Open(snapshot);
        using var back = SafetensorsFile.Open(imported);
        Assert.Equal(Pieces, back.Tensors["text.token_embedding.weight"].Shape[0]);
        Assert.Equal(
            trained.Tensors.Keys.Where(name => !name.StartsWith("predictor.", StringComparison.Ordinal)).Order(StringComparer.Ordinal),
            back.Tensors.Keys.Order(StringComparer.Ordinal));
        Assert.All(back.Tensors.Keys, name => Assert.True(trained.Read(name).AsSpan().SequenceEqual(back.Read(name)), name));
    }

    private static async Task<string> RunAsync(string[] arguments)
    {
        var started = TimeProvider.System.GetTimestamp();
        using var run = TimixProcess.Start(arguments);
        Assert.True(await run.ExitAsync() == 0, run.Output);
        var peak = LargestChildGiB();
        TestContext.Current.TestOutputHelper?.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"{arguments[0]}: {TimeProvider.System.GetElapsedTime(started).TotalSeconds:F0} s; largest process so far {peak:F2} GiB"));
        Assert.InRange(peak, 0.5, MostGiB);
        return run.Output;
    }

    /// <summary>Special pieces, letters and words of the sample corpus, then pieces that no text has.</summary>
    private void WriteVocabulary()
    {
        string[] words = File.ReadAllLines(Path.Combine(TimixProcess.DataDirectory, "vocab.txt"));
        File.WriteAllLines(In("vocab.txt"), [.. words, .. Enumerable.Range(0, Pieces - words.Length).Select(i => $"filler{i}")]);
    }

    /// <summary>The first samples of the test split, as a shard and as pictures: what is evaluated at the end stays small.</summary>
    private async Task WriteShardAsync()
    {
        Directory.CreateDirectory(In("pictures"));
        await using var from = new TarReader(File.OpenRead(Path.Combine(TimixProcess.DataDirectory, "test.tar")));
        await using var to = new TarWriter(File.Create(In("train.tar")), TarEntryFormat.Ustar);
        var names = new HashSet<string>(StringComparer.Ordinal);
        while (await from.GetNextEntryAsync() is { } entry)
        {
            names.Add(entry.Name.Split('.')[0]);
            if (names.Count > Samples)
            {
                break;
            }

            if (!entry.Name.EndsWith(".json", StringComparison.Ordinal))
            {
                await entry.ExtractToFileAsync(In("pictures", entry.Name), overwrite: false);
                entry.DataStream!.Position = 0;
            }

            await to.WriteEntryAsync(entry);
        }
    }

    private string In(params string[] parts) => Path.Combine([_directory, .. parts]);

    private double FreeDiskGiB() => new DriveInfo(_directory).AvailableFreeSpace / Math.Pow(2, 30);

    private static double AvailableMemoryGiB() => double.Parse(
        File.ReadLines("/proc/meminfo").Single(line => line.StartsWith("MemAvailable:", StringComparison.Ordinal))
            .Split(' ', StringSplitOptions.RemoveEmptyEntries)[1],
        CultureInfo.InvariantCulture) / (1 << 20);

    /// <summary>Most memory that one process had of all that were started from here, and from those, and have ended.</summary>
    private static double LargestChildGiB()
    {
        const int Children = -1, MaxResident = 4;
        Span<long> usage = stackalloc long[18];
        Assert.Equal(0, getrusage(Children, ref MemoryMarshal.GetReference(usage)));
        return usage[MaxResident] / Math.Pow(2, 20);
    }

    [LibraryImport("libc")]
    private static partial int getrusage(int who, ref long usage);
}
