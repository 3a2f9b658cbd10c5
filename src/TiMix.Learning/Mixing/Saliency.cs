using System.Runtime.InteropServices;
using TorchSharp;
using static TorchSharp.torch;

namespace TiMix.Learning.Mixing;

/// <summary>Saliency maps from the patch–text predictor.</summary>
public static class Saliency
{
    /// <summary>log p(class 1) of each patch: how much the caption talks about it.</summary>
    /// <param name="logits">float [b, N, 2], any device.</param>
    /// <returns>[b·N], natural logarithm, ≤ 0.</returns>
    public static float[] FromLogits(Tensor logits)
    {
        if (logits.dim() != 3 || logits.size(2) != 2)
            throw new ArgumentException($"Patch–text logits are [b, N, 2]; got [{string.Join(", ", logits.shape)}].");
        using var grad = torch.no_grad();
        using var scope = torch.NewDisposeScope();
        var map = logits.log_softmax(2).select(2, 1).to(ScalarType.Float32).cpu().contiguous();
        return MemoryMarshal.Cast<byte, float>(map.bytes).ToArray();
    }
}

/// <summary>Saliency maps from true boxes: the upper bound that a learned map can be compared with.</summary>
public static class OracleSaliency
{
    /// <summary>1 for each patch that a box of the sample touches (<see cref="PatchGrid.Cover"/>), 0 elsewhere.</summary>
    /// <param name="samples">b.</param>
    /// <param name="owners">[R], the sample in 0..b-1 that each box belongs to.</param>
    /// <param name="boxes">[R, 4], x, y, width, height in pixels.</param>
    /// <param name="include">[R], boxes marked 0 are left out (what the caption does not name); empty: all count.</param>
    /// <param name="imageSize">S, pixels a side.</param>
    /// <param name="patchSize">p, pixels a side.</param>
    /// <returns>[b, n, n].</returns>
    /// <exception cref="ArgumentException">Lengths that do not fit, or an owner outside the batch.</exception>
    public static float[] FromBoxes(
        int samples, ReadOnlySpan<int> owners, ReadOnlySpan<float> boxes, ReadOnlySpan<byte> include, int imageSize, int patchSize)
    {
        int grid = PatchGrid.Side(imageSize, patchSize), patches = grid * grid, count = PatchGrid.BoxCount(boxes);
        if (owners.Length != count || (include.Length != 0 && include.Length != count))
            throw new ArgumentException($"{count} boxes need as many owners (got {owners.Length}) and as many marks or none (got {include.Length}).");
        var maps = new float[samples * patches];
        for (int r = 0; r < count; r++)
        {
            if (owners[r] < 0 || owners[r] >= samples)
                throw new ArgumentException($"Box {r} belongs to sample {owners[r]} of {samples}.");
            if (include.Length == 0 || include[r] != 0)
                PatchGrid.Add(boxes.Slice(4 * r, 4), imageSize, patchSize, maps.AsSpan(owners[r] * patches, patches));
        }

        return maps;
    }
}
