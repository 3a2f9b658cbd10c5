using static TorchSharp.torch;

namespace TiMix.Learning.Mixing;

/// <summary>
/// No mixing, but the work of it: a second, independently augmented view of each clean image in the mixed one's place, with
/// its own caption alone. What a second pass through the image encoder is worth without mixing.
/// </summary>
public sealed class SecondPass : MixMethod
{
    /// <inheritdoc/>
    public override string Name => "second-pass";

    /// <inheritdoc/>
    public override string Remark => "a second clean view of each picture in the mixed one's place: the work of mixing without the mixing";

    /// <inheritdoc/>
    public override bool SecondView => true;

    /// <inheritdoc/>
    public override MixPlan Plan(in MixInput input) => input.Unmixed(this);

    /// <summary>A copy: the second view is not made of these pixels.</summary>
    public override Tensor Apply(MixPlan plan, Tensor pixels, int patchSize) => pixels.clone();
}
