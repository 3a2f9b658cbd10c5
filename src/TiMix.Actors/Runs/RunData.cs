using TiMix.Actors.Recipes;
using TiMix.Data;
using TiMix.Data.Sample;

namespace TiMix.Actors.Runs;

/// <summary>The recipe's data as files: <c>sample:…</c> stands for the composed sample corpus.</summary>
/// <param name="recipe">Names them.</param>
/// <param name="sampleDirectory">Where the sample corpus is kept.</param>
public sealed class RunData(Recipe recipe, string sampleDirectory)
{
    private const string SamplePrefix = "sample:";

    /// <summary>Training samples that an evaluation looks at, at most.</summary>
    public const int ProbeSamples = 512;

    /// <summary>The seed of the sample corpus; not the run's, so that all runs learn from the same scenes.</summary>
    public const ulong SampleSeed = 1;

    /// <summary>Composes the sample corpus if the recipe uses it and it is not there.</summary>
    /// <param name="observer">Is told.</param>
    /// <param name="stop">Gives up.</param>
    public void Prepare(IRunObserver observer, CancellationToken stop)
    {
        if (!UsesSample || SampleCorpus.IsComplete(sampleDirectory, SampleSeed))
        {
            return;
        }

        observer.Phase("composing the sample corpus");
        SampleCorpus.Compose(sampleDirectory, SampleSeed, null, stop);
        observer.Notice(NoticeLevel.Information, $"Sample corpus composed in {sampleDirectory}.");
    }

    /// <summary>Opens a split's shards; the index is cached beside the run's data.</summary>
    /// <exception cref="DataException">They are missing; one line.</exception>
    public ShardIndex Open(string split) => ShardIndex.Open(Resolve(Splits.PatternOf(recipe, split)), Path.Combine(sampleDirectory, "..", ".index"));

    /// <summary>The tokenizer of the recipe's vocabulary.</summary>
    /// <exception cref="DataException">The file is missing or wrong; one line.</exception>
    public WordPieceTokenizer OpenTokenizer() => WordPieceTokenizer.Open(Resolve(recipe.Data.Vocabulary));

    /// <summary>A reader of a split for evaluation.</summary>
    /// <exception cref="DataException">Files are missing; one line.</exception>
    public EvaluationReader OpenReader(string split, Learning.ModelConfig model) => new(Open(split), OpenTokenizer(), recipe.LoaderOptions(model));

    /// <summary>
    /// A reader of a fixed part of the samples that are learned from, for evaluation; null where the training shards are not at
    /// hand, as on a machine that only evaluates.
    /// </summary>
    /// <param name="model">Sizes.</param>
    /// <param name="missing">Why there is none, one line.</param>
    public EvaluationReader? OpenTrainProbe(Learning.ModelConfig model, out string? missing)
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

    private bool UsesSample => new[] { recipe.Data.Train, recipe.Data.Validation, recipe.Data.Vocabulary }.Concat(recipe.Data.Tests.Values)
        .Any(pattern => pattern.StartsWith(SamplePrefix, StringComparison.Ordinal));

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
            var other => throw new RunError($"the sample corpus has no \"{other}\"; it has sample:train, sample:validation, sample:test, sample:heldout and sample:vocabulary."),
        };
        return Path.Combine(sampleDirectory, file);
    }
}
