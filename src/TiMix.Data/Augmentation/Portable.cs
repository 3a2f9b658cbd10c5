namespace TiMix.Data.Augmentation;

/// <summary>Functions for small arguments by power series: the C library's differ in the last bit from machine to machine.</summary>
internal static class Portable
{
    /// <summary>e^x, |x| ≤ 1, to 1e-15.</summary>
    public static double Exp(double x)
    {
        var sum = 1.0;
        for (var n = 18; n >= 1; n--)
        {
            sum = 1 + (x * sum / n);
        }

        return sum;
    }

    /// <summary>sin x and cos x, |x| ≤ 1, to 1e-15.</summary>
    public static (double Sin, double Cos) SinCos(double x)
    {
        double square = x * x, sin = 1, cos = 1;
        for (var n = 10; n >= 1; n--)
        {
            sin = 1 - (square * sin / (2 * n * ((2 * n) + 1)));
            cos = 1 - (square * cos / (2 * n * ((2 * n) - 1)));
        }

        return (x * sin, cos);
    }
}
