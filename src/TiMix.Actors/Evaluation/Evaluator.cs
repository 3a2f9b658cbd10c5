using TiMix.Actors.Recipes;
using TiMix.Actors.Runs;
using TiMix.Data;
using TiMix.Learning;
using static TorchSharp.torch;

namespace TiMix.Actors.Evaluation;

/// <summary>The evaluator's mathematics: features of a split by the parameters of a snapshot, and every metric of them.</summary>
public static class Evaluator
{
    private const int BatchSize = 64;
    private static readonly int[] InformationSizes = [64, 256, 1000];

    /// <summary>All metrics of one split. Recalls and shares in percent, information in nats.</summary>
    /// <param name="split">Name for the report.</param>
    /// <param name="reader">The split's samples, un-augmented.</param>
    /// <param name="recipe">Lengths and the seed for ties.</param>
    /// <param name="model">Sizes.</param>
    /// <param name="parameters">Flat parameters.</param>
    /// <param name="shuffleCaptions">Pair every image with a stranger's caption: what chance looks like.</param>
    /// <param name="stop">Gives up.</param>
    public static SplitEvaluation Evaluate(
        string split, EvaluationReader reader, Recipe recipe, ModelConfig model, float[] parameters, bool shuffleCaptions, CancellationToken stop)
    {
        var layout = DualEncoder.LayoutOf(model);
        var device = TorchRuntime.DefaultDevice();
        using var values = new ParameterBuffer(layout, device);
        values.CopyFrom(parameters);
        using var encoder = new DualEncoder(model, layout, values.Values, null);
        var (images, texts) = (new List<float>(), new List<float>());
        var (maps, boxes, owners) = (new List<float>(), new List<float>(), new List<int>());
        var pairs = 0;
        while (true)
        {
            stop.ThrowIfCancellationRequested();
            var batch = reader.Load(pairs, BatchSize, stop);
            var count = batch.SampleIndices.Length;
            if (count == 0)
            {
                break;
            }

            using var scope = NewDisposeScope();
            using var noGrad = no_grad();
            var image = encoder.EncodeImages(Pixels.Normalize(batch.Pixels, count, model.ImageSize, device), true);
            images.AddRange(HostFloats.Of(image.Feature));
            texts.AddRange(HostFloats.Of(encoder.EncodeTexts(TokenMatrix.Of(batch.Tokens, count, device)).Feature));
            if (batch.RegionOwner.Length > 0)
            {
                var cls = encoder.EncodeTexts(TokenMatrix.Of(batch.RegionPhrases, batch.RegionOwner.Length, device)).Cls;
                var owner = tensor(batch.RegionOwner, device: device).to(ScalarType.Int64);
                maps.AddRange(Saliency.FromLogits(encoder.PatchTextLogits(image.Middle!, owner, cls)));
                boxes.AddRange(batch.RegionBoxes);
                owners.AddRange(batch.RegionOwner.Select(index => pairs + index));
            }

            pairs += count;
        }

        if (pairs == 0)
        {
            throw new DataException($"split {split}: not one of its {reader.Count} samples can be used.");
        }

        var d = model.EmbedDim;
        float[] imageFeatures = [.. images];
        float[] textFeatures = [.. Order(pairs, recipe.Run.Seed, shuffleCaptions).SelectMany(index => texts.GetRange(index * d, d))];
        var metrics = new SortedDictionary<string, double>(StringComparer.Ordinal);
        AddRetrieval(metrics, imageFeatures, textFeatures, d);
        AddInformation(metrics, imageFeatures, textFeatures, d, pairs, Math.Exp(-values.LogitScale));
        if (owners.Count > 0)
        {
            AddSaliency(metrics, maps, boxes, owners, model, recipe.Run.Seed);
        }

        metrics["skippedSamples"] = reader.Problems.Count;
        return new SplitEvaluation(split, pairs, metrics);
    }

    private static int[] Order(int count, ulong seed, bool shuffled)
    {
        int[] order = [.. Enumerable.Range(0, count)];
        if (shuffled)
        {
            new Learning.SeededRandom(Learning.Seeds.Mix(seed, 0x5AFF1E)).Shuffle<int>(order);
        }

        return order;
    }

    private static void AddRetrieval(SortedDictionary<string, double> metrics, float[] images, float[] texts, int width)
    {
        var scores = RetrievalMetrics.Compute(images, texts, width);
        metrics["imageToTextR1"] = scores.ImageToTextR1;
        metrics["imageToTextR5"] = scores.ImageToTextR5;
        metrics["imageToTextR10"] = scores.ImageToTextR10;
        metrics["textToImageR1"] = scores.TextToImageR1;
        metrics["textToImageR5"] = scores.TextToImageR5;
        metrics["textToImageR10"] = scores.TextToImageR10;
        metrics["meanRecall"] = scores.MeanRecall;
        metrics["medianRank"] = scores.MedianRank;
    }

    private static void AddInformation(SortedDictionary<string, double> metrics, float[] images, float[] texts, int width, int pairs, double temperature)
    {
        var bounds = MutualInformation.Estimate(images, texts, width, temperature, [.. InformationSizes.Where(size => size < pairs), Math.Min(pairs, InformationSizes[^1])]);
        foreach (var bound in bounds)
        {
            metrics[$"miLowerBoundNatsAt{bound.Samples}"] = bound.Nats;
        }

        if (bounds.Length > 0)
        {
            metrics["miLowerBoundNats"] = bounds[^1].Nats;
            metrics["miShareOfLogN"] = bounds[^1].Fraction;
        }

        var shape = RepresentationMetrics.Compute(images, texts, width);
        metrics["alignment"] = shape.Alignment;
        metrics["imageUniformity"] = shape.ImageUniformity;
        metrics["textUniformity"] = shape.TextUniformity;
        metrics["modalityGap"] = shape.ModalityGap;
        metrics["temperature"] = temperature;
    }

    private static void AddSaliency(SortedDictionary<string, double> metrics, List<float> maps, List<float> boxes, List<int> owners, ModelConfig model, ulong seed)
    {
        var scores = SaliencyMetrics.Compute([.. maps], [.. boxes], [.. owners], model.ImageSize, model.PatchSize, seed);
        foreach (var (suffix, score) in new[] { ("", scores.Model), ("Random", scores.Random), ("Centre", scores.Centre), ("LargestBox", scores.LargestBox) })
        {
            metrics["pointingGame" + suffix] = score.Pointing;
            metrics["energyInBox" + suffix] = score.Energy;
        }
    }
}
