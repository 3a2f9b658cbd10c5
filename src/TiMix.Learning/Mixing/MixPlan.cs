namespace TiMix.Learning.Mixing;

/// <summary>How the second image of a pair gets into the first: TiMix and the baselines it is compared with.</summary>
public enum MixMethod
{
    /// <summary>No mixing: plain contrastive learning.</summary>
    None,

    /// <summary>Whole images blended, λx + (1 - λ)x[π], λ ~ Beta(1, 1), that is, uniform on [0, 1).</summary>
    Mixup,

    /// <summary>A window at a random place, copied from the same place of the partner.</summary>
    CutMix,

    /// <summary>TiMix without the text: same side, pairing and labels, both windows drawn at random.</summary>
    RandomWindow,

    /// <summary>The partner's most salient window over the own least salient one; saliency from the patch–text predictor.</summary>
    TiMix,

    /// <summary>As <see cref="TiMix"/>, with saliency from the true boxes (<see cref="OracleSaliency"/>).</summary>
    Oracle,

    /// <summary>
    /// No mixing, but the work of it: a second, independently augmented view of each clean image in the mixed one's place, with
    /// its own caption alone. What a second pass through the image encoder is worth without mixing.
    /// </summary>
    SecondPass,
}

/// <summary>What a mixed image is labelled with; the formulas are in <see cref="MixTargets"/>.</summary>
public enum MixLabels
{
    /// <summary>λ for the own caption, 1 - λ for the partner's.</summary>
    Hard,

    /// <summary>The student's own predictions for the two clean images, weighted by area, gradient stopped.</summary>
    Self,

    /// <summary>β·hard + (1 - β)·self.</summary>
    Blend,
}

/// <summary>Bounds of the window's side, as shares of the patches a side.</summary>
/// <param name="MinSide">In (0, 1].</param>
/// <param name="MaxSide">In [MinSide, 1].</param>
public sealed record MixOptions(double MinSide = 0.35, double MaxSide = 0.75);

/// <summary>
/// All that decides how one micro-batch is mixed. A small value: pixels (<see cref="MixApply"/>) and labels
/// (<see cref="MixTargets"/>) both come from it, so they cannot disagree.
/// </summary>
/// <param name="Method">How to mix.</param>
/// <param name="Pairing">[b], the partner of each sample inside the micro-batch; a permutation.</param>
/// <param name="Side">k, the window's side in patches; 0 when the method has no windows.</param>
/// <param name="Lambda">The share of the target image that stays: 1 - k²/n² with windows, 1 without mixing and for a second pass.</param>
/// <param name="Target">[b], window of the own image that is painted over, index row·(n-k+1)+column; empty without windows.</param>
/// <param name="Source">[b], window of the partner's image that is copied, same indexing; empty without windows.</param>
public sealed record MixPlan(MixMethod Method, int[] Pairing, int Side, float Lambda, int[] Target, int[] Source)
{
    /// <summary>Whether the method copies windows (rather than blending whole images or doing nothing).</summary>
    public bool HasWindows => Method is not (MixMethod.None or MixMethod.Mixup or MixMethod.SecondPass);
}
