namespace TiMix.Learning.Weights;

/// <summary>Position embeddings of a grid of patches for another grid.</summary>
internal static class PositionGrid
{
    /// <summary>Sharpness of the cubic kernel, as PyTorch's bicubic interpolation has it.</summary>
    private const double A = -0.75;

    /// <summary>
    /// Bicubic interpolation between the centres of the patches, the border repeated, in double precision. The row of the class
    /// token is copied.
    /// </summary>
    /// <param name="from">[1 + n·n, width], the class token first.</param>
    /// <param name="grid">n.</param>
    /// <param name="to">[1 + m·m, width].</param>
    /// <param name="newGrid">m.</param>
    /// <param name="width">C.</param>
    public static void Resize(ReadOnlySpan<float> from, int grid, Span<float> to, int newGrid, int width)
    {
        from[..width].CopyTo(to);
        var taps = Taps(grid, newGrid);
        var sum = new double[width];
        for (var row = 0; row < newGrid; row++)
        {
            for (var column = 0; column < newGrid; column++)
            {
                Array.Clear(sum);
                foreach (var (y, down) in taps[row])
                {
                    foreach (var (x, across) in taps[column])
                    {
                        var source = from.Slice((1 + (y * grid) + x) * width, width);
                        for (var i = 0; i < width; i++)
                        {
                            sum[i] += down * across * source[i];
                        }
                    }
                }

                var target = to.Slice((1 + (row * newGrid) + column) * width, width);
                for (var i = 0; i < width; i++)
                {
                    target[i] = (float)sum[i];
                }
            }
        }
    }

    /// <summary>For every new place the four old ones it is made of, and their weights.</summary>
    private static (int Place, double Weight)[][] Taps(int grid, int newGrid) => [.. Enumerable.Range(0, newGrid).Select(i =>
    {
        var centre = ((i + 0.5) * grid / newGrid) - 0.5;
        var first = (int)Math.Floor(centre);
        return Enumerable.Range(first - 1, 4).Select(place => (Math.Clamp(place, 0, grid - 1), Kernel(Math.Abs(centre - place)))).ToArray();
    })];

    private static double Kernel(double distance) => distance switch
    {
        <= 1 => ((((A + 2) * distance) - (A + 3)) * distance * distance) + 1,
        < 2 => (((((distance - 5) * distance) + 8) * distance) - 4) * A,
        _ => 0,
    };
}
