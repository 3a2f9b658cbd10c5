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
