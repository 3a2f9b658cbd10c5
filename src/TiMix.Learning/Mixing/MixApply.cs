using System.Runtime.InteropServices;
using TorchSharp;
using static TorchSharp.torch;

namespace TiMix.Learning.Mixing;

/// <summary>Makes the mixed images that a plan describes.</summary>
public static class MixApply
{
    /// <summary>
    /// Copies the partner's source window over the target window, translated, not scaled (or blends, for mixup). The
    /// partner is always the clean one: all reads are from <paramref name="pixels"/>. The second view of a second pass is not
    /// made of these pixels; here it is a copy.
    /// </summary>
    /// <param name="plan">Of this micro-batch.</param>
    /// <param name="pixels">float [b, 3, S, S], normalised; left as it is.</param>
    /// <param name="patchSize">p, pixels a side; divides S.</param>
    /// <returns>A new tensor of the same shape, type and device.</returns>
    /// <exception cref="ArgumentException">A plan that does not fit the pixels.</exception>
    public static Tensor Apply(MixPlan plan, Tensor pixels, int patchSize)
    {
        int grid = Check(plan, pixels, patchSize);
        if (plan.Method is MixMethod.None or MixMethod.SecondPass)
            return pixels.clone();
        if (plan.Method == MixMethod.Mixup)
            return Blend(plan, pixels);
        bool bytes = pixels.device_type == DeviceType.CPU && pixels.dtype == ScalarType.Float32 && pixels.is_contiguous() && !pixels.requires_grad;
        return bytes ? CopyRows(plan, pixels, patchSize, grid) : GatherPatches(plan, pixels, patchSize, grid);
    }

    private static Tensor Blend(MixPlan plan, Tensor pixels)
    {
        using var scope = torch.NewDisposeScope();
        var partners = pixels.index_select(0, torch.tensor(plan.Pairing, dtype: ScalarType.Int64, device: pixels.device));
        return (pixels * plan.Lambda + partners * (1 - plan.Lambda)).MoveToOuterDisposeScope();
    }

    /// <summary>CPU: one clone, then rows of bytes; touches nothing but the windows.</summary>
    private static Tensor CopyRows(MixPlan plan, Tensor pixels, int patchSize, int grid)
    {
        var mixed = pixels.clone();
        var from = MemoryMarshal.Cast<byte, float>(pixels.bytes);
        var to = MemoryMarshal.Cast<byte, float>(mixed.bytes);
        int channels = (int)pixels.size(1), size = grid * patchSize, side = plan.Side * patchSize, places = grid - plan.Side + 1;
        for (int i = 0; i < plan.Pairing.Length; i++)
        {
            var (targetRow, targetColumn) = Math.DivRem(plan.Target[i], places);
            var (sourceRow, sourceColumn) = Math.DivRem(plan.Source[i], places);
            for (int c = 0; c < channels; c++)
            {
                int source = ((plan.Pairing[i] * channels + c) * size + sourceRow * patchSize) * size + sourceColumn * patchSize;
                int target = ((i * channels + c) * size + targetRow * patchSize) * size + targetColumn * patchSize;
                for (int y = 0; y < side; y++, source += size, target += size)
                    from.Slice(source, side).CopyTo(to[target..]);
            }
        }

        return mixed;
    }

    /// <summary>Any device, any type, differentiable: the batch as rows of patches, taken by one index.</summary>
    internal static Tensor GatherPatches(MixPlan plan, Tensor pixels, int patchSize, int grid)
    {
        int samples = plan.Pairing.Length, patches = grid * grid, places = grid - plan.Side + 1;
        var index = new long[samples * patches];
        for (int i = 0; i < index.Length; i++)
            index[i] = i;
        for (int i = 0; i < samples; i++)
        {
            var (targetRow, targetColumn) = Math.DivRem(plan.Target[i], places);
            var (sourceRow, sourceColumn) = Math.DivRem(plan.Source[i], places);
            for (int row = 0; row < plan.Side; row++)
                for (int column = 0; column < plan.Side; column++)
                    index[i * patches + (targetRow + row) * grid + targetColumn + column] =
                        plan.Pairing[i] * patches + (sourceRow + row) * grid + sourceColumn + column;
        }

        using var scope = torch.NewDisposeScope();
        long channels = pixels.size(1), size = pixels.size(2);
        return pixels
            .reshape(samples, channels, grid, patchSize, grid, patchSize)
            .permute(0, 2, 4, 1, 3, 5)
            .reshape(samples * patches, channels * patchSize * patchSize)
            .index_select(0, torch.tensor(index, device: pixels.device))
            .reshape(samples, grid, grid, channels, patchSize, patchSize)
            .permute(0, 3, 1, 4, 2, 5)
            .reshape(samples, channels, size, size)
            .MoveToOuterDisposeScope();
    }

    private static int Check(MixPlan plan, Tensor pixels, int patchSize)
    {
        if (pixels.dim() != 4 || pixels.size(2) != pixels.size(3))
            throw new ArgumentException($"Pixels are [b, 3, S, S]; got [{string.Join(", ", pixels.shape)}].");
        int samples = (int)pixels.size(0), grid = PatchGrid.Side((int)pixels.size(2), patchSize);
        if (plan.Pairing.Length != samples)
            throw new ArgumentException($"The plan is for {plan.Pairing.Length} samples, the pixels are of {samples}.");
        foreach (int partner in plan.Pairing)
            if (partner < 0 || partner >= samples)
                throw new ArgumentException($"The plan pairs with sample {partner} of {samples}.");
        if (!plan.HasWindows)
            return grid;
        if (plan.Side < 1 || plan.Side > grid)
            throw new ArgumentException($"A window of {plan.Side} patches a side does not fit a grid of {grid}.");
        if (plan.Target.Length != samples || plan.Source.Length != samples)
            throw new ArgumentException($"{samples} samples need as many windows; the plan has {plan.Target.Length} targets and {plan.Source.Length} sources.");
        int windows = (grid - plan.Side + 1) * (grid - plan.Side + 1);
        for (int i = 0; i < samples; i++)
            if ((uint)plan.Target[i] >= (uint)windows || (uint)plan.Source[i] >= (uint)windows)
                throw new ArgumentException($"Sample {i}: windows {plan.Target[i]} and {plan.Source[i]} are not both among the {windows} of a grid of {grid} with side {plan.Side}.");
        return grid;
    }
}
