using TiMix.Base;

namespace TiMix.Data.Loading;

/// <summary>A micro-batch, ready for the encoders. b = samples, S = image size, L = context length, R = regions of all samples, Lp = phrase length.</summary>
public sealed record LoadedBatch
{
    /// <summary>Epoch that the samples belong to, from 0. 0 for evaluation.</summary>
    public required int Epoch { get; init; }

    /// <summary>[b] samples that are in the batch (after replacement), as indices of the shard index.</summary>
    public required int[] SampleIndices { get; init; }

    /// <summary>[b] samples as drawn by the epoch's order; a broken one keeps its place here. Empty for evaluation.</summary>
    public int[] DrawnIndices { get; init; } = [];

    /// <summary>[b] captions, cleaned: for training the one of this epoch, for evaluation the first of each picture.</summary>
    public required string[] Captions { get; init; }

    /// <summary>uint8 [b, 3, S, S], planar RGB.</summary>
    public required byte[] Pixels { get; init; }

    /// <summary>uint8 [b, 3, S, S], second views of the same pictures; empty where none are asked for.</summary>
    public byte[] SecondPixels { get; init; } = [];

    /// <summary>[b, L] token ids: [CLS] … [SEP], padded.</summary>
    public required int[] Tokens { get; init; }

    /// <summary>[C, L] token ids of all captions of all pictures, picture by picture, in stored order. Empty for training.</summary>
    public int[] CaptionTokens { get; init; } = [];

    /// <summary>[C] sample that a caption belongs to, 0 to b-1, ascending; every sample has one at least. Empty for training.</summary>
    public int[] CaptionOwner { get; init; } = [];

    /// <summary>[C] captions of <see cref="CaptionTokens"/>, cleaned. Empty for training.</summary>
    public string[] CaptionTexts { get; init; } = [];

    /// <summary>[Q, L] token ids of all questions of all pictures, [CLS] question [SEP], in stored order. Empty for training and without questions.</summary>
    public int[] QuestionTokens { get; init; } = [];

    /// <summary>[Q] sample that a question belongs to, 0 to b-1, ascending.</summary>
    public int[] QuestionOwner { get; init; } = [];

    /// <summary>[Q] what people answered to each question, as written.</summary>
    public IReadOnlyList<string>[] QuestionAnswers { get; init; } = [];

    /// <summary>[R] sample that a region belongs to, 0 to b-1, ascending.</summary>
    public required int[] RegionOwner { get; init; }

    /// <summary>[R, 4] x, y, width, height in pixels of the augmented picture.</summary>
    public required float[] RegionBoxes { get; init; }

    /// <summary>[R, Lp] token ids of the phrases.</summary>
    public required int[] RegionPhrases { get; init; }

    /// <summary>[R] 1 when the cleaned phrase occurs, word for word, in the caption of <see cref="Captions"/>.</summary>
    public required byte[] RegionInCaption { get; init; }

    /// <summary>Samples that could not be used, and what stands in their place.</summary>
    public required IReadOnlyList<Replacement> Replacements { get; init; }
}
