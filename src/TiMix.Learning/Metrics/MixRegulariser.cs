namespace TiMix.Learning.Metrics;

/// <summary>
/// What mixing adds to the contrastive objective, R = L_mix - H(label): how far predictions for mixed images are from the
/// shares of their labels, a mean divergence, so not negative. Says nothing about mutual information.
/// </summary>
/// <param name="Loss">L_mix, mixed contrastive loss with hard labels, mean of both directions, nats.</param>
/// <param name="LabelEntropy">H(λ) = -λ ln λ - (1-λ) ln(1-λ), nats.</param>
public sealed record MixRegulariser(double Loss, double LabelEntropy)
{
    /// <summary>R, nats.</summary>
    public double Value => Loss - LabelEntropy;

    /// <summary>
    /// Of one block of mixed images against the captions of the same block, hard labels: mixed image i is λ of caption i and
    /// 1-λ of caption π(i), in both directions.
    /// </summary>
    /// <param name="mixed">[n, d], L2-normalised.</param>
    /// <param name="text">[n, d], L2-normalised.</param>
    /// <param name="width">d.</param>
    /// <param name="pairing">[n], π, its own inverse: partners are each other's.</param>
    /// <param name="lambda">λ in [0, 1], of the whole block.</param>
    /// <param name="temperature">τ &gt; 0.</param>
    /// <exception cref="ArgumentException">Lengths that do not fit, a pairing that is not its own inverse, λ or τ out of range.</exception>
    public static MixRegulariser Compute(
        ReadOnlySpan<float> mixed, ReadOnlySpan<float> text, int width, ReadOnlySpan<int> pairing, double lambda, double temperature)
    {
        int count = FeatureMatrix.Rows(mixed, width, "Mixed");
        if (text.Length != mixed.Length || pairing.Length != count)
            throw new ArgumentException($"{count} mixed images need as many captions (got {text.Length / width}) and partners (got {pairing.Length}).");
        if (!(temperature > 0) || !double.IsFinite(temperature))
            throw new ArgumentException($"The temperature must be above 0; got {temperature}.");
        double matching = 0;
        for (int i = 0; i < count; i++)
        {
            int partner = pairing[i];
            if ((uint)partner >= (uint)count || pairing[partner] != i)
                throw new ArgumentException($"Partners must be each other's; {i} has {partner} of {count}.");
            var image = mixed.Slice(i * width, width);
            matching += lambda * FeatureMatrix.Dot(image, text.Slice(i * width, width)) / temperature;
            matching += (1 - lambda) * FeatureMatrix.Dot(image, text.Slice(partner * width, width)) / temperature;
        }

        // Σ over captions of λ·s(j, j) + (1-λ)·s(π(j), j) has the same terms.
        var (rows, columns) = FeatureMatrix.LogPartitions(mixed, text, width, temperature);
        return new MixRegulariser(((rows - matching) + (columns - matching)) / (2 * count), EntropyOf(lambda));
    }

    /// <summary>H(λ) of a hard label, nats.</summary>
    /// <exception cref="ArgumentException">λ is not in [0, 1].</exception>
    public static double EntropyOf(double lambda)
    {
        if (!(lambda >= 0 && lambda <= 1))
            throw new ArgumentException($"λ must lie in [0, 1]; got {lambda}.");
        return -((lambda > 0 ? lambda * Math.Log(lambda) : 0) + (lambda < 1 ? (1 - lambda) * Math.Log(1 - lambda) : 0));
    }
}
