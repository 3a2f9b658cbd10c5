namespace TiMix.Learning.Steps;

/// <summary>A loss of one micro-batch, or of all of them, before it is divided: sums add up, means do not.</summary>
/// <param name="LossSum">In nats.</param>
/// <param name="Count">What it is divided by.</param>
/// <param name="Correct">How many were right.</param>
public readonly record struct ObjectiveSum(double LossSum, long Count, long Correct)
{
    /// <summary>Mean loss in nats; 0 of nothing.</summary>
    public double Mean => Count == 0 ? 0 : LossSum / Count;

    /// <summary>Share that was right; 0 of nothing.</summary>
    public double Accuracy => Count == 0 ? 0 : Correct / (double)Count;

    /// <summary>The sum over micro-batches, in their order.</summary>
    public static ObjectiveSum Of(IEnumerable<ObjectiveSum> parts) =>
        parts.Aggregate(default(ObjectiveSum), (sum, part) => new ObjectiveSum(sum.LossSum + part.LossSum, sum.Count + part.Count, sum.Correct + part.Correct));
}

/// <summary>The losses on image and text read together. What is switched off stays 0.</summary>
/// <param name="Matching">Image–text matching, three pairs a sample.</param>
/// <param name="Mlm">Masked words.</param>
/// <param name="PrefixLm">Words that are written on.</param>
public sealed record FusionSums(ObjectiveSum Matching, ObjectiveSum Mlm, ObjectiveSum PrefixLm)
{
    /// <summary>All switched off.</summary>
    public static FusionSums None { get; } = new(default, default, default);
}

/// <summary>Gradients of the sums in <see cref="FusionSums"/>: weight / count over the global batch; 0 where there is nothing.</summary>
/// <param name="Matching">Of image–text matching.</param>
/// <param name="Mlm">Of masked words.</param>
/// <param name="PrefixLm">Of words that are written on.</param>
public sealed record FusionScales(double Matching, double Mlm, double PrefixLm)
{
    /// <summary>All switched off.</summary>
    public static FusionScales None { get; } = new(0, 0, 0);
}
