using TiMix.Data.Augmentation;

namespace TiMix.Data.Loading;

/// <summary>Shapes of what a loader makes.</summary>
public sealed record LoaderOptions
{
    /// <summary>S: side of the square pictures, pixels.</summary>
    public required int ImageSize { get; init; }

    /// <summary>L: tokens of a caption with [CLS] and [SEP].</summary>
    public required int ContextLength { get; init; }

    /// <summary>Lp: tokens of a region's phrase with [CLS] and [SEP].</summary>
    public int PhraseLength { get; init; } = 16;

    /// <summary>Most regions taken from one picture.</summary>
    public int RegionsPerImage { get; init; } = 5;

    /// <summary>
    /// Whether samples are questions with answers: a row of tokens is [CLS] question [SEP] answer [SEP], and each epoch takes one
    /// question of a picture and one person's answer to it. Captions are not looked at.
    /// </summary>
    public bool Questions { get; init; }

    /// <summary>How training pictures are varied.</summary>
    public AugmentationOptions Augmentation { get; init; } = new();

    /// <summary>Steps, from the first, in which every picture is also given in a second view, drawn independently of the first. 0: none.</summary>
    public long SecondViewSteps { get; init; }

    /// <summary>A picture of more pixels is refused before it is decoded. 64 Mi by default.</summary>
    public long MaxPixels { get; init; } = 64L << 20;

    /// <summary>Throws a <see cref="DataException"/> that names the first wrong value.</summary>
    public void Validate()
    {
        Require(ImageSize is >= 1 and <= 4096, "imageSize", ImageSize, "from 1 to 4096");
        Require(ContextLength is >= 3 and <= 4096, "contextLength", ContextLength, "from 3 to 4096");
        Require(PhraseLength is >= 3 and <= 4096, "phraseLength", PhraseLength, "from 3 to 4096");
        Require(RegionsPerImage is >= 0 and <= 1024, "regionsPerImage", RegionsPerImage, "from 0 to 1024");
        Require(MaxPixels is >= 1 and <= 1L << 29, "maxPixels", MaxPixels, "from 1 to 512 Mi");
        Require(SecondViewSteps >= 0, "secondViewSteps", SecondViewSteps, "0 or larger");
        Augmentation.Validate();
    }

    private static void Require(bool holds, string key, long value, string right)
    {
        if (!holds)
        {
            throw new DataException(FormattableString.Invariant($"{key} is {value}; it must be {right}."));
        }
    }
}
