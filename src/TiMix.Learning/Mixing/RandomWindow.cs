namespace TiMix.Learning.Mixing;

/// <summary>TiMix without the text: same side, pairing and labels, both windows drawn at random.</summary>
public sealed class RandomWindow : WindowMethod
{
    /// <inheritdoc/>
    public override string Name => "random-window";

    /// <inheritdoc/>
    protected override (int[] Target, int[] Source) Windows(in MixInput input, int[] pairing, int side) =>
        (Drawn(input, MixDraws.Target, side), Drawn(input, MixDraws.Source, side));
}
