using TiMix.Base;

namespace TiMix.Learning.Steps;

/// <summary>Losses of one step over the global batch.</summary>
/// <param name="Total">Weighted sum that was minimised, nats.</param>
/// <param name="Values">What is reported, by name: losses in nats, shares that were right. What is switched off is 0.</param>
/// <param name="Sums">What the means of objectives are made of, by their names.</param>
public sealed record StepLosses(double Total, Named<double> Values, Named<ObjectiveSum> Sums)
{
    /// <summary>The value of that name.</summary>
    public double this[string name] => Values[name];
}
