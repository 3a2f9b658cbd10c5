namespace TiMix.Learning.Metrics;

/// <summary>
/// Whether a mixed image is taken for its two captions in the shares of their areas: the line through
/// p(target) / (p(target) + p(source)) over λ, by least squares. A model that knows the shares has slope 1 and intercept 0;
/// one that decides for either has a slope above 1, one that sees no difference a slope of 0.
/// </summary>
/// <param name="Slope">Of the line.</param>
/// <param name="Intercept">Of the line at λ = 0.</param>
/// <param name="Images">Mixed images that it was laid through.</param>
public sealed record LambdaCalibration(double Slope, double Intercept, int Images)
{
    /// <summary>
    /// p(target) / (p(target) + p(source)) of each mixed image; p is the softmax over any set of captions with both in it,
    /// whose sum cancels out.
    /// </summary>
    /// <param name="mixed">[n, d], L2-normalised.</param>
    /// <param name="text">[n, d], L2-normalised; row i is the target's caption of mixed image i.</param>
    /// <param name="width">d.</param>
    /// <param name="pairing">[n], row of the source's caption.</param>
    /// <param name="temperature">τ &gt; 0.</param>
    /// <exception cref="ArgumentException">Lengths that do not fit, a partner that is not there, τ out of range.</exception>
    public static double[] Shares(ReadOnlySpan<float> mixed, ReadOnlySpan<float> text, int width, ReadOnlySpan<int> pairing, double temperature)
    {
        int count = FeatureMatrix.Rows(mixed, width, "Mixed");
        if (text.Length != mixed.Length || pairing.Length != count)
            throw new ArgumentException($"{count} mixed images need as many captions (got {text.Length / width}) and partners (got {pairing.Length}).");
        if (!(temperature > 0) || !double.IsFinite(temperature))
            throw new ArgumentException($"The temperature must be above 0; got {temperature}.");
        var shares = new double[count];
        for (int i = 0; i < count; i++)
        {
            if ((uint)pairing[i] >= (uint)count)
                throw new ArgumentException($"Mixed image {i} has partner {pairing[i]} of {count}.");
            var image = mixed.Slice(i * width, width);
            double difference = (double)FeatureMatrix.Dot(image, text.Slice(pairing[i] * width, width)) - FeatureMatrix.Dot(
                image, text.Slice(i * width, width));
            shares[i] = 1 / (1 + Math.Exp(difference / temperature));
        }

        return shares;
    }

    /// <summary>The line through shares over λ; null where all λ are the same, and no line is better than another.</summary>
    /// <param name="lambda">[n].</param>
    /// <param name="share">[n].</param>
    /// <exception cref="ArgumentException">Lengths that do not fit.</exception>
    public static LambdaCalibration? Fit(ReadOnlySpan<double> lambda, ReadOnlySpan<double> share)
    {
        if (lambda.Length != share.Length)
            throw new ArgumentException($"{lambda.Length} λ and {share.Length} shares; they must be as many.");
        double meanLambda = 0, meanShare = 0;
        for (int i = 0; i < lambda.Length; i++)
        {
            meanLambda += lambda[i] / lambda.Length;
            meanShare += share[i] / lambda.Length;
        }

        double variance = 0, covariance = 0;
        for (int i = 0; i < lambda.Length; i++)
        {
            variance += (lambda[i] - meanLambda) * (lambda[i] - meanLambda);
            covariance += (lambda[i] - meanLambda) * (share[i] - meanShare);
        }

        if (!(variance > 1e-12 * lambda.Length))
            return null;
        double slope = covariance / variance;
        return new LambdaCalibration(slope, meanShare - slope * meanLambda, lambda.Length);
    }
}
