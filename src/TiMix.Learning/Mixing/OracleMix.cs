namespace TiMix.Learning.Mixing;

/// <summary>As <see cref="TextAwareMix"/>, with saliency from the true boxes (<see cref="OracleSaliency"/>).</summary>
public sealed class OracleMix : WindowMethod
{
    /// <inheritdoc/>
    public override string Name => "oracle";

    /// <inheritdoc/>
    public override string Remark => "saliency of the true boxes";

    /// <inheritdoc/>
    public override SaliencySource Saliency => SaliencySource.Boxes;

    /// <inheritdoc/>
    protected override (int[] Target, int[] Source) Windows(in MixInput input, int[] pairing, int side) => BySaliency(input, pairing, side);
}
