namespace TiMix.Learning;

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

    /// <summary>
    /// The regulariser that mixing adds, R = L_mix - mean H(λ), H(λ) = -λ ln λ - (1-λ) ln(1-λ); not negative for hard
    /// labels.
    /// </summary>
    /// <param name="mixLoss">Mixed contrastive loss with hard labels, nats.</param>
    /// <param name="lambda">λ of each mixed image, in [0, 1].</param>
    public static double Regulariser(double mixLoss, ReadOnlySpan<float> lambda)
    {
        double entropy = 0;
        foreach (double share in lambda)
        {
            if (!(share >= 0 && share <= 1))
                throw new ArgumentException($"λ must lie in [0, 1]; got {share}.");
            entropy -= (share > 0 ? share * Math.Log(share) : 0) + (share < 1 ? (1 - share) * Math.Log(1 - share) : 0);
        }

        return mixLoss - entropy / Math.Max(1, lambda.Length);
    }

    /// <summary>InfoNCE of one block, mean of both directions, nats, summed in double.</summary>
    private static double Loss(ReadOnlySpan<float> image, ReadOnlySpan<float> text, int width, double temperature)
    {
        int size = image.Length / width;
        var scores = new float[size];
        var columnMax = new double[size];
        var columnSum = new double[size];
        Array.Fill(columnMax, double.NegativeInfinity);
        double matching = 0, partition = 0;
        for (int i = 0; i < size; i++)
        {
            FeatureMatrix.Dot(image.Slice(i * width, width), text, scores);
            double max = double.NegativeInfinity;
            foreach (float score in scores)
                max = Math.Max(max, score / temperature);
            double sum = 0;
            for (int j = 0; j < size; j++)
            {
                double logit = scores[j] / temperature;
                sum += Math.Exp(logit - max);
                if (logit > columnMax[j])
                {
                    columnSum[j] *= Math.Exp(columnMax[j] - logit);
                    columnMax[j] = logit;
                }

                columnSum[j] += Math.Exp(logit - columnMax[j]);
            }

            partition += max + Math.Log(sum);
            matching += scores[i] / temperature;
        }

        double columns = 0;
        for (int j = 0; j < size; j++)
            columns += columnMax[j] + Math.Log(columnSum[j]);
        return ((partition - matching) + (columns - matching)) / (2 * size);
    }
}
