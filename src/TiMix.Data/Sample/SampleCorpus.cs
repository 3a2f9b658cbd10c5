using System.Formats.Tar;
using System.Security.Cryptography;
using System.Text.Json;
using TiMix.Data.Formats;

namespace TiMix.Data.Sample;

/// <summary>How much is composed.</summary>
internal sealed record SampleSizes(int Shards, int ShardSize, int Evaluation)
{
    public static readonly SampleSizes Shipped = new(8, 1000, 1000);

    public int Total => Shards * ShardSize + 3 * Evaluation;
}

/// <summary>
/// The corpus that comes with the program: scenes of emoji in four styles of drawing, with true boxes and true
/// captions, as WebDataset shards. Train, validation and test are drawn in three styles, heldout in the fourth. The
/// bytes are a function of the seed alone.
/// </summary>
public static class SampleCorpus
{
    /// <summary>Raised whenever the bytes of the same seed change.</summary>
    public const int Version = 3;

    /// <summary>8 shards of 1,000 scenes.</summary>
    public const string TrainPattern = "train-{000..007}.tar";

    /// <summary>1,000 scenes, no two of which name the same things.</summary>
    public const string ValidationFile = "validation.tar";

    /// <inheritdoc cref="ValidationFile"/>
    public const string TestFile = "test.tar";

    /// <summary>1,000 scenes in the style that training never shows; no two of them name the same things.</summary>
    public const string HeldOutFile = "heldout.tar";

    /// <summary>WordPiece vocabulary, one piece a line.</summary>
    public const string VocabularyFile = "vocab.txt";

    private const string ManifestFile = "corpus.json";
    internal const string AttributionFile = "ATTRIBUTION.txt";
    private static readonly DateTimeOffset FixedTime = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);
    private static readonly SpriteStyle[] TrainingStyles = [SpriteStyle.Noto, SpriteStyle.Twemoji, SpriteStyle.Fluent];

    /// <summary>Whether the directory holds the whole corpus of this seed and version; looks at lengths, not at bytes.</summary>
    public static bool IsComplete(string directory, ulong seed) => IsComplete(directory, seed, SampleSizes.Shipped);

    /// <summary>
    /// Composes the corpus: seconds, and some 80 MB. Everything is written beside <paramref name="directory"/> and then
    /// renamed, so that it is there whole or not at all; a second process that asks for the same directory waits. A
    /// corpus of another seed or version is replaced.
    /// </summary>
    /// <param name="directory">Where; absent, empty, or holding an earlier corpus.</param>
    /// <param name="seed">Fixes every byte.</param>
    /// <param name="progress">Told of scenes done, from several threads, a hundred at a time.</param>
    /// <param name="ct">Stops between scenes and leaves nothing behind.</param>
    /// <exception cref="DataException">The directory holds something else than a sample corpus; it is left alone.</exception>
    /// <exception cref="IOException">The disk is full, or the place cannot be written.</exception>
    public static void Compose(
        string directory, ulong seed, IProgress<(int done, int total)>? progress, CancellationToken ct) =>
        Compose(directory, seed, SampleSizes.Shipped, Environment.ProcessorCount, progress, ct);

    internal static bool IsComplete(string directory, ulong seed, SampleSizes sizes)
    {
        var manifest = Path.Combine(directory, ManifestFile);
        if (!File.Exists(manifest)) return false;
        try
        {
            using var json = JsonDocument.Parse(File.ReadAllBytes(manifest));
            var root = json.RootElement;
            return root.GetProperty("seed").GetUInt64() == seed
                && root.GetProperty("version").GetInt32() == Version
                && root.GetProperty("train").GetInt32() == sizes.Shards * sizes.ShardSize
                && root.GetProperty("test").GetInt32() == sizes.Evaluation
                && root.GetProperty("files").EnumerateArray().All(file =>
                {
                    var info = new FileInfo(Path.Combine(directory, file.GetProperty("name").GetString()!));
                    return info.Exists && info.Length == file.GetProperty("length").GetInt64();
                });
        }
        catch (Exception e) when (e is JsonException or KeyNotFoundException or InvalidOperationException or FormatException)
        {
            return false; // a corpus.json that is not ours or is torn: compose anew
        }
    }

    internal static void Compose(
        string directory, ulong seed, SampleSizes sizes, int threads,
        IProgress<(int done, int total)>? progress, CancellationToken ct)
    {
        ComposedDirectory.Make(
            directory,
            path => IsComplete(path, seed, sizes),
            path => File.Exists(Path.Combine(path, ManifestFile)),
            "a sample corpus",
            path => WriteAll(path, seed, sizes, threads, progress, ct),
            ct);
    }

    private static void WriteAll(
        string directory, ulong seed, SampleSizes sizes, int threads,
        IProgress<(int done, int total)>? progress, CancellationToken ct)
    {
        // What scenes name is settled first and in order, because captions must differ; painting is then free to go parallel.
        var taken = new HashSet<string>();
        var train = new SceneComposer(seed, 0, TrainingStyles);
        var trainPlans = train.Plan(sizes.Shards * sizes.ShardSize, unique: false, taken);
        var shards = new List<(string File, string Key, SceneComposer Composer, IReadOnlyList<ScenePlan> Plans)>();
        for (var shard = 0; shard < sizes.Shards; shard++)
            shards.Add(($"train-{shard:000}.tar", "train", train, [.. trainPlans.Skip(shard * sizes.ShardSize).Take(sizes.ShardSize)]));
        AddEvaluation(ValidationFile, 1, TrainingStyles);
        AddEvaluation(TestFile, 2, TrainingStyles);
        AddEvaluation(HeldOutFile, 3, [SpriteStyle.EmojiOne]);

        var done = 0;
        Parallel.ForEach(shards, new ParallelOptions { MaxDegreeOfParallelism = threads, CancellationToken = ct }, shard =>
        {
            using var file = new FileStream(Path.Combine(directory, shard.File), FileMode.CreateNew, FileAccess.Write, FileShare.None, 1 << 20);
            using var tar = new TarWriter(file, TarEntryFormat.Ustar);
            foreach (var plan in shard.Plans)
            {
                ct.ThrowIfCancellationRequested();
                var scene = shard.Composer.Compose(plan);
                var key = $"{shard.Key}-{plan.Number:000000}";
                WriteEntry(tar, $"{key}.jpg", SceneComposer.Encode(scene));
                WriteEntry(tar, $"{key}.json", Describe(scene));
                var now = Interlocked.Increment(ref done);
                if (now % 100 == 0 || now == sizes.Total) progress?.Report((now, sizes.Total));
            }
        });

        File.WriteAllText(Path.Combine(directory, VocabularyFile), string.Join('\n', Vocabulary()) + "\n");
        File.WriteAllBytes(Path.Combine(directory, AttributionFile), SpriteLibrary.ReadResource(AttributionFile));
        File.WriteAllBytes(Path.Combine(directory, ManifestFile),
            Manifest(directory, seed, sizes, [.. shards.Select(s => s.File), VocabularyFile, AttributionFile]));

        void AddEvaluation(string file, ulong split, IReadOnlyList<SpriteStyle> styles)
        {
            var composer = new SceneComposer(seed, split, styles);
            shards.Add((file, Path.GetFileNameWithoutExtension(file), composer, composer.Plan(sizes.Evaluation, unique: true, taken)));
        }
    }

    /// <summary>
    /// Special pieces, characters and their continuations, every word that a caption can have, by code unit, and those that only the
    /// questions of the tasks have.
    /// </summary>
    internal static IEnumerable<string> Vocabulary()
    {
        const string characters = "0123456789abcdefghijklmnopqrstuvwxyz";
        var single = characters.Select(c => c.ToString()).ToArray();
        var words = SpriteLibrary.Instance.Concepts.SelectMany(c => c.Name.Split(' ')).Concat(SceneCaption.Words)
            .Distinct().Except(single).Order(StringComparer.Ordinal);
        return
        [
            .. new[] { "[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]" }, .. single, .. single.Select(c => "##" + c), .. words,
            .. SceneQuestions.Words.Except(words),
        ];
    }

    internal static void WriteEntry(TarWriter tar, string name, byte[] bytes) =>
        tar.WriteEntry(new UstarTarEntry(TarEntryType.RegularFile, name)
        {
            DataStream = new MemoryStream(bytes),
            ModificationTime = FixedTime,
            Mode = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead | UnixFileMode.OtherRead,
        });

    private static byte[] Describe(Scene scene) => Json(indented: false, json =>
    {
        json.WriteString("caption", scene.Caption);
        json.WriteStartArray("regions");
        foreach (var (concept, box) in scene.Objects)
        {
            json.WriteStartObject();
            json.WriteStartArray("box");
            foreach (var number in (ReadOnlySpan<int>)[box.X, box.Y, box.Width, box.Height]) json.WriteNumberValue(number);
            json.WriteEndArray();
            json.WriteString("phrase", concept.Name);
            json.WriteEndObject();
        }
        json.WriteEndArray();
    });

    private static byte[] Manifest(string directory, ulong seed, SampleSizes sizes, IReadOnlyList<string> files) => Json(indented: true, json =>
    {
        json.WriteNumber("seed", seed);
        json.WriteNumber("version", Version);
        json.WriteNumber("concepts", SceneComposer.ConceptCount);
        json.WriteNumber("side", SceneComposer.Side);
        json.WriteNumber("train", sizes.Shards * sizes.ShardSize);
        foreach (var split in (ReadOnlySpan<string>)["validation", "test", "heldout"]) json.WriteNumber(split, sizes.Evaluation);
        json.WriteStartArray("files");
        foreach (var name in files)
        {
            using var file = File.OpenRead(Path.Combine(directory, name));
            json.WriteStartObject();
            json.WriteString("name", name);
            json.WriteNumber("length", file.Length);
            json.WriteString("sha256", Convert.ToHexStringLower(SHA256.HashData(file)));
            json.WriteEndObject();
        }
        json.WriteEndArray();
    });

    internal static byte[] Json(bool indented, Action<Utf8JsonWriter> write)
    {
        using var buffer = new MemoryStream();
        using (var json = new Utf8JsonWriter(buffer, new JsonWriterOptions { Indented = indented, NewLine = "\n" }))
        {
            json.WriteStartObject();
            write(json);
            json.WriteEndObject();
        }
        return buffer.ToArray();
    }
}
