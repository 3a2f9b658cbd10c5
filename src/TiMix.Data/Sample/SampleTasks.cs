using System.Formats.Tar;
using System.Text.Json;
using TiMix.Data.Shards;

namespace TiMix.Data.Sample;

/// <summary>
/// Small versions of the downstream tasks, made from scenes of the sample corpus: the same pictures with true boxes, five true
/// captions each, and questions with answers; and the list of answers that occur in training. The bytes are a function of the
/// corpus's seed alone.
/// </summary>
public static class SampleTasks
{
    /// <summary>Raised whenever the bytes of the same seed change.</summary>
    public const int Version = 1;

    /// <summary>4,000 scenes, the first half of the corpus's.</summary>
    public const string TrainPattern = "train-{000..003}.tar";

    /// <summary>The first 300 scenes of the corpus's validation split.</summary>
    public const string ValidationFile = "validation.tar";

    /// <summary>1,000 scenes.</summary>
    public const string TestFile = "test.tar";

    /// <summary>1,000 scenes in the style that training never shows.</summary>
    public const string HeldOutFile = "heldout.tar";

    /// <summary>Answers to the training questions, the most frequent first, one a line.</summary>
    public const string AnswersFile = "answers.txt";

    private const int Captions = 5;
    private const int CaptionDraws = 30;
    private const ulong Domain = 3;
    private const string ManifestFile = "tasks.json";

    private static readonly (string File, ulong Split, int Most)[] Shards =
        [.. Enumerable.Range(0, 4).Select(i => ($"train-{i:000}.tar", (ulong)i, int.MaxValue)), (ValidationFile, 100, 300), (TestFile, 101, int.MaxValue), (
            HeldOutFile, 102, int.MaxValue)];

    /// <summary>Where they are: below the corpus.</summary>
    public static string DirectoryOf(string corpus) => Path.Combine(corpus, "tasks");

    /// <summary>Whether all of it is there; looks at lengths, not at bytes.</summary>
    public static bool IsComplete(string corpus, ulong seed) => IsWhole(DirectoryOf(corpus), seed);

    /// <summary>Makes the tasks below a complete corpus of the same seed; whole or not at all, one process at a time.</summary>
    /// <exception cref="DataException">The corpus is missing or damaged, or something else is in the tasks' place.</exception>
    public static void Compose(string corpus, ulong seed, CancellationToken ct) => ComposedDirectory.Make(
        DirectoryOf(corpus),
        path => IsWhole(path, seed),
        path => File.Exists(Path.Combine(path, ManifestFile)),
        "the sample's tasks",
        path => WriteAll(corpus, path, seed, ct),
        ct);

    private static bool IsWhole(string directory, ulong seed)
    {
        try
        {
            using var json = JsonDocument.Parse(File.ReadAllBytes(Path.Combine(directory, ManifestFile)));
            return json.RootElement.GetProperty("seed").GetUInt64() == seed
                && json.RootElement.GetProperty("version").GetInt32() == Version
                && json.RootElement.GetProperty("corpus").GetInt32() == SampleCorpus.Version
                && json.RootElement.GetProperty("files").EnumerateObject()
                    .All(file => new FileInfo(Path.Combine(directory, file.Name)) is { Exists: true } info && info.Length == file.Value.GetInt64());
        }
        catch (Exception e) when (e is IOException or JsonException or KeyNotFoundException or InvalidOperationException or FormatException)
        {
            return false; // absent, torn or not ours: compose anew
        }
    }

    private static void WriteAll(string corpus, string directory, ulong seed, CancellationToken ct)
    {
        var concepts = SpriteLibrary.Instance.Concepts.ToDictionary(concept => concept.Name, StringComparer.Ordinal);
        var answers = new SortedDictionary<string, int>(StringComparer.Ordinal);
        foreach (var (name, split, most) in Shards)
        {
            using var scenes = ShardIndex.Open(Path.Combine(corpus, name), null);
            using var file = new FileStream(Path.Combine(directory, name), FileMode.CreateNew, FileAccess.Write, FileShare.None, 1 << 20);
            using var tar = new TarWriter(file, TarEntryFormat.Ustar);
            for (var i = 0; i < Math.Min(scenes.Count, most); i++)
            {
                ct.ThrowIfCancellationRequested();
                var scene = Read(scenes, i);
                var (captions, questions) = Describe(scene, concepts, new SceneRandom(seed, Domain, split, (ulong)i));
                SampleCorpus.WriteEntry(tar, $"{scene.Key}.jpg", scene.Image);
                SampleCorpus.WriteEntry(tar, $"{scene.Key}.json", SampleJson.Write(captions, scene.Regions, questions, scene.Key));
                foreach (var answer in split < 100 ? questions.SelectMany(question => question.Answers) : [])
                {
                    answers[answer] = answers.GetValueOrDefault(answer) + 1;
                }
            }
        }

        File.WriteAllText(
            Path.Combine(directory, AnswersFile),
            string.Concat(answers.OrderByDescending(pair => pair.Value).ThenBy(pair => pair.Key, StringComparer.Ordinal).Select(pair => pair.Key + "\n")));
        File.WriteAllBytes(Path.Combine(directory, SampleCorpus.AttributionFile), SpriteLibrary.ReadResource(SampleCorpus.AttributionFile));
        File.WriteAllBytes(Path.Combine(directory, ManifestFile), SampleCorpus.Json(indented: true, json =>
        {
            json.WriteNumber("seed", seed);
            json.WriteNumber("version", Version);
            json.WriteNumber("corpus", SampleCorpus.Version);
            json.WriteStartObject("files");
            foreach (var name in Shards.Select(shard => shard.File).Append(AnswersFile))
            {
                json.WriteNumber(name, new FileInfo(Path.Combine(directory, name)).Length);
            }

            json.WriteEndObject();
        }));
    }

    /// <summary>The scene's own caption first, then others that are as true of it; and its questions.</summary>
    internal static (IReadOnlyList<string> Captions, IReadOnlyList<Question> Questions) Describe(
        RawSample scene, IReadOnlyDictionary<string, SampleConcept> concepts, SceneRandom random)
    {
        (SampleConcept Concept, SceneBox Box)[] objects = [.. scene.Regions.Select(region => (concepts[region.Phrase],
            new SceneBox((int)region.Box.X, (int)region.Box.Y, (int)region.Box.Width, (int)region.Box.Height)))];
        List<string> captions = [scene.Caption];
        for (var draw = 0; draw < CaptionDraws && captions.Count < Captions; draw++)
        {
            var left = objects.ToList();
            var named = new List<(SampleConcept, SceneBox)>();
            for (var wanted = random.Between(2, Math.Min(3, objects.Length)); named.Count < wanted;)
            {
                var chosen = random.Below(left.Count);
                named.Add(left[chosen]);
                left.RemoveAt(chosen);
            }

            if (SceneCaption.Compose(named, random) is var caption && !captions.Contains(caption))
            {
                captions.Add(caption);
            }
        }

        SampleConcept absent;
        do
        {
            absent = SceneComposer.AnyConcept(random);
        }
        while (objects.Any(item => item.Concept.Excludes(absent)));
        return (captions, SceneQuestions.Compose(objects, absent, random));
    }

    private static RawSample Read(ShardIndex scenes, int index)
    {
        try
        {
            return scenes.Read(index);
        }
        catch (SampleException e)
        {
            throw new DataException($"{scenes.NameOf(index)}: {e.Message}; compose the sample corpus anew.");
        }
    }
}
