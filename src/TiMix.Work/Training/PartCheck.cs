using System.Numerics.Tensors;
using TiMix.Base;
using TiMix.Exchange.Reduction;
using TiMix.Learning.Objectives;
using TiMix.Learning.Steps;
using TiMix.Protocol.Messages;
using TiMix.Protocol.Rules;
using TiMix.Protocol.Values;

namespace TiMix.Work.Training;

/// <summary>
/// What a trainer gives to a gather, looked at before anything is computed with it: whether it can be of its share and of this run, and whether it is
/// finite. Features have length 1, so none of their numbers is larger; whatever else they say nobody can check without computing them.
/// </summary>
/// <param name="settings">The step's numbers.</param>
/// <param name="samples">Of a micro-batch.</param>
/// <param name="width">Embedding width d.</param>
public sealed class PartCheck(StepSettings settings, int samples, int width)
{
    /// <summary>Features are divided by their length in float32.</summary>
    private const float LargestFeature = 1.01f;

    private const int MostNamed = 8;

    private static readonly StepReport Nothing = new(1, 1, 0, 0, Named<double>.None, 0, 0, 0, 0, 0);

    /// <summary>Whom what is wrong is held against; nothing: all parts can be used.</summary>
    /// <param name="view">Who takes part.</param>
    /// <param name="parts">In the view's order.</param>
    public IReadOnlyList<Accusation> WrongIn(View view, IReadOnlyList<StepPart> parts)
    {
        var accused = new List<Accusation>();
        foreach (var (share, part) in view.Shares.Zip(parts))
        {
            if (MalformedIn(share, part) is { } wrong)
            {
                accused.Add(new Accusation(
                    share.Trainer, OffenceKind.Malformed, settings.Step, [], $"step {settings.Step + 1}: the part of {share.Node} cannot be: {wrong}"));
            }
            else if (part.MicroBatches.Where(one => !IsFinite(one.Batch)).Select(one => one.Batch.Features.Index).ToArray() is { Length: > 0 } bad)
            {
                var named = string.Join(", ", bad.Take(MostNamed)) + (bad.Length > MostNamed ? " and others" : "");
                accused.Add(new Accusation(
                    share.Trainer, OffenceKind.NotFinite, settings.Step, bad, $"step {settings.Step + 1}: the features of micro-batch {named} ({share.Node}) "
                        + "are not finite; a smaller optimization.learningRate may help"));
            }
        }

        return accused;
    }

    private string? MalformedIn(Share share, StepPart part)
    {
        if (!part.MicroBatches.Select(one => one.Batch.Features.Index).SequenceEqual(Enumerable.Range(share.First, share.Count)))
        {
            return $"it has {part.MicroBatches.Count} micro-batches; its share is {share.Count} from {share.First} on";
        }

        foreach (var (batch, origin) in part.MicroBatches)
        {
            if (MalformedIn(batch) is { } wrong || (wrong = MalformedIn(batch.Features.Index, origin)) is not null)
            {
                return $"micro-batch {batch.Features.Index}: {wrong}";
            }
        }

        return null;
    }

    private string? MalformedIn(GatheredMicroBatch batch)
    {
        var (features, all) = (batch.Features, samples * width);
        return batch.Count != samples ? $"it has {batch.Count} samples, not {samples}"
            : WrongLength("image features", features.Image, all, true) ?? WrongLength("text features", features.Text, all, true)
            ?? WrongLength("mixed features", features.Mixed, all, settings.Mixing)
            ?? WrongLength("teacher's image features", batch.TeacherImage, all, settings.DistillAlpha > 0)
            ?? WrongLength("teacher's text features", batch.TeacherText, all, settings.DistillAlpha > 0)
            ?? WrongLength("partners", batch.Pairing, samples, settings.Mixing)
            ?? (batch.Pairing.Any(partner => partner < 0 || partner >= samples) ? "a partner is in no sample"
                : batch.Lambda is < 0 or > 1 ? $"λ is {batch.Lambda}"
                : features.Sums.Any(sum => sum.Value.Count < 0 || sum.Value.Correct < 0) ? "a count is below 0"
                : IsTooLarge(features.Image) || IsTooLarge(features.Text) || IsTooLarge(features.Mixed) ? "a feature is larger than 1"
                : null);
    }

    private static bool IsTooLarge(float[] values) =>
        values.Length > 0 && TensorPrimitives.MaxMagnitude<float>(values) is var largest && float.IsFinite(largest) && largest > LargestFeature;

    private string? MalformedIn(int index, MicroBatchOrigin origin) =>
        origin.Index != index || origin.Epoch < 0 || origin.Samples.Count != samples || origin.Samples.Any(sample => sample < 0)
            ? "its samples are those of no micro-batch"
            : origin.Replacements.Count > 0 ? MessageRules.WrongIn(new MonitorMessages.StepApplied(Nothing, origin.Replacements, false)) : null;

    private static string? WrongLength<T>(string what, T[] values, int length, bool wanted) =>
        values.Length == length || (values.Length == 0 && !wanted) ? null : $"{values.Length} numbers of {what}, not {length}";

    private static bool IsFinite(GatheredMicroBatch batch) =>
        Finite.All(batch.Features.Image) && Finite.All(batch.Features.Text) && Finite.All(batch.Features.Mixed) && Finite.All(batch.TeacherImage)
        && Finite.All(batch.TeacherText) && float.IsFinite(batch.Lambda) && batch.Features.Sums.All(sum => double.IsFinite(sum.Value.LossSum));
}
