using System.Runtime.InteropServices;
using TiMix.Learning.Model;
using TorchSharp;
using static TorchSharp.torch;

namespace TiMix.Learning.Mixing;

/// <summary>Makes the mixed images that a plan describes.</summary>
public static class MixApply
{
    /// <summary>Pixels as the plan's method mixes them.</summary>
    /// <param name="plan">Of this micro-batch.</param>
    /// <param name="pixels">float [b, 3, S, S], normalised; left as it is.</param>
    /// <param name="patchSize">p, pixels a side; divides S.</param>
    /// <returns>A new tensor of the same shape, type and device.</returns>
    /// <exception cref="ArgumentException">A plan that does not fit the pixels.</exception>
    public static Tensor Apply(MixPlan plan, Tensor pixels, int patchSize)
    {
        Check(plan, pixels, patchSize);
        return plan.Method.Apply(plan, pixels, patchSize);
    }

    private static void Check(MixPlan plan, Tensor pixels, int patchSize)
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
            return;
        if (plan.Side < 1 || plan.Side > grid)
            throw new ArgumentException($"A window of {plan.Side} patches a side does not fit a grid of {grid}.");
        if (plan.Target.Length != samples || plan.Source.Length != samples)
            throw new ArgumentException($"{samples} samples need as many windows; the plan has {plan.Target.Length} targets and {plan.Source.Length} sources.");
        int windows = (grid - plan.Side + 1) * (grid - plan.Side + 1);
        for (int i = 0; i < samples; i++)
            if ((uint)plan.Target[i] >= (uint)windows || (uint)plan.Source[i] >= (uint)windows)
                throw new ArgumentException(
                    $"Sample {i}: windows {plan.Target[i]} and {plan.Source[i]} are not both among the {windows} of a grid of {grid} with side {plan.Side}.");
    }
}
