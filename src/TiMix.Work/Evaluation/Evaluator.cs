using TiMix.Base;
using TiMix.Data;
using TiMix.Data.Loading;
using TiMix.Learning.Metrics;
using TiMix.Learning.Model;
using TiMix.Protocol.Values;
using TiMix.Runs.Recipes;

namespace TiMix.Work.Evaluation;

/// <summary>A split to be evaluated.</summary>
/// <param name="Name">For the report.</param>
/// <param name="Reader">Its samples, un-augmented.</param>
public sealed record EvaluatedSplit(string Name, EvaluationReader Reader);

/// <summary>
/// The evaluator's mathematics: features of a split by the parameters of a snapshot, and every metric of them. Retrieval counts
/// all captions of an image; what the theory says of pairs is measured with its first.
/// </summary>
public static class Evaluator
{
    /// <summary>Name of the part of the training samples that is looked at.</summary>
    public const string TrainProbe = "train probe";

    private static readonly int[] InformationSizes = [64, 256, 1000];

    /// <summary>All metrics. Recalls and shares in percent, information in nats.</summary>
    /// <param name="step">Of the snapshot.</param>
    /// <param name="splits">What to evaluate.</param>
    /// <param name="trainProbe">A fixed part of the training samples, un-augmented, for the overfit gap; null: none.</param>
    /// <param name="recipe">Sides of mixing windows and the seed for ties.</param>
    /// <param name="model">Sizes.</param>
    /// <param name="parameters">Flat parameters.</param>
    /// <param name="shuffleCaptions">Pair every image of the splits with a stranger's captions: what chance looks like.</param>
    /// <param name="stop">Gives up.</param>
    /// <exception cref="DataException">Not one sample of a split can be used.</exception>
    public static EvaluationReport Evaluate(
        long step, IReadOnlyList<EvaluatedSplit> splits, EvaluationReader? trainProbe, Recipe recipe, ModelConfig model, float[] parameters,
        bool shuffleCaptions, CancellationToken stop)
    {
        using var evaluated = new EvaluatedModel(model, parameters);
        var train = trainProbe is null ? null : Encode(new EvaluatedSplit(TrainProbe, trainProbe), evaluated, false, null, stop);
        var results = new List<SplitEvaluation>();
        foreach (var split in splits)
        {
            var probe = new MixedProbe(recipe.MixOptions());
            var features = Encode(split, evaluated, true, probe, stop);
            if (shuffleCaptions)
            {
                features.ShuffleCaptions(Seeds.Mix(recipe.Run.Seed, 0x5AFF1E));
            }

            var metrics = new SortedDictionary<string, double>(StringComparer.Ordinal);
            AddRetrieval(metrics, features);
            if (model.MatchingHead && recipe.Run.RerankCandidates > 0)
            {
                AddReranked(metrics, Reranking.Scores(features, split.Reader, evaluated, recipe.Run.RerankCandidates, stop));
            }

            AddTheory(metrics, features, evaluated.Temperature);
            AddOverfitGap(metrics, features, train, evaluated.Temperature);
            probe.AddTo(metrics, features.FirstCaptions(), features.Width, evaluated.Temperature);
            AddSaliency(metrics, features, model, recipe.Run.Seed);
            metrics["skippedSamples"] = split.Reader.Problems.Count;
            results.Add(new SplitEvaluation(split.Name, features.Pairs, metrics));
        }

        return new EvaluationReport(step, results, train is null ? null : Describe(train, evaluated.Temperature));
    }

    private static SplitEvaluation Describe(SplitFeatures train, double temperature)
    {
        var metrics = new SortedDictionary<string, double>(StringComparer.Ordinal);
        AddTheory(metrics, train, temperature);
        return new SplitEvaluation(TrainProbe, train.Pairs, metrics);
    }

    private static SplitFeatures Encode(EvaluatedSplit split, EvaluatedModel model, bool regions, MixedProbe? probe, CancellationToken stop)
    {
        var features = SplitFeatures.Encode(split.Reader, model, regions, probe, stop);
        return features.Pairs > 0 ? features : throw new DataException($"split {split.Name}: not one of its {split.Reader.Count} samples can be used.");
    }

    private static void AddRetrieval(SortedDictionary<string, double> metrics, SplitFeatures features)
    {
        var scores = RetrievalMetrics.Compute(features.Images, features.Captions, features.Width, features.Owner);
        metrics["imageToTextR1"] = scores.ImageToTextR1;
        metrics["imageToTextR5"] = scores.ImageToTextR5;
        metrics["imageToTextR10"] = scores.ImageToTextR10;
        metrics["textToImageR1"] = scores.TextToImageR1;
        metrics["textToImageR5"] = scores.TextToImageR5;
        metrics["textToImageR10"] = scores.TextToImageR10;
        metrics["meanRecall"] = scores.MeanRecall;
        metrics["medianRank"] = scores.MedianRank;
        metrics["captions"] = features.Owner.Length;
    }

    private static void AddReranked(SortedDictionary<string, double> metrics, RetrievalScores scores)
    {
        metrics["rerankedImageToTextR1"] = scores.ImageToTextR1;
        metrics["rerankedImageToTextR5"] = scores.ImageToTextR5;
        metrics["rerankedImageToTextR10"] = scores.ImageToTextR10;
        metrics["rerankedTextToImageR1"] = scores.TextToImageR1;
        metrics["rerankedTextToImageR5"] = scores.TextToImageR5;
        metrics["rerankedTextToImageR10"] = scores.TextToImageR10;
        metrics["rerankedMeanRecall"] = scores.MeanRecall;
        metrics["rerankedMedianRank"] = scores.MedianRank;
    }

    private static void AddTheory(SortedDictionary<string, double> metrics, SplitFeatures features, double temperature)
    {
        if (features.Pairs < 2)
        {
            return;
        }

        var captions = features.FirstCaptions();
        var bounds = MutualInformation.Estimate(features.Images, captions, features.Width, temperature, SizesFor(features.Pairs));
        foreach (var bound in bounds)
        {
            metrics[$"miLowerBoundNatsAt{bound.Samples}"] = bound.Nats;
        }

        metrics["miLowerBoundNats"] = bounds[^1].Nats;
        metrics["miShareOfLogN"] = bounds[^1].Fraction;
        var shape = RepresentationMetrics.Compute(features.Images, captions, features.Width);
        metrics["alignment"] = shape.Alignment;
        metrics["imageUniformity"] = shape.ImageUniformity;
        metrics["textUniformity"] = shape.TextUniformity;
        metrics["modalityGap"] = shape.ModalityGap;
        metrics["temperature"] = temperature;
    }

    /// <summary>The bound on training samples minus the bound here, at the largest N that both have.</summary>
    private static void AddOverfitGap(SortedDictionary<string, double> metrics, SplitFeatures features, SplitFeatures? train, double temperature)
    {
        if (train is null || Math.Min(train.Pairs, features.Pairs) < 2)
        {
            return;
        }

        var size = SizesFor(Math.Min(train.Pairs, features.Pairs))[^1];
        double BoundOf(SplitFeatures of) => MutualInformation.Estimate(of.Images, of.FirstCaptions(), of.Width, temperature, size)[0].Nats;
        metrics["overfitGapNats"] = BoundOf(train) - BoundOf(features);
        metrics["overfitGapSamples"] = size;
    }

    private static int[] SizesFor(int pairs) => [.. InformationSizes.Where(size => size < pairs), Math.Min(pairs, InformationSizes[^1])];

    /// <summary>Pointing game and energy of the phrases' maps beside guesses that look at nothing.</summary>
    internal static void AddSaliency(SortedDictionary<string, double> metrics, SplitFeatures features, ModelConfig model, ulong seed)
    {
        if (features.RegionOwner.Length == 0)
        {
            return;
        }

        var scores = SaliencyMetrics.Compute(features.Maps, features.Boxes, features.RegionOwner, model.ImageSize, model.PatchSize, seed);
        foreach (var (suffix, score) in new[] { ("", scores.Model), ("Random", scores.Random), ("Centre", scores.Centre), ("LargestBox", scores.LargestBox) })
        {
            metrics["pointingGame" + suffix] = score.Pointing;
            metrics["energyInBox" + suffix] = score.Energy;
        }
    }
}
