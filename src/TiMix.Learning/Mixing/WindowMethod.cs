using System.Runtime.InteropServices;
using TiMix.Base;
using TorchSharp;
using static TorchSharp.torch;

namespace TiMix.Learning.Mixing;

/// <summary>
/// Methods that copy a window of the partner over a window of the own image, translated, not scaled. One side k a micro-batch,
/// uniform on {max(1, ⌊minSide·n⌋) … ⌊maxSide·n⌋}, the same for all of them at the same seed, so that they can be compared in pairs.
/// </summary>
public abstract class WindowMethod : MixMethod
{
    /// <inheritdoc/>
    public sealed override MixPlan Plan(in MixInput input)
    {
        var (pairing, grid) = (input.Pairs(), input.Grid);
        var random = new SeededRandom(Seeds.Mix(input.Seed, MixDraws.Share));
        var (low, high) = MixPlanner.Sides(input.Options, grid);
        var side = low + random.NextInt(high - low + 1);
        var lambda = (float)(1 - ((double)(side * side) / (grid * grid)));
        var (target, source) = Windows(input, pairing, side);
        return new MixPlan(this, pairing, side, lambda, target, source);
    }

    /// <inheritdoc/>
    public sealed override Tensor Apply(MixPlan plan, Tensor pixels, int patchSize)
    {
        var grid = PatchGrid.Side((int)pixels.size(2), patchSize);
        var bytes = pixels.device_type == DeviceType.CPU && pixels.dtype == ScalarType.Float32 && pixels.is_contiguous() && !pixels.requires_grad;
        return bytes ? CopyRows(plan, pixels, patchSize, grid) : GatherPatches(plan, pixels, patchSize, grid);
    }

    /// <summary>Which window of the own image is painted over, and which of the partner's is copied: index row·(n-k+1)+column, [b] each.</summary>
    /// <param name="input">Saliency and seed.</param>
    /// <param name="pairing">[b], partners.</param>
    /// <param name="side">k.</param>
    protected abstract (int[] Target, int[] Source) Windows(in MixInput input, int[] pairing, int side);

    /// <summary>A window for each sample, all places as likely.</summary>
    private protected static int[] Drawn(in MixInput input, ulong purpose, int side)
    {
        var random = new SeededRandom(Seeds.Mix(input.Seed, purpose));
        int windows = (input.Grid - side + 1) * (input.Grid - side + 1);
        var drawn = new int[input.Samples];
        for (int i = 0; i < drawn.Length; i++)
            drawn[i] = random.NextInt(windows);
        return drawn;
    }

    /// <summary>
    /// Target = the window with the least sum of the own map, source = the window with the greatest sum of the partner's map, ties to
    /// the lowest index.
    /// </summary>
    /// <exception cref="ArgumentException">A map of the wrong size or with a value that is not finite.</exception>
    protected static (int[] Target, int[] Source) BySaliency(in MixInput input, int[] pairing, int side)
    {
        var saliency = input.Saliency;
        int grid = input.Grid, patches = grid * grid;
        if (saliency.Length != pairing.Length * patches)
            throw new ArgumentException(
                $"{pairing.Length} saliency maps of {grid}×{grid} patches are {pairing.Length * patches} numbers; got {saliency.Length}.");
        for (int i = 0; i < saliency.Length; i++)
            if (!float.IsFinite(saliency[i]))
                throw new ArgumentException($"Saliency of sample {i / patches}, patch {i % patches} is {saliency[i]}; it must be a finite number.");

        var least = new int[pairing.Length];
        var greatest = new int[pairing.Length];
        for (int i = 0; i < pairing.Length; i++)
        {
            var sums = WindowSums(saliency.Slice(i * patches, patches), grid, side);
            for (int w = 1; w < sums.Length; w++)
            {
                if (sums[w] < sums[least[i]])
                    least[i] = w;
                if (sums[w] > sums[greatest[i]])
                    greatest[i] = w;
            }
        }

        return (least, Array.ConvertAll(pairing, partner => greatest[partner]));
    }

    /// <summary>
    /// Sums over all k×k windows, stride 1, in double: first along rows, then down columns, every window in the same
    /// order, so that windows of equal content have equal sums to the last bit (differences of a running sum would not)
    /// and ties are true ties.
    /// </summary>
    internal static double[] WindowSums(ReadOnlySpan<float> map, int grid, int side)
    {
        int places = grid - side + 1;
        var rows = new double[grid * places];
        for (int row = 0; row < grid; row++)
            for (int column = 0; column < places; column++)
            {
                double sum = 0;
                foreach (float value in map.Slice(row * grid + column, side))
                    sum += value;
                rows[row * places + column] = sum;
            }

        var sums = new double[places * places];
        for (int row = 0; row < places; row++)
            for (int column = 0; column < places; column++)
            {
                double sum = 0;
                for (int y = row; y < row + side; y++)
                    sum += rows[y * places + column];
                sums[row * places + column] = sum;
            }

        return sums;
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
}
