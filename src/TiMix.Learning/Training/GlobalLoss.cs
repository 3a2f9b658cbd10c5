using TiMix.Learning.Objectives;
using TiMix.Learning.Runtime;
using TiMix.Learning.Steps;
using TorchSharp;
using static TorchSharp.torch;

namespace TiMix.Learning.Training;

/// <summary>
/// The loss over the global batch and its exact gradient for every micro-batch's features. Every trainer computes the same
/// bits from the same gathered features, and keeps the part that belongs to its own micro-batches.
/// </summary>
public static class GlobalLoss
{
    /// <param name="microBatches">All V, in order, as gathered.</param>
    /// <param name="settings">The step's weights.</param>
    /// <param name="logitScale">Current value of the logit scale, -ln τ.</param>
    /// <param name="width">Embedding width d.</param>
    /// <returns>The losses, and one gradient per micro-batch in order.</returns>
    public static (StepLosses Losses, FeatureGradients[] Gradients) Compute(
        IReadOnlyList<GatheredMicroBatch> microBatches, StepSettings settings, float logitScale, int width)
    {
        using var scope = NewDisposeScope();
        MicroBatchFeatures[] features = [.. microBatches.Select(part => part.Features)];
        var image = Leaf(features.Select(part => part.Image), width);
        var text = Leaf(features.Select(part => part.Text), width);
        var mixed = settings.Mixing ? Leaf(features.Select(part => part.Mixed), width) : null;
        var scale = tensor(logitScale).requires_grad_(true);
        var distilled = settings.DistillAlpha > 0;
        var losses = ContrastiveObjective.Compute(
            new GlobalFeatures
            {
                Image = image,
                Text = text,
                Mixed = mixed,
                TeacherImage = distilled ? Matrix(microBatches.Select(part => part.TeacherImage), width) : null,
                TeacherText = distilled ? Matrix(microBatches.Select(part => part.TeacherText), width) : null,
                LogitScale = scale,
                Pairing = mixed is null ? [] : GlobalPairing(microBatches),
                Lambda = mixed is null ? [] : [.. microBatches.SelectMany(part => Enumerable.Repeat(part.Lambda, part.Count))],
            },
            new ObjectiveOptions { DistillAlpha = settings.DistillAlpha, ItcWeight = settings.ItcWeight, MixWeight = settings.MixWeight, Labels = settings.Labels, Beta = settings.Beta });
        losses.Total.backward();

        var pairs = features.Sum(part => part.AlignmentPairs);
        var positives = features.Sum(part => part.AlignmentPositives);
        var alignment = pairs == 0 ? 0 : features.Sum(part => part.AlignmentLossSum) / pairs;
        var alignmentScale = pairs == 0 ? 0 : settings.AlignmentWeight / pairs;
        var fusion = new FusionSums(
            ObjectiveSum.Of(features.Select(part => part.Fusion.Matching)), ObjectiveSum.Of(features.Select(part => part.Fusion.Mlm)), ObjectiveSum.Of(features.Select(part => part.Fusion.PrefixLm)));
        var fusionScales = new FusionScales(
            Scale(settings.MatchingWeight, fusion.Matching), Scale(settings.MlmWeight, fusion.Mlm), Scale(settings.PrefixLmWeight, fusion.PrefixLm));
        var (imageGradient, textGradient) = (Floats(image.grad!), Floats(text.grad!));
        var mixedGradient = mixed is null ? [] : Floats(mixed.grad!);
        var scaleGradient = Floats(scale.grad!)[0];
        var gradients = new FeatureGradients[microBatches.Count];
        var row = 0;
        foreach (var (m, part) in microBatches.Index())
        {
            var range = (row * width)..((row + part.Count) * width);
            gradients[m] = new FeatureGradients(
                imageGradient[range], textGradient[range], mixed is null ? [] : mixedGradient[range], alignmentScale, m == 0 ? scaleGradient : 0f)
            {
                Fusion = fusionScales,
            };
            row += part.Count;
        }

        return (
            new StepLosses(
                (settings.ItcWeight * losses.Itc) + (settings.Mixing ? settings.MixWeight * losses.Mix : 0) + (settings.AlignmentWeight * alignment)
                    + (settings.MatchingWeight * fusion.Matching.Mean) + (settings.MlmWeight * fusion.Mlm.Mean) + (settings.PrefixLmWeight * fusion.PrefixLm.Mean),
                losses.Itc,
                losses.Mix,
                alignment,
                pairs == 0 ? 0 : features.Sum(part => part.AlignmentCorrect) / (double)pairs,
                positives == 0 ? 0 : features.Sum(part => part.AlignmentTruePositives) / (double)positives,
                losses.Regulariser)
            {
                Fusion = fusion,
            },
            gradients);
    }

    private static double Scale(double weight, ObjectiveSum sum) => sum.Count == 0 ? 0 : weight / sum.Count;

    private static int[] GlobalPairing(IReadOnlyList<GatheredMicroBatch> microBatches)
    {
        var pairing = new List<int>();
        foreach (var part in microBatches)
        {
            var first = pairing.Count;
            pairing.AddRange(part.Pairing.Select(partner => first + partner));
        }

        return [.. pairing];
    }

    private static Tensor Leaf(IEnumerable<float[]> parts, int width) => Matrix(parts, width).requires_grad_(true);

    private static Tensor Matrix(IEnumerable<float[]> parts, int width)
    {
        float[] all = [.. parts.SelectMany(part => part)];
        return HostFloats.ToTensor(all, [all.Length / width, width], CPU);
    }

    private static float[] Floats(Tensor values) => HostFloats.Of(values);
}
