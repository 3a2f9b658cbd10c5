using System.Formats.Tar;
using System.Text;
using SkiaSharp;
using TiMix.Runs.Observing;
using TiMix.Runs.Recipes;

namespace TiMix.Testing;

/// <summary>A directory with a few pictures in tars, a vocabulary, and a recipe so small that a run takes about a second.</summary>
public sealed class TinyData : IDisposable
{
    /// <summary>Samples of the training shard unless told otherwise; one of them is broken.</summary>
    public const int Samples = 16;

    private static readonly (string Name, SKColor Color)[] Colors =
        [("red", SKColors.Red), ("green", SKColors.Green), ("blue", SKColors.Blue), ("yellow", SKColors.Yellow), ("black", SKColors.Black),
            ("white", SKColors.White)];

    public TinyData(int samples = Samples)
    {
        WriteShard(In("train.tar"), 0, samples, broken: 5);
        WriteShard(In("test.tar"), Samples, 8, broken: -1);
        File.WriteAllLines(In("vocab.txt"), ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "a", "square", "on", .. Colors.Select(color => color.Name)]);
        Directory.CreateDirectory(Runs);
    }

    /// <summary>All of it.</summary>
    public string Root { get; } = Directory.CreateTempSubdirectory("timix-tiny-").FullName;

    /// <summary>Where runs go.</summary>
    public string Runs => In("runs");

    /// <summary>16 samples a step of 2 × 4: two steps an epoch, three epochs.</summary>
    public Recipe Recipe => new()
    {
        Data = new DataRecipe
        {
            Train = In("train.tar"),
            Validation = In("test.tar"),
            Tests = new SortedDictionary<string, string>(StringComparer.Ordinal) { ["test"] = In("test.tar") },
            Vocabulary = In("vocab.txt"),
            ContextLength = 10,
            PhraseLength = 5,
            RegionsPerImage = 1,
            Augmentation = new AugmentationRecipe { MaxShift = 2, RandAugmentOps = 1 },
        },
        Model = new ModelRecipe
        {
            ImageSize = 16,
            PatchSize = 4,
            VisionWidth = 16,
            VisionLayers = 2,
            VisionHeads = 2,
            TextWidth = 16,
            TextLayers = 2,
            TextHeads = 2,
            EmbedDim = 8,
        },
        Optimization = new OptimizationRecipe { Steps = 6, MicroBatches = 2, MicroBatchSize = 4, WarmupSteps = 2, LearningRate = 1e-2 },
        Teacher = new TeacherRecipe { Decay = 0.9, RefreshEvery = 2 },
        Mix = new MixRecipe { RampSteps = 0, Until = 1 },
        Objective = new ObjectiveRecipe { DistillRampSteps = 2 },
        Run = new RunRecipe { SnapshotEvery = 2, KeepSnapshots = 3, EvaluateEvery = 3 },
    };

    /// <summary>What to run, in this directory.</summary>
    public RunOptions Options(string name, Recipe? recipe = null, bool resume = false, int threads = 1) => new()
    {
        Name = name,
        RunsDirectory = Runs,
        DataDirectory = In("sample"),
        Recipe = recipe ?? Recipe,
        Resume = resume,
        Threads = threads,
    };

    /// <summary>A path in here.</summary>
    public string In(params string[] parts) => Path.Combine([Root, .. parts]);

    public void Dispose() => Directory.Delete(Root, recursive: true);

    private static void WriteShard(string path, int first, int count, int broken)
    {
        using var file = File.Create(path);
        using var tar = new TarWriter(file, TarEntryFormat.Ustar);
        for (var i = 0; i < count; i++)
        {
            var (square, ground) = (Colors[(first + i) % Colors.Length], Colors[(first + i + 1 + (i / Colors.Length)) % Colors.Length]);
            var (x, y) = (2 + (i * 3 % 9), 2 + (i * 5 % 9));
            Add(tar, $"{i:D4}.png", i == broken ? [1, 2, 3, 4] : Picture(square.Color, ground.Color, x, y));
            var region = $$"""{"box": [{{x}}, {{y}}, 10, 10], "phrase": "{{square.Name}} square"}""";
            Add(tar, $"{i:D4}.json", Encoding.UTF8.GetBytes(
                $$"""{"caption": "a {{square.Name}} square on {{ground.Name}}", "regions": [{{region}}]}"""));
        }
    }

    private static void Add(TarWriter tar, string name, byte[] bytes)
    {
        using var content = new MemoryStream(bytes);
        tar.WriteEntry(new UstarTarEntry(TarEntryType.RegularFile, name) { DataStream = content });
    }

    private static byte[] Picture(SKColor square, SKColor ground, int x, int y)
    {
        using var bitmap = new SKBitmap(new SKImageInfo(24, 24, SKColorType.Rgba8888, SKAlphaType.Opaque));
        using var canvas = new SKCanvas(bitmap);
        using var paint = new SKPaint { Color = square };
        canvas.Clear(ground);
        canvas.DrawRect(x, y, 10, 10, paint);
        canvas.Flush();
        using var data = bitmap.Encode(SKEncodedImageFormat.Png, 100);
        return data.ToArray();
    }
}
