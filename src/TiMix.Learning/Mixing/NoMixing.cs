using static TorchSharp.torch;

namespace TiMix.Learning.Mixing;

/// <summary>No mixing: plain contrastive learning.</summary>
public sealed class NoMixing : MixMethod
{
    /// <inheritdoc/>
    public override string Name => "none";

    /// <inheritdoc/>
    public override bool Mixes => false;

    /// <inheritdoc/>
    public override MixPlan Plan(in MixInput input) => input.Unmixed(this);

    /// <inheritdoc/>
    public override Tensor Apply(MixPlan plan, Tensor pixels, int patchSize) => pixels.clone();
}
