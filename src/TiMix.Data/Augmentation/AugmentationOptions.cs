namespace TiMix.Data.Augmentation;

/// <summary>
/// How a training picture is varied. With <see cref="MaxShift"/> 0: a random crop is resized to S×S.
/// With <see cref="MaxShift"/> above 0: the whole picture is resized to S×S and shifted; nothing is cropped.
/// Both are followed by the flip and by RandAugment.
/// </summary>
public sealed record AugmentationOptions
{
    /// <summary>
    /// Smallest share of the picture's area that a crop takes, above 0, at most 1. Ratio of sides 3:4 to 4:3. Not used with <see cref="MaxShift"/>.
    /// </summary>
    public double MinScale { get; init; } = 0.2;

    /// <summary>Probability of a left–right flip, 0 to 1. A sample whose words say left or right is never flipped.</summary>
    public double Flip { get; init; } = 0.5;

    /// <summary>How many RandAugment operations are drawn for a picture; each is applied with probability one half. 0 turns it off.</summary>
    public int RandAugmentOps { get; init; } = 2;

    /// <summary>Strength of the RandAugment operations, 0 to 10.</summary>
    public int RandAugmentMagnitude { get; init; } = 7;

    /// <summary>Largest shift in pixels of the resized picture, each way; the edge is repeated. 0 means random crops.</summary>
    public int MaxShift { get; init; }

    /// <summary>Nothing is varied: the whole picture, resized.</summary>
    public static AugmentationOptions Off { get; } = new() { MinScale = 1, Flip = 0, RandAugmentOps = 0 };

    /// <summary>Throws a <see cref="DataException"/> that names the first wrong value.</summary>
    public void Validate()
    {
        Require(MinScale is > 0 and <= 1, "minScale", MinScale, "above 0 and at most 1");
        Require(Flip is >= 0 and <= 1, "flip", Flip, "from 0 to 1");
        Require(RandAugmentOps is >= 0 and <= 16, "randAugmentOps", RandAugmentOps, "from 0 to 16");
        Require(RandAugmentMagnitude is >= 0 and <= 10, "randAugmentMagnitude", RandAugmentMagnitude, "from 0 to 10");
        Require(MaxShift is >= 0 and <= 4096, "maxShift", MaxShift, "from 0 to 4096 pixels");
    }

    private static void Require(bool holds, string key, object value, string right)
    {
        if (!holds)
        {
            throw new DataException(FormattableString.Invariant($"augmentation.{key} is {value}; it must be {right}."));
        }
    }
}
