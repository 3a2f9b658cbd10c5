using TiMix.Base;
using TiMix.Learning.Mixing;

namespace TiMix.Learning.Steps;

/// <summary>One micro-batch as a trainer takes it in. b samples, S image side, N patches, L and Lp token lengths, d embedding width.</summary>
public sealed record MicroBatch
{
    /// <summary>Place in the global batch, 0 to V-1.</summary>
    public required int Index { get; init; }

    /// <summary>Samples b.</summary>
    public required int Count { get; init; }

    /// <summary>uint8 [b, 3, S, S], planar RGB.</summary>
    public required byte[] Pixels { get; init; }

    /// <summary>uint8 [b, 3, S, S], second views of the same pictures; read with <see cref="SecondPass"/>, else may be empty.</summary>
    public byte[] SecondPixels { get; init; } = [];

    /// <summary>[b, L] token ids, padded.</summary>
    public required int[] Tokens { get; init; }

    /// <summary>[R] which sample each region belongs to.</summary>
    public required int[] RegionOwner { get; init; }

    /// <summary>[R, Lp] token ids of each region's phrase.</summary>
    public required int[] RegionPhrases { get; init; }

    /// <summary>[R, N] 1 where the region covers the patch.</summary>
    public required byte[] RegionMasks { get; init; }

    /// <summary>[C] samples whose whole caption has a region of its own, ascending.</summary>
    public required int[] CaptionOwner { get; init; }

    /// <summary>[C, N] 1 where the caption's region covers the patch.</summary>
    public required byte[] CaptionMasks { get; init; }

    /// <summary>What is pasted where, and the labels' λ. Method <see cref="NoMixing"/>: nothing is mixed.</summary>
    public required MixPlan Plan { get; init; }

    /// <summary>[b, d] the teacher's image features; empty when nothing is distilled.</summary>
    public required float[] TeacherImage { get; init; }

    /// <summary>[b, d] the teacher's text features; empty when nothing is distilled.</summary>
    public required float[] TeacherText { get; init; }

    /// <summary>The teacher's probabilities of words, [p, V] each, by the objectives that predict them; nothing when nothing is distilled.</summary>
    public Named<float[]> TeacherWords { get; init; } = Named<float[]>.None;
}

/// <summary>What the forward pass of one micro-batch gives to the gather.</summary>
/// <param name="Index">Place in the global batch.</param>
/// <param name="Image">[b, d], L2-normalised.</param>
/// <param name="Text">[b, d], L2-normalised.</param>
/// <param name="Mixed">[b, d], L2-normalised; empty without mixing.</param>
/// <param name="Sums">Of the objectives that were computed, by their names.</param>
public sealed record MicroBatchFeatures(int Index, float[] Image, float[] Text, float[] Mixed, Named<ObjectiveSum> Sums);

/// <summary>All that the loss over the global batch needs of one micro-batch, whoever computed it.</summary>
/// <param name="Features">What its forward pass gave.</param>
/// <param name="Count">Samples b.</param>
/// <param name="Lambda">Share of the target that stays in a mixed image.</param>
/// <param name="Pairing">[b] partners within the micro-batch.</param>
/// <param name="TeacherImage">[b, d]; empty when nothing is distilled.</param>
/// <param name="TeacherText">[b, d]; empty when nothing is distilled.</param>
public sealed record GatheredMicroBatch(MicroBatchFeatures Features, int Count, float Lambda, int[] Pairing, float[] TeacherImage, float[] TeacherText)
{
    /// <summary>Of a micro-batch that was computed here.</summary>
    public static GatheredMicroBatch Of(MicroBatch batch, MicroBatchFeatures features) =>
        new(features, batch.Count, batch.Plan.Lambda, batch.Plan.Pairing, batch.TeacherImage, batch.TeacherText);
}

/// <summary>What the loss over the global batch sends back to one micro-batch; shapes as in <see cref="MicroBatchFeatures"/>.</summary>
/// <param name="Image">[b, d] gradient of the image features.</param>
/// <param name="Text">[b, d] gradient of the text features.</param>
/// <param name="Mixed">[b, d] gradient of the mixed images' features; empty without mixing.</param>
/// <param name="Scales">Gradients of the objectives' sums, by their names: weight / count over the global batch; 0 where there is nothing.</param>
/// <param name="LogitScale">Gradient of the logit scale; not zero in micro-batch 0 only, whose it is.</param>
public sealed record FeatureGradients(float[] Image, float[] Text, float[] Mixed, Named<double> Scales, float LogitScale);
