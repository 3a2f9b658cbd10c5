using MathNet.Numerics.Distributions;

namespace TiMix.Node.Experiments;

/// <summary>Mean and spread of some numbers.</summary>
/// <param name="Count">How many.</param>
/// <param name="Mean">NaN without any.</param>
/// <param name="Deviation">Standard deviation with n - 1; NaN below two.</param>
internal readonly record struct Spread(int Count, double Mean, double Deviation)
{
    /// <summary>Half the width of the 95 % t-interval of the mean; NaN below two.</summary>
    public double HalfWidth => Count < 2 ? double.NaN : PairedStatistics.Quantile(0.975, Count - 1) * Deviation / Math.Sqrt(Count);

    public static Spread Of(IReadOnlyList<double> values)
    {
        var mean = values.Count == 0 ? double.NaN : values.Average();
        return new Spread(
            values.Count, mean, values.Count < 2 ? double.NaN : Math.Sqrt(values.Sum(value => (value - mean) * (value - mean)) / (values.Count - 1)));
    }
}

/// <summary>Differences of two arms, seed by seed.</summary>
/// <param name="Differences">Arm minus baseline of every seed that both have.</param>
internal sealed record PairedDifference(IReadOnlyList<double> Differences)
{
    /// <summary>More seeds than this are not counted out.</summary>
    public const int MostSeeds = 1000;

    /// <summary>Of the differences.</summary>
    public Spread Spread { get; } = Spread.Of(Differences);

    /// <summary>Lower end of the 95 % t-interval; NaN below two pairs.</summary>
    public double Low => Spread.Mean - Spread.HalfWidth;

    /// <summary>Upper end.</summary>
    public double High => Spread.Mean + Spread.HalfWidth;

    /// <summary>Whether the interval leaves 0 out.</summary>
    public bool ExcludesZero => Low > 0 || High < 0;

    /// <summary>Two-sided p of the paired t-test; NaN below two pairs.</summary>
    public double P => Spread.Count < 2 ? double.NaN
        : Spread.Deviation == 0 ? (Spread.Mean == 0 ? 1 : 0)
        : 2 * StudentT.CDF(0, 1, Spread.Count - 1, -Math.Abs(Spread.Mean) / (Spread.Deviation / Math.Sqrt(Spread.Count)));

    /// <summary>A sign for each seed.</summary>
    public string Signs => string.Join(' ', Differences.Select(difference => difference > 0 ? "+" : difference < 0 ? "−" : "0"));

    /// <summary>
    /// The least number of seeds whose interval would leave 0 out if mean and spread stayed as they are. A guess: both are estimates.
    /// Null: more than <see cref="MostSeeds"/>, or below two pairs.
    /// </summary>
    public int? SeedsNeeded
    {
        get
        {
            for (var n = 2; n <= MostSeeds && Spread.Count >= 2; n++)
            {
                if (PairedStatistics.Quantile(0.975, n - 1) * Spread.Deviation / Math.Sqrt(n) < Math.Abs(Spread.Mean))
                {
                    return n;
                }
            }

            return null;
        }
    }
}

/// <summary>Student's t, and what many comparisons at once ask for.</summary>
internal static class PairedStatistics
{
    /// <summary>Quantile of Student's t.</summary>
    /// <param name="probability">In (0, 1).</param>
    /// <param name="freedom">Degrees of freedom, from 1.</param>
    public static double Quantile(double probability, int freedom) => StudentT.InvCDF(0, 1, freedom, probability);

    /// <summary>
    /// Holm's step-down adjustment (1979): p values that may each be held against 5 % though there are many. NaN stays NaN and does not count.
    /// </summary>
    public static double[] Holm(IReadOnlyList<double> p)
    {
        var adjusted = Enumerable.Repeat(double.NaN, p.Count).ToArray();
        int[] order = [.. Enumerable.Range(0, p.Count).Where(i => !double.IsNaN(p[i])).OrderBy(i => p[i])];
        var largest = 0.0;
        foreach (var (rank, i) in order.Index())
        {
            largest = Math.Max(largest, Math.Min(1, (order.Length - rank) * p[i]));
            adjusted[i] = largest;
        }

        return adjusted;
    }
}
