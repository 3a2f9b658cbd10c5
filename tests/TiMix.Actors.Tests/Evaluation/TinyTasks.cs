using System.Formats.Tar;
using System.Text;
using SkiaSharp;
using TiMix.Runs.Observing;
using TiMix.Runs.Recipes;

namespace TiMix.Actors.Tests.Evaluation;

/// <summary>
/// Pictures of one or two coloured squares, left and right, with captions, boxes and questions, so few that a small model knows them by heart.
/// </summary>
internal sealed class TinyTasks : IDisposable
{
    /// <summary>Pictures, for training and test alike.</summary>
    public const int Tests = 6;

    private static readonly (string Name, SKColor Color)[] Colors = [("red", SKColors.Red), ("green", SKColors.Lime), ("blue", SKColors.Blue)];

    public TinyTasks()
    {
        WriteShard(In("train.tar"));
        File.WriteAllLines(In("vocab.txt"), ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "a", "square", "and", "what", "is", "first", "how", "many", "2", "3",
            .. Colors.Select(color => color.Name)]);
        File.WriteAllLines(In("answers.txt"), ["2", "3", "red", "green square", "blue", "", "red"]);
        Directory.CreateDirectory(In("runs"));
    }

    /// <summary>All of it.</summary>
    public string Root { get; } = Directory.CreateTempSubdirectory("timix-tasks-").FullName;

    public string In(params string[] parts) => Path.Combine([Root, .. parts]);

    public void Dispose() => Directory.Delete(Root, recursive: true);

    public Recipe Recipe(string task) => new()
    {
        Data = new DataRecipe
        {
            Task = task,
            Train = In("train.tar"),
            Validation = "",
            Tests = new SortedDictionary<string, string>(StringComparer.Ordinal) { ["test"] = In("train.tar") },
            Vocabulary = In("vocab.txt"),
            Answers = task == Tasks.Vqa ? In("answers.txt") : "",
            ContextLength = 10,
            PhraseLength = 5,
            RegionsPerImage = 2,
            Augmentation = new AugmentationRecipe { MaxShift = 1, Flip = 0, RandAugmentOps = 0 },
        },
        Model = new ModelRecipe
        {
            ImageSize = task == Tasks.Grounding ? 32 : 16,
            PatchSize = 4,
            VisionWidth = 32,
            VisionLayers = 2,
            VisionHeads = 2,
            TextWidth = 32,
            TextLayers = 2,
            TextHeads = 2,
            EmbedDim = 8,
            FusionLayers = 1,
            DecoderLayers = 1,
        },
        Optimization = new OptimizationRecipe { Steps = 6, MicroBatches = 1, MicroBatchSize = 6, WarmupSteps = 2, LearningRate = 1e-3, WeightDecay = 0 },
        Mix = new MixRecipe { Method = "none" },
        Objective = new ObjectiveRecipe { ItcWeight = 0, DistillAlpha = 0 }
            .With("alignmentWeight", task == Tasks.Grounding ? 1 : 0)
            .With("captionRegion", "none")
            .With("prefixLmWeight", task is Tasks.Captioning or Tasks.Vqa ? 1 : 0),
        Run = new RunRecipe { SnapshotEvery = 1000, EvaluateEvery = 0, Beams = 2 },
    };

    public RunOptions Options(string name, Recipe recipe, int threads = 1) => new()
    {
        Name = name,
        RunsDirectory = In("runs"),
        DataDirectory = In("sample"),
        Recipe = recipe,
        Threads = threads,
    };

    private static void WriteShard(string path)
    {
        using var file = File.Create(path);
        using var tar = new TarWriter(file, TarEntryFormat.Ustar);
        for (var i = 0; i < Tests; i++)
        {
            var (left, right) = (Colors[i % 3], Colors[(i + 1 + (i / 3)) % 3]);
            Add(tar, $"{i:D4}.png", Picture(left.Color, right.Color));
            Add(tar, $"{i:D4}.json", Encoding.UTF8.GetBytes($$"""
                {"captions": ["a {{left.Name}} square and a {{right.Name}} square", "a {{left.Name}} square and a {{right.Name}} square"],
                 "regions": [{"box": [1, 7, 10, 10], "phrase": "{{left.Name}} square"}, {"box": [13, 7, 10, 10], "phrase": "{{right.Name}} square"}],
                 "questions": [{"question": "What is first?", "answers": ["{{(left.Name == "green" ? "green square" : left.Name)}}"]},
                               {"question": "how many", "answers": ["2", "2", "2", "two"]}]}
                """));
        }
    }

    private static void Add(TarWriter tar, string name, byte[] bytes)
    {
        using var content = new MemoryStream(bytes);
        tar.WriteEntry(new UstarTarEntry(TarEntryType.RegularFile, name) { DataStream = content });
    }

    private static byte[] Picture(SKColor left, SKColor right)
    {
        using var bitmap = new SKBitmap(new SKImageInfo(24, 24, SKColorType.Rgba8888, SKAlphaType.Opaque));
        using var canvas = new SKCanvas(bitmap);
        canvas.Clear(SKColors.White);
        foreach (var (x, color) in new[] { (0, left), (12, right) })
        {
            using var paint = new SKPaint { Color = color };
            canvas.DrawRect(x + 1, 7, 10, 10, paint);
        }

        canvas.Flush();
        using var data = bitmap.Encode(SKEncodedImageFormat.Png, 100);
        return data.ToArray();
    }
}
