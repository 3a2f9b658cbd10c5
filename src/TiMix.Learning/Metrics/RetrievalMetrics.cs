namespace TiMix.Learning;

/// <summary>
/// Retrieval over a whole split. Recalls (how many ranks are at most 1, 5, 10) in percent, 0…100; ranks from 1.
/// MeanRecall is the mean of the six recalls, MedianRank the mean of the two directions' median ranks.
/// </summary>
public sealed record RetrievalScores(
    double ImageToTextR1, double ImageToTextR5, double ImageToTextR10,
    double TextToImageR1, double TextToImageR5, double TextToImageR10,
    double MeanRecall, double MedianRank);

/// <summary>Image–text retrieval by cosine.</summary>
public static class RetrievalMetrics
{
    /// <summary>
    /// Image→text rank = that of the best of the image's captions among all captions of other images; text→image rank =
    /// that of its image among all images. Equal scores count against the answer (a model that gives the same feature to
    /// everything ranks last, not first), and so does a score that is not a number.
    /// </summary>
    /// <param name="image">[n, d], L2-normalised.</param>
    /// <param name="text">[m, d], L2-normalised.</param>
    /// <param name="width">d.</param>
    /// <param name="imageOfText">[m], the image each caption belongs to, each image having at least one; null: caption i belongs to image i.</param>
    /// <exception cref="ArgumentException">Lengths that do not fit.</exception>
    public static RetrievalScores Compute(ReadOnlySpan<float> image, ReadOnlySpan<float> text, int width, int[]? imageOfText = null)
    {
        var (imageRanks, textRanks) = Ranks(image, text, width, imageOfText);
        double[] recalls =
        [
            Recall(imageRanks, 1), Recall(imageRanks, 5), Recall(imageRanks, 10),
            Recall(textRanks, 1), Recall(textRanks, 5), Recall(textRanks, 10),
        ];
        return new RetrievalScores(
            recalls[0], recalls[1], recalls[2], recalls[3], recalls[4], recalls[5],
            recalls.Average(), (Median(imageRanks) + Median(textRanks)) / 2);
    }

    /// <summary>Ranks from 1 of each image's best caption and of each caption's image; see <see cref="Compute"/>.</summary>
    public static (int[] ImageToText, int[] TextToImage) Ranks(ReadOnlySpan<float> image, ReadOnlySpan<float> text, int width, int[]? imageOfText = null)
    {
        int images = FeatureMatrix.Rows(image, width, "Image"), texts = FeatureMatrix.Rows(text, width, "Text");
        imageOfText ??= images == texts
            ? [.. Enumerable.Range(0, texts)]
            : throw new ArgumentException($"{images} images and {texts} captions: say which image each caption belongs to.");
        if (imageOfText.Length != texts)
            throw new ArgumentException($"{texts} captions need as many image indices; got {imageOfText.Length}.");

        var best = new float[images];
        Array.Fill(best, float.NaN);
        var own = new float[texts];
        for (int j = 0; j < texts; j++)
        {
            int i = imageOfText[j];
            if ((uint)i >= (uint)images)
                throw new ArgumentException($"Caption {j} belongs to image {i} of {images}.");
            own[j] = FeatureMatrix.Dot(image.Slice(i * width, width), text.Slice(j * width, width));
            best[i] = float.IsNaN(best[i]) ? own[j] : MathF.Max(best[i], own[j]);
        }

        var imageRanks = new int[images];
        var textRanks = new int[texts];
        Array.Fill(imageRanks, 1);
        Array.Fill(textRanks, 1);
        var scores = new float[texts];
        for (int i = 0; i < images; i++)
        {
            FeatureMatrix.Dot(image.Slice(i * width, width), text, scores);
            for (int j = 0; j < texts; j++)
            {
                if (imageOfText[j] == i)
                    continue;
                imageRanks[i] += scores[j] < best[i] ? 0 : 1;
                textRanks[j] += scores[j] < own[j] ? 0 : 1;
            }
        }

        return (imageRanks, textRanks);
    }

    private static double Recall(int[] ranks, int at) => 100.0 * ranks.Count(rank => rank <= at) / ranks.Length;

    private static double Median(int[] ranks)
    {
        int[] sorted = [.. ranks.Order()];
        int middle = sorted.Length / 2;
        return sorted.Length % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2.0;
    }
}
