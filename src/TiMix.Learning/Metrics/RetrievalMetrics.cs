namespace TiMix.Learning.Metrics;

/// <summary>
/// Retrieval over a whole split. Recalls (how many ranks are at most 1, 5, 10) in percent, 0…100; ranks from 1.
/// MeanRecall is the mean of the six recalls, MedianRank the mean of the two directions' median ranks.
/// </summary>
public sealed record RetrievalScores(
    double ImageToTextR1, double ImageToTextR5, double ImageToTextR10,
    double TextToImageR1, double TextToImageR5, double TextToImageR10,
    double MeanRecall, double MedianRank);

/// <summary>
/// Image–text retrieval by cosine, block by block: besides the features it takes a few numbers a query, never the matrix
/// of all scores. The best candidates of each query, to be scored anew, are <see cref="RetrievalCandidates"/>.
/// </summary>
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
        return Summarise(imageRanks, textRanks);
    }

    /// <summary>Recalls, their mean and the median rank, of ranks by cosine or of ranks after re-ranking.</summary>
    /// <param name="imageToText">[n], from 1.</param>
    /// <param name="textToImage">[m], from 1.</param>
    public static RetrievalScores Summarise(int[] imageToText, int[] textToImage)
    {
        double[] recalls =
        [
            Recall(imageToText, 1), Recall(imageToText, 5), Recall(imageToText, 10),
            Recall(textToImage, 1), Recall(textToImage, 5), Recall(textToImage, 10),
        ];
        return new RetrievalScores(
            recalls[0], recalls[1], recalls[2], recalls[3], recalls[4], recalls[5],
            recalls.Average(), (Median(imageToText) + Median(textToImage)) / 2);
    }

    /// <summary>Ranks from 1 of each image's best caption and of each caption's image; see <see cref="Compute"/>.</summary>
    public static (int[] ImageToText, int[] TextToImage) Ranks(ReadOnlySpan<float> image, ReadOnlySpan<float> text, int width, int[]? imageOfText = null)
    {
        int images = FeatureMatrix.Rows(image, width, "Image"), texts = FeatureMatrix.Rows(text, width, "Text");
        int[] owner = Owners(images, texts, imageOfText);
        var best = new float[images];
        Array.Fill(best, float.NaN);
        var own = new float[texts];
        for (int j = 0; j < texts; j++)
        {
            int i = owner[j];
            own[j] = FeatureMatrix.Dot(image.Slice(i * width, width), text.Slice(j * width, width));
            best[i] = float.IsNaN(best[i]) ? own[j] : MathF.Max(best[i], own[j]);
        }

        var imageRanks = new int[images];
        var textRanks = new int[texts];
        Array.Fill(imageRanks, 1);
        Array.Fill(textRanks, 1);
        int block = FeatureMatrix.BlockRows(width);
        var scores = new float[Math.Min(block, texts)];
        for (int first = 0; first < texts; first += block)
        {
            int count = Math.Min(block, texts - first);
            for (int i = 0; i < images; i++)
            {
                FeatureMatrix.Dot(image.Slice(i * width, width), text.Slice(first * width, count * width), scores.AsSpan(0, count));
                for (int j = 0; j < count; j++)
                {
                    if (owner[first + j] == i)
                        continue;
                    imageRanks[i] += scores[j] < best[i] ? 0 : 1;
                    textRanks[first + j] += scores[j] < own[first + j] ? 0 : 1;
                }
            }
        }

        return (imageRanks, textRanks);
    }

    /// <summary>The owners as given, checked; or one caption an image.</summary>
    internal static int[] Owners(int images, int texts, int[]? imageOfText)
    {
        if (imageOfText is null)
            return images == texts
                ? [.. Enumerable.Range(0, texts)]
                : throw new ArgumentException($"{images} images and {texts} captions: say which image each caption belongs to.");
        if (imageOfText.Length != texts)
            throw new ArgumentException($"{texts} captions need as many image indices; got {imageOfText.Length}.");
        for (int j = 0; j < texts; j++)
            if ((uint)imageOfText[j] >= (uint)images)
                throw new ArgumentException($"Caption {j} belongs to image {imageOfText[j]} of {images}.");
        return imageOfText;
    }

    private static double Recall(int[] ranks, int at) => 100.0 * ranks.Count(rank => rank <= at) / ranks.Length;

    private static double Median(int[] ranks)
    {
        int[] sorted = [.. ranks.Order()];
        int middle = sorted.Length / 2;
        return sorted.Length % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2.0;
    }
}
