using TiMix.Learning.Metrics;
using TiMix.Learning.Mixing;

namespace TiMix.Learning.Steps;

/// <summary>The scheduled numbers of one step.</summary>
/// <param name="Step">Counted from 0.</param>
/// <param name="LearningRate">Of AdamW.</param>
/// <param name="DistillAlpha">Share α of the teacher's soft targets.</param>
/// <param name="MixWeight">Weight γ of the mixed loss.</param>
/// <param name="Mixing">Whether images are mixed at all in this step.</param>
/// <param name="AlignmentWeight">Weight of the patch–text alignment loss.</param>
/// <param name="Labels">Label mode of the mixed loss.</param>
/// <param name="Beta">Share of the hard label in <see cref="MixLabels.Blend"/>.</param>
public sealed record StepSettings(
    long Step,
    double LearningRate,
    double DistillAlpha,
    double MixWeight,
    bool Mixing,
    double AlignmentWeight,
    MixLabels Labels,
    double Beta)
{
    /// <summary>Of AdamW, for the parameters of <c>model.init</c>; null: the same.</summary>
    public double? PretrainedLearningRate { get; init; }

    /// <summary>Seed of the run.</summary>
    public ulong Seed { get; init; }

    /// <summary>Weight of the contrastive loss of clean images.</summary>
    public double ItcWeight { get; init; } = 1;

    /// <summary>What of a text the decoder is given.</summary>
    public PrefixMode Prefix { get; init; }

    /// <summary>Weight of image–text matching; 0: not computed.</summary>
    public double MatchingWeight { get; init; }

    /// <summary>Weight of masked language modelling; 0: not computed.</summary>
    public double MlmWeight { get; init; }

    /// <summary>Chance that a word is hidden.</summary>
    public double MlmShare { get; init; } = 0.15;

    /// <summary>Weight of prefix language modelling; 0: not computed.</summary>
    public double PrefixLmWeight { get; init; }

    /// <summary>Whether words are predicted at all.</summary>
    public bool Language => MlmWeight > 0 || PrefixLmWeight > 0;

    /// <summary>Whether image and text are read together at all.</summary>
    public bool Fusing => MatchingWeight > 0 || Language;
}

/// <summary>Losses of one step over the global batch, in nats.</summary>
/// <param name="Total">Weighted sum that was minimised.</param>
/// <param name="Itc">Image–text contrastive loss.</param>
/// <param name="Mix">Mixed contrastive loss; 0 without mixing.</param>
/// <param name="Alignment">Mean patch–text cross-entropy; 0 without regions.</param>
/// <param name="AlignmentAccuracy">Share of region × patch pairs classified right.</param>
/// <param name="AlignmentRecall">Share of covered pairs classified right.</param>
/// <param name="MixRegulariser">R = Mix less the mean entropy of its labels, not negative; 0 without mixing.</param>
public sealed record StepLosses(
    double Total, double Itc, double Mix, double Alignment, double AlignmentAccuracy, double AlignmentRecall, double MixRegulariser = 0)
{
    /// <summary>Sums over the global batch of the losses on image and text read together.</summary>
    public FusionSums Fusion { get; init; } = FusionSums.None;
}
