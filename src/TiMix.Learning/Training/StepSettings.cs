namespace TiMix.Learning;

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
    double Beta);

/// <summary>Losses of one step over the global batch, in nats.</summary>
/// <param name="Total">Weighted sum that was minimised.</param>
/// <param name="Itc">Image–text contrastive loss.</param>
/// <param name="Mix">Mixed contrastive loss; 0 without mixing.</param>
/// <param name="Alignment">Mean patch–text cross-entropy; 0 without regions.</param>
/// <param name="AlignmentAccuracy">Share of region × patch pairs classified right.</param>
/// <param name="AlignmentRecall">Share of covered pairs classified right.</param>
/// <param name="MixRegulariser">R = Mix less the mean entropy of its labels, not negative; 0 without mixing.</param>
public sealed record StepLosses(
    double Total, double Itc, double Mix, double Alignment, double AlignmentAccuracy, double AlignmentRecall, double MixRegulariser = 0);
