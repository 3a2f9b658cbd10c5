namespace TiMix.Learning.Metrics;

/// <summary>A lower bound of the mutual information between images and captions.</summary>
/// <param name="Samples">N, the number of candidates a block.</param>
/// <param name="Blocks">How many consecutive blocks of N the mean is over.</param>
/// <param name="Nats">Î = ln N - L_NCE; at most ln N.</param>
/// <param name="Fraction">Î / ln N; at most 1.</param>
public sealed record MutualInformationBound(int Samples, int Blocks, double Nats, double Fraction);

/// <summary>
/// What contrastive learning maximises (InfoNCE), measured on clean, held-out pairs with one-hot labels. A mixed batch
/// gives no valid bound and must never be put in here.
/// </summary>
public static class MutualInformation
{
    /// <summary>
    /// Î = ln N - L_NCE at several N, L_NCE being the mean of both directions over the consecutive, complete blocks of N
    /// pairs (what is left at the end is not used). An N larger than the number of pairs is left out.
    /// </summary>
    /// <param name="image">[n, d], L2-normalised.</param>
    /// <param name="text">[n, d], L2-normalised, row i belonging to image i.</param>
    /// <param name="width">d.</param>
    /// <param name="temperature">τ &gt; 0.</param>
    /// <param name="sizes">The N, each at least 2; usually 64, 256, 1000.</param>
    /// <exception cref="ArgumentException">Lengths that do not fit, a temperature or an N out of range.</exception>
    public static MutualInformationBound[] Estimate(
        ReadOnlySpan<float> image, ReadOnlySpan<float> text, int width, double temperature, params ReadOnlySpan<int> sizes)
    {
        int count = FeatureMatrix.Rows(image, width, "Image");
        if (image.Length != text.Length)
            throw new ArgumentException($"Images and captions come in pairs; got {image.Length} and {text.Length} numbers.");
        if (!(temperature > 0) || !double.IsFinite(temperature))
            throw new ArgumentException($"The temperature must be above 0; got {temperature}.");
        var bounds = new List<MutualInformationBound>();
        foreach (int size in sizes)
        {
            if (size < 2)
                throw new ArgumentException($"A bound needs at least 2 candidates; got {size}.");
            int blocks = count / size, block = size * width;
            if (blocks == 0)
                continue;
            double loss = 0;
            for (int b = 0; b < blocks; b++)
                loss += Loss(image.Slice(b * block, block), text.Slice(b * block, block), width, temperature);
            double nats = Math.Log(size) - loss / blocks;
            bounds.Add(new MutualInformationBound(size, blocks, nats, nats / Math.Log(size)));
        }

        return [.. bounds];
    }

    /// <summary>InfoNCE of one block, mean of both directions, nats, summed in double.</summary>
    private static double Loss(ReadOnlySpan<float> image, ReadOnlySpan<float> text, int width, double temperature)
    {
        int size = image.Length / width;
        double matching = 0;
        for (int i = 0; i < size; i++)
            matching += FeatureMatrix.Dot(image.Slice(i * width, width), text.Slice(i * width, width)) / temperature;
        var (rows, columns) = FeatureMatrix.LogPartitions(image, text, width, temperature);
        return ((rows - matching) + (columns - matching)) / (2 * size);
    }
}
