namespace TiMix.Learning.Mixing;

/// <summary>
/// Decides how a micro-batch is mixed (text-aware mixing, arXiv 2312.08846): which image with which, how large a window,
/// from where to where. A pure function of the saliency maps and the seed; no torch.
/// </summary>
public static class MixPlanner
{
    /// <summary>The method's plan.</summary>
    /// <param name="method">How to mix.</param>
    /// <param name="saliency">[b, n, n], any monotone scale that may be summed (log p); may be empty for a method that asks for none.</param>
    /// <param name="samples">b, even where images are mixed in pairs.</param>
    /// <param name="grid">n, patches a side.</param>
    /// <param name="seed">Of this step and micro-batch.</param>
    /// <param name="options">Bounds of the side; null: the defaults.</param>
    /// <exception cref="ArgumentException">An odd b, a map of the wrong size or with a value that is not finite, bounds outside (0, 1].</exception>
    public static MixPlan Plan(MixMethod method, ReadOnlySpan<float> saliency, int samples, int grid, ulong seed, MixOptions? options = null)
    {
        if (samples < 1 || grid < 1)
            throw new ArgumentException($"A plan needs samples and patches; got {samples} samples and a grid of {grid}.");
        return method.Plan(new MixInput { Samples = samples, Grid = grid, Seed = seed, Saliency = saliency, Options = options ?? new MixOptions() });
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
}
