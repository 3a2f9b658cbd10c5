namespace TiMix.Learning.Mixing;

/// <summary>TiMix: the partner's most salient window over the own least salient one; saliency from the patch–text predictor.</summary>
public sealed class TextAwareMix : WindowMethod
{
    /// <inheritdoc/>
    public override string Name => "timix";

    /// <inheritdoc/>
    public override SaliencySource Saliency => SaliencySource.Teacher;

    /// <inheritdoc/>
    protected override (int[] Target, int[] Source) Windows(in MixInput input, int[] pairing, int side) => BySaliency(input, pairing, side);
}
