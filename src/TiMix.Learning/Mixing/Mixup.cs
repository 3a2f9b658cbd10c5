using TiMix.Base;
using TorchSharp;
using static TorchSharp.torch;

namespace TiMix.Learning.Mixing;

/// <summary>Whole images blended, λx + (1 - λ)x[π], λ ~ Beta(1, 1), that is, uniform on [0, 1).</summary>
public sealed class Mixup : MixMethod
{
    /// <inheritdoc/>
    public override string Name => "mixup";

    /// <inheritdoc/>
    public override MixPlan Plan(in MixInput input)
    {
        var random = new SeededRandom(Seeds.Mix(input.Seed, MixDraws.Share));
        return new MixPlan(this, input.Pairs(), 0, (float)random.NextDouble(), [], []);
    }

    /// <inheritdoc/>
    public override Tensor Apply(MixPlan plan, Tensor pixels, int patchSize)
    {
        using var scope = NewDisposeScope();
        var partners = pixels.index_select(0, tensor(plan.Pairing, dtype: ScalarType.Int64, device: pixels.device));
        return ((pixels * plan.Lambda) + (partners * (1 - plan.Lambda))).MoveToOuterDisposeScope();
    }
}
