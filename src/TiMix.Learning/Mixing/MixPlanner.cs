namespace TiMix.Learning.Mixing;

/// <summary>
/// Decides how a micro-batch is mixed (text-aware mixing, arXiv 2312.08846): which image with which, how large a window,
/// from where to where. A pure function of the saliency maps and the seed; no torch.
/// </summary>
public static class MixPlanner
{
    private const ulong ShareDraw = 1;
    private const ulong TargetDraw = 2;
    private const ulong SourceDraw = 3;

    /// <summary>
    /// Pairing by reversal, π(i) = b-1-i. One side k a micro-batch, uniform on {max(1, ⌊minSide·n⌋) … ⌊maxSide·n⌋}, the
    /// same for all methods with windows at the same seed, so that they can be compared in pairs. Target = the window
    /// with the least sum of the own map, source = the window with the greatest sum of the partner's map, stride 1, ties
    /// to the lowest index. Random windows are drawn by the seed; CutMix copies from the place it pastes to.
    /// </summary>
    /// <param name="method">How to mix; <see cref="MixMethod.None"/> and <see cref="MixMethod.SecondPass"/> give the plan that changes nothing: λ = 1, everybody their own partner.</param>
    /// <param name="saliency">[b, n, n], any monotone scale that may be summed (log p); read for TiMix and Oracle, else may be empty.</param>
    /// <param name="samples">b, even (but for None and SecondPass).</param>
    /// <param name="grid">n, patches a side.</param>
    /// <param name="seed">Of this step and micro-batch.</param>
    /// <param name="options">Bounds of the side; null: the defaults.</param>
    /// <exception cref="ArgumentException">An odd b, a map of the wrong size or with a value that is not finite, bounds outside (0, 1].</exception>
    public static MixPlan Plan(MixMethod method, ReadOnlySpan<float> saliency, int samples, int grid, ulong seed, MixOptions? options = null)
    {
        if (samples < 1 || grid < 1)
            throw new ArgumentException($"A plan needs samples and patches; got {samples} samples and a grid of {grid}.");
        if (method is MixMethod.None or MixMethod.SecondPass)
            return new MixPlan(method, [.. Enumerable.Range(0, samples)], 0, 1, [], []);
        if (samples % 2 != 0)
            throw new ArgumentException($"Mixing pairs the samples of a micro-batch, so their number must be even; got {samples}.");

        var pairing = new int[samples];
        for (int i = 0; i < samples; i++)
            pairing[i] = samples - 1 - i;
        var random = new SeededRandom(Seeds.Mix(seed, ShareDraw));
        if (method == MixMethod.Mixup)
            return new MixPlan(method, pairing, 0, (float)random.NextDouble(), [], []);

        var (low, high) = Sides(options ?? new MixOptions(), grid);
        int side = low + random.NextInt(high - low + 1);
        float lambda = (float)(1 - (double)(side * side) / (grid * grid));
        var (target, source) = method switch
        {
            MixMethod.TiMix or MixMethod.Oracle => BySaliency(saliency, pairing, grid, side),
            MixMethod.RandomWindow => (Drawn(seed, TargetDraw, samples, grid, side), Drawn(seed, SourceDraw, samples, grid, side)),
            MixMethod.CutMix => SamePlace(Drawn(seed, TargetDraw, samples, grid, side)),
            _ => throw new ArgumentException($"{method} is not a way to mix."),
        };
        return new MixPlan(method, pairing, side, lambda, target, source);
    }

    /// <summary>The smallest and the largest side that can be drawn, in patches.</summary>
    /// <exception cref="ArgumentException">Bounds outside (0, 1] or in the wrong order.</exception>
    public static (int Low, int High) Sides(MixOptions options, int grid)
    {
        if (!(options.MinSide > 0 && options.MinSide <= options.MaxSide && options.MaxSide <= 1))
            throw new ArgumentException($"Window sides need 0 < minSide ≤ maxSide ≤ 1; got {options.MinSide} and {options.MaxSide}.");
        const double roundOff = 1e-9; // 0.35 · 20 must floor to 7 whatever the last bit says
        int low = Math.Max(1, (int)Math.Floor(options.MinSide * grid + roundOff));
        return (low, Math.Max(low, (int)Math.Floor(options.MaxSide * grid + roundOff)));
    }

    private static (int[] Target, int[] Source) BySaliency(ReadOnlySpan<float> saliency, int[] pairing, int grid, int side)
    {
        int patches = grid * grid;
        if (saliency.Length != pairing.Length * patches)
            throw new ArgumentException($"{pairing.Length} saliency maps of {grid}×{grid} patches are {pairing.Length * patches} numbers; got {saliency.Length}.");
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

    private static int[] Drawn(ulong seed, ulong purpose, int samples, int grid, int side)
    {
        var random = new SeededRandom(Seeds.Mix(seed, purpose));
        int windows = (grid - side + 1) * (grid - side + 1);
        var drawn = new int[samples];
        for (int i = 0; i < samples; i++)
            drawn[i] = random.NextInt(windows);
        return drawn;
    }

    private static (int[] Target, int[] Source) SamePlace(int[] windows) => (windows, [.. windows]);
}
