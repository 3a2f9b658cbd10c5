using TiMix.Learning.Runtime;
using TorchSharp;
using static TorchSharp.torch;

namespace TiMix.Learning.Mixing;

/// <summary>
/// Soft targets of mixed images, from the same pairing π and shares λ as their pixels.
/// <para>With P[i, j] and P'[j, i] the row softmax of the clean image→text and text→image logits:</para>
/// <para>hard, image→text: row i = λᵢ·onehot(i) + (1-λᵢ)·onehot(π(i)); text→image: its transpose.</para>
/// <para>self, image→text: λᵢ·P[i, j] + (1-λᵢ)·P[π(i), j]; text→image: λᵢ·P'[j, i] + (1-λᵢ)·P'[j, π(i)], that is,
/// λ goes with the mixed image, which is the <i>column</i> there, and columns are permuted.</para>
/// <para>blend: β·hard + (1-β)·self.</para>
/// Image→text rows sum to 1 by construction. Text→image rows do when partners have the same λ, as in every plan (one λ
/// a micro-batch, pairs inside it), whatever λ other micro-batches have; then the hard matrix is also symmetric.
/// Otherwise each of those rows is divided by its sum (a caption that no mixed image shows keeps a row of zeros and
/// takes no part).
/// </summary>
internal static class MixTargets
{
    /// <param name="labels">The mode.</param>
    /// <param name="beta">β of blend.</param>
    /// <param name="pairing">π, a permutation of 0..B-1.</param>
    /// <param name="lambda">[B], λ of each mixed image.</param>
    /// <param name="imageToText">[B, B], P, no gradient; read for self and blend.</param>
    /// <param name="textToImage">[B, B], P', no gradient; read for self and blend.</param>
    /// <returns>[B, B] targets, rows = mixed images and rows = captions. In the caller's dispose scope.</returns>
    public static (Tensor ImageToText, Tensor TextToImage) Build(
        MixLabels labels, double beta, int[] pairing, float[] lambda, Tensor imageToText, Tensor textToImage)
    {
        var device = imageToText.device;
        var own = HostFloats.ToTensor(lambda, [lambda.Length], device).to(imageToText.dtype);
        var other = 1 - own;
        var partner = torch.tensor(pairing, dtype: ScalarType.Int64, device: device);
        bool balanced = PartnersAgree(pairing, lambda);

        if (labels == MixLabels.Hard)
            return Hard(own, other, partner, balanced);
        var self = Self(own, other, partner, imageToText, textToImage, balanced);
        if (labels == MixLabels.Self)
            return self;
        var hard = Hard(own, other, partner, balanced);
        return (hard.ImageToText * beta + self.ImageToText * (1 - beta), hard.TextToImage * beta + self.TextToImage * (1 - beta));
    }

    private static (Tensor ImageToText, Tensor TextToImage) Hard(Tensor own, Tensor other, Tensor partner, bool balanced)
    {
        var rows = torch.diag(own).scatter_add_(1, partner.unsqueeze(1), other.unsqueeze(1));
        return (rows, Normalised(rows.t(), balanced));
    }

    private static (Tensor ImageToText, Tensor TextToImage) Self(
        Tensor own, Tensor other, Tensor partner, Tensor imageToText, Tensor textToImage, bool balanced)
    {
        var rows = imageToText * own.unsqueeze(1) + imageToText.index_select(0, partner) * other.unsqueeze(1);
        var columns = textToImage * own + textToImage.index_select(1, partner) * other;
        return (rows, Normalised(columns, balanced));
    }

    private static Tensor Normalised(Tensor rows, bool balanced) =>
        balanced ? rows : rows / rows.sum(1, keepdim: true).clamp_min(1e-12);

    private static bool PartnersAgree(int[] pairing, float[] lambda)
    {
        for (int i = 0; i < pairing.Length; i++)
            if (lambda[pairing[i]] != lambda[i])
                return false;
        return true;
    }
}
