using System.Numerics;

namespace TiMix.Learning.Metrics;

/// <summary>
/// Dot products of feature rows. One accumulator a pair, always in the same order: equal rows have equal products to
/// the last bit wherever they lie in memory, so that a tie between features is a tie between scores.
/// </summary>
internal static class FeatureMatrix
{
    /// <summary>Rows of [n, d].</summary>
    /// <exception cref="ArgumentException">The length is not a positive multiple of the width.</exception>
    public static int Rows(ReadOnlySpan<float> features, int width, string name)
    {
        if (width < 1 || features.Length == 0 || features.Length % width != 0)
            throw new ArgumentException($"{name} features are rows of {width} numbers, at least one; got {features.Length} numbers.");
        return features.Length / width;
    }

    /// <summary>How many rows make a quarter of a megabyte: a block that stays in the cache while many others are held against it.</summary>
    public static int BlockRows(int width) => Math.Max(4, 65536 / width);

    /// <summary>scores[j] = row · matrix[j], for as many rows as there are scores.</summary>
    public static void Dot(ReadOnlySpan<float> row, ReadOnlySpan<float> matrix, Span<float> scores)
    {
        int width = row.Length, j = 0;
        for (; j + 4 <= scores.Length; j += 4)
        {
            var a = matrix.Slice(j * width, width);
            var b = matrix.Slice((j + 1) * width, width);
            var c = matrix.Slice((j + 2) * width, width);
            var d = matrix.Slice((j + 3) * width, width);
            Vector<float> sumA = default, sumB = default, sumC = default, sumD = default;
            int x = 0;
            for (; x + Vector<float>.Count <= width; x += Vector<float>.Count)
            {
                var v = new Vector<float>(row[x..]);
                sumA = Vector.FusedMultiplyAdd(v, new Vector<float>(a[x..]), sumA);
                sumB = Vector.FusedMultiplyAdd(v, new Vector<float>(b[x..]), sumB);
                sumC = Vector.FusedMultiplyAdd(v, new Vector<float>(c[x..]), sumC);
                sumD = Vector.FusedMultiplyAdd(v, new Vector<float>(d[x..]), sumD);
            }

            scores[j] = Finish(sumA, row, a, x);
            scores[j + 1] = Finish(sumB, row, b, x);
            scores[j + 2] = Finish(sumC, row, c, x);
            scores[j + 3] = Finish(sumD, row, d, x);
        }

        for (; j < scores.Length; j++)
            scores[j] = Dot(row, matrix.Slice(j * width, width));
    }

    /// <summary>One product, the same bits as in a block.</summary>
    public static float Dot(ReadOnlySpan<float> a, ReadOnlySpan<float> b)
    {
        Vector<float> sum = default;
        int x = 0;
        for (; x + Vector<float>.Count <= a.Length; x += Vector<float>.Count)
            sum = Vector.FusedMultiplyAdd(new Vector<float>(a[x..]), new Vector<float>(b[x..]), sum);
        return Finish(sum, a, b, x);
    }

    /// <summary>Σᵢ ln Σⱼ exp(aᵢ·bⱼ / τ) over rows and Σⱼ ln Σᵢ exp(aᵢ·bⱼ / τ) over columns, in double.</summary>
    /// <param name="a">[n, d].</param>
    /// <param name="b">[m, d].</param>
    /// <param name="width">d.</param>
    /// <param name="temperature">τ &gt; 0.</param>
    public static (double Rows, double Columns) LogPartitions(ReadOnlySpan<float> a, ReadOnlySpan<float> b, int width, double temperature)
    {
        int rows = a.Length / width, columns = b.Length / width;
        var scores = new float[columns];
        var columnMax = new double[columns];
        var columnSum = new double[columns];
        Array.Fill(columnMax, double.NegativeInfinity);
        double rowTotal = 0;
        for (int i = 0; i < rows; i++)
        {
            Dot(a.Slice(i * width, width), b, scores);
            double max = double.NegativeInfinity;
            foreach (float score in scores)
                max = Math.Max(max, score / temperature);
            double sum = 0;
            for (int j = 0; j < columns; j++)
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

            rowTotal += max + Math.Log(sum);
        }

        double columnTotal = 0;
        for (int j = 0; j < columns; j++)
            columnTotal += columnMax[j] + Math.Log(columnSum[j]);
        return (rowTotal, columnTotal);
    }

    private static float Finish(Vector<float> vectors, ReadOnlySpan<float> a, ReadOnlySpan<float> b, int from)
    {
        float sum = Vector.Sum(vectors);
        for (int x = from; x < a.Length; x++)
            sum = MathF.FusedMultiplyAdd(a[x], b[x], sum);
        return sum;
    }
}
