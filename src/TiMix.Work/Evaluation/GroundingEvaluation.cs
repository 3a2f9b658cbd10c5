using TiMix.Data.Loading;
using TiMix.Learning.Metrics;
using TiMix.Learning.Mixing;
using TiMix.Protocol.Values;
using TiMix.Runs.Recipes;

namespace TiMix.Work.Evaluation;

/// <summary>
/// Phrases found by the patch–text predictor: the box around the salient patches that hang together with the most salient one
/// (<see cref="Grounding.BoxOf"/>), found where its intersection over union with the true box is 0.5 at least.
/// </summary>
internal static class GroundingEvaluation
{
    private const double Share = 0.5, Inset = 0.5;

    /// <summary>
    /// Number of phrases, and in percent <c>groundingAccuracy</c>; mean intersection over union; the accuracy of always guessing the
    /// mean of all true boxes, and of the box that the true patches themselves would give, which no map can pass by much; the pointing game.
    /// </summary>
    public static (int Phrases, SortedDictionary<string, double> Metrics) Measure(
        EvaluationReader reader, EvaluatedModel model, Recipe recipe, PredictionOrder order, CancellationToken stop)
    {
        var (config, patches) = (model.Config, model.Config.Grid * model.Config.Grid);
        var features = SplitFeatures.Encode(reader, model, true, null, stop);
        var (phrases, truth) = (features.RegionOwner.Length, features.Boxes);
        var metrics = new SortedDictionary<string, double>(StringComparer.Ordinal);
        if (phrases == 0)
        {
            return (0, metrics);
        }

        float[] BoxOf(ReadOnlySpan<float> map) => Grounding.BoxOf(map, config.Grid, config.PatchSize, Share, Inset);
        float[] found = [.. order.Of([.. Enumerable.Range(0, phrases).Select(i => BoxOf(features.Maps.AsSpan(i * patches, patches)))]).SelectMany(box => box)];
        var masks = PatchGrid.Masks(truth, config.ImageSize, config.PatchSize);
        float[] covered =
            [.. Enumerable.Range(0, phrases).SelectMany(i => BoxOf([.. masks.AsSpan(i * patches, patches).ToArray().Select(value => MathF.Log(value))]))];
        float[] mean = [.. Enumerable.Range(0, 4).Select(side => Enumerable.Range(0, phrases).Average(i => truth[(4 * i) + side]))];
        metrics["groundingAccuracy"] = Grounding.Accuracy(found, truth);
        metrics["groundingOverlap"] = 100 * Enumerable.Range(0, phrases)
            .Average(i => Grounding.IntersectionOverUnion(found.AsSpan(4 * i, 4), truth.AsSpan(4 * i, 4)));
        metrics["groundingAccuracyMeanBox"] = Grounding.Accuracy([.. Enumerable.Repeat(mean, phrases).SelectMany(box => box)], truth);
        metrics["groundingAccuracyTruePatches"] = Grounding.Accuracy(covered, truth);
        metrics["pictures"] = features.Pairs;
        Evaluator.AddSaliency(metrics, features, config, recipe.Run.Seed);
        return (phrases, metrics);
    }
}
