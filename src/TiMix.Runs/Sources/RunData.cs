using TiMix.Base;
using TiMix.Data;
using TiMix.Data.Loading;
using TiMix.Data.Sample;
using TiMix.Data.Shards;
using TiMix.Data.Text;
using TiMix.Protocol.Notices;
using TiMix.Protocol.Values;
using TiMix.Runs.Observing;
using TiMix.Runs.Recipes;

namespace TiMix.Runs.Sources;

/// <summary>The recipe's data as files: <c>sample:…</c> stands for the composed sample corpus.</summary>
/// <param name="recipe">Names them.</param>
/// <param name="sampleDirectory">Where the sample corpus is kept.</param>
public sealed class RunData(Recipe recipe, string sampleDirectory)
{
    private const string SamplePrefix = RecipePaths.Sample, TasksPrefix = "tasks-", AnswersName = "answers";

    private const int ShownProblems = 20;

    /// <summary>Of a hundred words, from which on it is worth a warning.</summary>
    private const double ManyUnknown = 10;

    /// <summary>Training samples that an evaluation looks at, at most.</summary>
    public const int ProbeSamples = 512;

    /// <summary>The seed of the sample corpus; not the run's, so that all runs learn from the same scenes.</summary>
    public const ulong SampleSeed = 1;

    /// <summary>Composes the sample corpus if the recipe uses it and it is not there.</summary>
    /// <param name="observer">Is told.</param>
    /// <param name="stop">Gives up.</param>
    public void Prepare(IRunObserver observer, CancellationToken stop)
    {
        if (SampleNames.Any() && !SampleCorpus.IsComplete(sampleDirectory, SampleSeed))
        {
            observer.Phase(new RunPhase.ComposingSample());
            SampleCorpus.Compose(sampleDirectory, SampleSeed, null, stop);
            observer.Notice(new Notice.SampleComposed(sampleDirectory));
        }

        if (SampleNames.Any(name => name == AnswersName || name.StartsWith(TasksPrefix, StringComparison.Ordinal))
            && !SampleTasks.IsComplete(sampleDirectory, SampleSeed))
        {
            observer.Phase(new RunPhase.ComposingTasks());
            SampleTasks.Compose(sampleDirectory, SampleSeed, stop);
            observer.Notice(new Notice.SampleTasksComposed(SampleTasks.DirectoryOf(sampleDirectory)));
        }
    }

    /// <summary>Refuses to compose the sample corpus a second time for a run that has begun: its own is somewhere else.</summary>
    /// <exception cref="DataException">The recipe uses it, and it is not there; one line.</exception>
    public void CheckDirectory()
    {
        if (SampleNames.Any() && !Directory.Exists(sampleDirectory))
        {
            throw new DataException($"the sample corpus of this run is not in {sampleDirectory}: say where it is by --data-dir, or compose it there by "
                + $"\"timix data sample --data-dir {sampleDirectory}\".");
        }
    }

    /// <summary>Opens a split's shards; the index is cached beside the run's data.</summary>
    /// <exception cref="DataException">They are missing; one line.</exception>
    public ShardIndex Open(string split)
    {
        CheckDirectory();
        return ShardIndex.Open(Resolve(Splits.PatternOf(recipe, split)), IndexDirectory);
    }

    /// <summary>What the weights are made of, besides the recipe. Read through once; remembered beside the index.</summary>
    /// <exception cref="DataException">A file is missing; one line.</exception>
    public DataManifest Manifest()
    {
        CheckDirectory();
        string[] shards = [.. BraceRange.Expand(Resolve(recipe.Data.Train))];
        var files = DataFile.Of([.. shards, Resolve(recipe.Data.Vocabulary)], IndexDirectory);
        return new DataManifest([.. files.Take(shards.Length)], files[^1]);
    }

    /// <summary>The tokenizer of the recipe's vocabulary.</summary>
    /// <exception cref="DataException">The file is missing or wrong; one line.</exception>
    public WordPieceTokenizer OpenTokenizer()
    {
        CheckDirectory();
        return WordPieceTokenizer.Open(Resolve(recipe.Data.Vocabulary));
    }

    /// <summary>A reader of a split for evaluation.</summary>
    /// <exception cref="DataException">Files are missing; one line.</exception>
    public EvaluationReader OpenReader(string split, Learning.Model.ModelConfig model) => new(Open(split), OpenTokenizer(), recipe.EvaluationOptions(model));

    /// <summary>The tokenizer that a model was trained with.</summary>
    /// <exception cref="RunError">The vocabulary is another one now.</exception>
    /// <exception cref="DataException">It is missing or wrong; one line.</exception>
    public WordPieceTokenizer OpenTokenizerOf(Learning.Model.ModelConfig model)
    {
        var tokenizer = OpenTokenizer();
        return tokenizer.VocabularySize == model.VocabularySize ? tokenizer : throw new RunError(
            $"the vocabulary {recipe.Data.Vocabulary} has {tokenizer.VocabularySize} pieces now; the snapshot was trained with {model.VocabularySize}: put "
            + $"the file back that the run began with.");
    }

    /// <summary>
    /// What is wrong with the training data that does not stop a run: damage of its shards, and a vocabulary that lacks many of its
    /// words. The first of many.
    /// </summary>
    /// <param name="train">The training samples; some are looked at, spread over all.</param>
    /// <param name="tokenizer">Of the recipe.</param>
    public IEnumerable<Notice> Warnings(ShardIndex train, WordPieceTokenizer tokenizer)
    {
        foreach (var problem in train.Problems.Take(ShownProblems))
        {
            yield return new Notice.DataProblem(problem.Where, problem.What);
        }

        if (train.Problems.Count > ShownProblems)
        {
            yield return new Notice.DataProblem(
                recipe.Data.Train, $"… and {train.Problems.Count - ShownProblems} more problems; timix data inspect lists them");
        }

        var coverage = new VocabularyCoverage(tokenizer);
        var looked = Math.Min(train.Count, ProbeSamples);
        for (var i = 0L; i < looked; i++)
        {
            AddTexts(coverage, train, (int)(i * train.Count / looked));
        }

        if (coverage.Percent >= ManyUnknown)
        {
            yield return new Notice.DataProblem(
                recipe.Data.Vocabulary,
                FormattableString.Invariant($"{coverage.Percent:F0} % of the words ({coverage.Unknown} of {coverage.Words} in {looked} training samples)")
                    + $" are not in this vocabulary and all read alike, such as {string.Join(", ", coverage.Examples)}; is it the right one?");
        }
    }

    private static void AddTexts(VocabularyCoverage coverage, ShardIndex train, int index)
    {
        try
        {
            var sample = train.ReadText(index);
            foreach (var text in sample.Captions.Concat(sample.Questions.Select(question => question.Text)))
            {
                coverage.Add(text);
            }
        }
        catch (SampleException)
        {
            // Told when its turn comes.
        }
    }

    /// <summary>The answers that are ranked, as written, without what is there twice.</summary>
    /// <exception cref="DataException">The file is missing or has none; one line.</exception>
    public IReadOnlyList<string> Answers()
    {
        var path = Resolve(recipe.Data.Answers);
        try
        {
            string[] answers =
                [.. File.ReadLines(path).Select(line => line.Trim()).Where(line => CaptionText.Clean(line).Length > 0).Distinct(StringComparer.Ordinal)];
            return answers.Length > 0 ? answers : throw new DataException($"data.answers: {path} has no answer; right would be one a line.");
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new DataException($"data.answers: {path} cannot be read: {error.Message}");
        }
    }

    /// <summary>
    /// A reader of a fixed part of the samples that are learned from, for evaluation; null where the training shards are not at
    /// hand, as on a machine that only evaluates.
    /// </summary>
    /// <param name="model">Sizes.</param>
    /// <param name="missing">Why there is none, one line.</param>
    public EvaluationReader? OpenTrainProbe(Learning.Model.ModelConfig model, out string? missing)
    {
        try
        {
            var shards = Open("train");
            missing = null;
            return new EvaluationReader(shards, OpenTokenizer(), recipe.LoaderOptions(model), recipe.SampleOrder(shards.Count).Probe(ProbeSamples));
        }
        catch (DataException error)
        {
            missing = $"The theory is measured without training samples: {error.Message}";
            return null;
        }
    }

    private string IndexDirectory => Path.Combine(sampleDirectory, "..", ".index");

    private IEnumerable<string> SampleNames =>
        new[] { recipe.Data.Train, recipe.Data.Validation, recipe.Data.Vocabulary, recipe.Data.Answers }.Concat(recipe.Data.Tests.Values)
        .Where(pattern => pattern.StartsWith(SamplePrefix, StringComparison.Ordinal)).Select(pattern => pattern[SamplePrefix.Length..]);

    private string Resolve(string pattern)
    {
        if (!pattern.StartsWith(SamplePrefix, StringComparison.Ordinal))
        {
            return pattern;
        }

        var file = pattern[SamplePrefix.Length..] switch
        {
            "train" => SampleCorpus.TrainPattern,
            "validation" => SampleCorpus.ValidationFile,
            "test" => SampleCorpus.TestFile,
            "heldout" => SampleCorpus.HeldOutFile,
            "vocabulary" => SampleCorpus.VocabularyFile,
            "tasks-train" => Path.Combine("tasks", SampleTasks.TrainPattern),
            "tasks-validation" => Path.Combine("tasks", SampleTasks.ValidationFile),
            "tasks-test" => Path.Combine("tasks", SampleTasks.TestFile),
            "tasks-heldout" => Path.Combine("tasks", SampleTasks.HeldOutFile),
            AnswersName => Path.Combine("tasks", SampleTasks.AnswersFile),
            var other => throw new RunError($"the sample corpus has no \"{other}\"; it has sample:train, sample:validation, sample:test, sample:heldout, "
                + $"sample:vocabulary, the same splits as sample:tasks-train and so on, and sample:answers."),
        };
        return Path.Combine(sampleDirectory, file);
    }
}
