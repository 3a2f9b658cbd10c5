namespace TiMix.Learning.Metrics;

/// <summary>The geometry of the features.</summary>
/// <param name="Alignment">E‖v - t‖² over pairs; 0 is perfect, 2 is chance.</param>
/// <param name="ImageUniformity">ln E exp(-2‖v - v'‖²) over different images; lower is more even, 0 is collapse.</param>
/// <param name="TextUniformity">The same for captions.</param>
/// <param name="ModalityGap">‖mean v - mean t‖.</param>
public sealed record RepresentationScores(double Alignment, double ImageUniformity, double TextUniformity, double ModalityGap);

/// <summary>Alignment, uniformity and the gap between the modalities.</summary>
public static class RepresentationMetrics
{
    /// <param name="image">[n, d], L2-normalised, n ≥ 2.</param>
    /// <param name="text">[n, d], L2-normalised, row i belonging to image i.</param>
    /// <param name="width">d.</param>
    /// <exception cref="ArgumentException">Lengths that do not fit, or a single pair.</exception>
    public static RepresentationScores Compute(ReadOnlySpan<float> image, ReadOnlySpan<float> text, int width)
    {
        int count = FeatureMatrix.Rows(image, width, "Image");
        if (image.Length != text.Length || count < 2)
            throw new ArgumentException($"The geometry is of at least two pairs; got {image.Length} and {text.Length} numbers in rows of {width}.");
        double alignment = 0, gap = 0;
        for (int i = 0; i < image.Length; i++)
            alignment += ((double)image[i] - text[i]) * ((double)image[i] - text[i]);
        for (int x = 0; x < width; x++)
        {
            double difference = 0;
            for (int i = x; i < image.Length; i += width)
                difference += (double)image[i] - text[i];
            gap += difference / count * (difference / count);
        }

        return new RepresentationScores(alignment / count, Uniformity(image, count, width), Uniformity(text, count, width), Math.Sqrt(gap));
    }

    /// <summary>‖u - u'‖² = ‖u‖² + ‖u'‖² - 2u·u', over all unordered pairs.</summary>
    private static double Uniformity(ReadOnlySpan<float> features, int count, int width)
    {
        var norms = new double[count];
        for (int i = 0; i < count; i++)
            norms[i] = FeatureMatrix.Dot(features.Slice(i * width, width), features.Slice(i * width, width));
        var scores = new float[count];
        double sum = 0;
        for (int i = 1; i < count; i++)
        {
            FeatureMatrix.Dot(features.Slice(i * width, width), features, scores.AsSpan(0, i));
            for (int j = 0; j < i; j++)
                sum += Math.Exp(-2 * Math.Max(0, norms[i] + norms[j] - 2.0 * scores[j]));
        }

        return Math.Log(sum / (count * (count - 1.0) / 2));
    }
}
