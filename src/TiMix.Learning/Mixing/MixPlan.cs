namespace TiMix.Learning.Mixing;

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
/// <param name="Side">k, the window's side in patches; without windows 0, or a number of the method's own.</param>
/// <param name="Lambda">The share of the target image that stays: 1 - k²/n² with windows, 1 without mixing and for a second pass.</param>
/// <param name="Target">[b], window of the own image that is painted over, index row·(n-k+1)+column; empty without windows.</param>
/// <param name="Source">[b], window of the partner's image that is copied, same indexing; empty without windows.</param>
public sealed record MixPlan(MixMethod Method, int[] Pairing, int Side, float Lambda, int[] Target, int[] Source)
{
    /// <summary>Whether windows are copied (rather than whole images blended, or nothing done).</summary>
    public bool HasWindows => Method is WindowMethod;
}
