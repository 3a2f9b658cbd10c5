namespace TiMix.Learning.Mixing;

/// <summary>A window at a random place, copied from the same place of the partner.</summary>
public sealed class CutMix : WindowMethod
{
    /// <inheritdoc/>
    public override string Name => "cutmix";

    /// <inheritdoc/>
    protected override (int[] Target, int[] Source) Windows(in MixInput input, int[] pairing, int side)
    {
        var places = Drawn(input, MixDraws.Target, side);
        return (places, [.. places]);
    }
}
