using TiMix.Base;
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
            new ObjectiveOptions
            {
                DistillAlpha = settings.DistillAlpha,
                ItcWeight = settings.ItcWeight,
                MixWeight = settings.MixWeight,
                Labels = settings.Labels,
                Beta = settings.Beta,
            });
        losses.Total.backward();

        var sums = new Named<ObjectiveSum>(
            settings.Objectives.Select(objective => (objective.Name, ObjectiveSum.Of(features.Select(part => part.Sums[objective.Name])))));
        var scales = new Named<double>(settings.Objectives.Select(objective => (objective.Name, Scale(settings.WeightOf(objective), sums[objective.Name]))));
        var (imageGradient, textGradient) = (Floats(image.grad!), Floats(text.grad!));
        var mixedGradient = mixed is null ? [] : Floats(mixed.grad!);
        var scaleGradient = Floats(scale.grad!)[0];
        var gradients = new FeatureGradients[microBatches.Count];
        var row = 0;
        foreach (var (m, part) in microBatches.Index())
        {
            var range = (row * width)..((row + part.Count) * width);
            gradients[m] = new FeatureGradients(
                imageGradient[range], textGradient[range], mixed is null ? [] : mixedGradient[range], scales, m == 0 ? scaleGradient : 0f);
            row += part.Count;
        }

        var total = (settings.ItcWeight * losses.Itc) + (settings.Mixing ? settings.MixWeight * losses.Mix : 0);
        var values = new List<(string, double)>
        {
            (ContrastiveObjective.Itc, losses.Itc), (ContrastiveObjective.Mix, losses.Mix), (ContrastiveObjective.Regulariser, losses.Regulariser),
        };
        foreach (var objective in settings.Objectives)
        {
            var sum = sums[objective.Name];
            total += settings.WeightOf(objective) * sum.Mean;
            values.Add((objective.Name, sum.Mean));
            if (objective.ReportsAccuracy)
            {
                values.Add((KnownObjectives.AccuracyOf(objective.Name), sum.Accuracy));
            }
        }

        return (new StepLosses(total, new Named<double>(values), sums), gradients);
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
