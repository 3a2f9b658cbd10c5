using TiMix.Base;
using TorchSharp;
using static TorchSharp.torch;

namespace TiMix.Learning.Mixing;

/// <summary>The left of the own image beside the right of the partner's; how many columns of patches are the partner's is drawn.</summary>
public sealed class SideBySide : MixMethod
{
    /// <inheritdoc/>
    public override string Name => "side-by-side";

    /// <inheritdoc/>
    public override MixPlan Plan(in MixInput input)
    {
        var (low, high) = MixPlanner.Sides(input.Options, input.Grid);
        var random = new SeededRandom(Seeds.Mix(input.Seed, MixDraws.Share));
        var columns = low + random.NextInt(high - low + 1);
        return new MixPlan(this, input.Pairs(), columns, 1 - ((float)columns / input.Grid), [], []);
    }

    /// <inheritdoc/>
    public override Tensor Apply(MixPlan plan, Tensor pixels, int patchSize)
    {
        using var scope = NewDisposeScope();
        var partners = pixels.index_select(0, tensor(plan.Pairing, dtype: ScalarType.Int64, device: pixels.device));
        var (size, width) = (pixels.size(3), plan.Side * patchSize);
        return cat([pixels.narrow(3, 0, size - width), partners.narrow(3, size - width, width)], 3).MoveToOuterDisposeScope();
    }
}
