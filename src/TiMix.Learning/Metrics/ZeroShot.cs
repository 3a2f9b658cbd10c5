namespace TiMix.Learning.Metrics;

/// <summary>Accuracy of classifying without training: how often the true class is the first, or among the first five. In percent, 0…100.</summary>
/// <param name="Top1">Over all images.</param>
/// <param name="Top5">Over all images; with fewer than five classes, among all of them.</param>
/// <param name="Classes">[classes], Top1 over the images of each class; NaN for one without images.</param>
/// <param name="Images">[classes], images of each class.</param>
public sealed record ZeroShotScores(double Top1, double Top5, double[] Classes, int[] Images);

/// <summary>One class that an image may show.</summary>
/// <param name="Class">Index of the class.</param>
/// <param name="Probability">Softmax over all classes at the model's temperature.</param>
public sealed record ClassGuess(int Class, double Probability);

/// <summary>Classification by words alone: an image shows the class whose prompts lie nearest (CLIP, arXiv 2103.00020, section 3.1.4).</summary>
public static class ZeroShot
{
    /// <summary>The normalised mean of each class's prompt features.</summary>
    /// <param name="prompts">[classes, templates, d], L2-normalised.</param>
    /// <param name="templates">Prompts of a class.</param>
    /// <param name="width">d.</param>
    /// <returns>[classes, d], L2-normalised; zeros for prompts that cancel out.</returns>
    /// <exception cref="ArgumentException">Lengths that do not fit.</exception>
    public static float[] ClassEmbeddings(ReadOnlySpan<float> prompts, int templates, int width)
    {
        int rows = FeatureMatrix.Rows(prompts, width, "Prompt");
        if (templates < 1 || rows % templates != 0)
            throw new ArgumentException($"{rows} prompts are not {templates} a class.");
        var embeddings = new float[rows / templates * width];
        var sum = new double[width];
        for (int c = 0; c < rows / templates; c++)
        {
            Array.Clear(sum);
            for (int k = 0; k < templates * width; k++)
                sum[k % width] += prompts[c * templates * width + k];
            double norm = 0;
            foreach (double value in sum)
                norm += value * value;
            norm = Math.Sqrt(norm);
            for (int x = 0; x < width; x++)
                embeddings[c * width + x] = norm > 1e-6 ? (float)(sum[x] / norm) : 0;
        }

        return embeddings;
    }

    /// <summary>Accuracies. A class that scores the same as the true one counts against it, and so does what is not a number.</summary>
    /// <param name="image">[n, d], L2-normalised.</param>
    /// <param name="classes">[classes, d], from <see cref="ClassEmbeddings"/>.</param>
    /// <param name="width">d.</param>
    /// <param name="truth">[n], the class of each image.</param>
    /// <exception cref="ArgumentException">Lengths that do not fit, or a class that is not there.</exception>
    public static ZeroShotScores Score(ReadOnlySpan<float> image, ReadOnlySpan<float> classes, int width, ReadOnlySpan<int> truth)
    {
        int images = FeatureMatrix.Rows(image, width, "Image"), count = FeatureMatrix.Rows(classes, width, "Class");
        if (truth.Length != images)
            throw new ArgumentException($"{images} images need as many true classes; got {truth.Length}.");
        var scores = new float[count];
        var right = new int[count];
        var of = new int[count];
        int five = 0;
        for (int i = 0; i < images; i++)
        {
            if ((uint)truth[i] >= (uint)count)
                throw new ArgumentException($"Image {i} is of class {truth[i]} of {count}.");
            FeatureMatrix.Dot(image.Slice(i * width, width), classes, scores);
            int rank = 1;
            for (int c = 0; c < count; c++)
                rank += c == truth[i] || scores[c] < scores[truth[i]] ? 0 : 1;
            of[truth[i]]++;
            right[truth[i]] += rank == 1 ? 1 : 0;
            five += rank <= 5 ? 1 : 0;
        }

        return new ZeroShotScores(
            100.0 * right.Sum() / images, 100.0 * five / images, [.. right.Select((n, c) => of[c] == 0 ? double.NaN : 100.0 * n / of[c])], of);
    }

    /// <summary>The likeliest classes of one image, best first; of equal ones the lower index first.</summary>
    /// <param name="image">[d], L2-normalised.</param>
    /// <param name="classes">[classes, d], from <see cref="ClassEmbeddings"/>.</param>
    /// <param name="temperature">τ &gt; 0.</param>
    /// <param name="most">How many at most.</param>
    public static ClassGuess[] Guess(ReadOnlySpan<float> image, ReadOnlySpan<float> classes, double temperature, int most)
    {
        int count = FeatureMatrix.Rows(classes, image.Length, "Class");
        var scores = new float[count];
        FeatureMatrix.Dot(image, classes, scores);
        double max = scores.Max(), sum = scores.Sum(score => Math.Exp((score - max) / temperature));
        return [.. Enumerable.Range(0, count).OrderByDescending(c => scores[c]).Take(most).Select(
            c => new ClassGuess(c, Math.Exp((scores[c] - max) / temperature) / sum))];
    }
}
