namespace TiMix.Learning.Metrics;

/// <summary>Where a phrase was found beside where it is. Boxes are [x, y, width, height] in pixels.</summary>
public static class Grounding
{
    /// <summary>Area that both boxes cover by the area that either covers; 0 when both have none.</summary>
    public static double IntersectionOverUnion(ReadOnlySpan<float> a, ReadOnlySpan<float> b)
    {
        Check(a);
        Check(b);
        double width = Math.Min(a[0] + a[2], b[0] + b[2]) - Math.Max(a[0], b[0]), height = Math.Min(a[1] + a[3], b[1] + b[3]) - Math.Max(a[1], b[1]);
        var both = Math.Max(0, width) * Math.Max(0, height);
        var either = ((double)a[2] * a[3]) + ((double)b[2] * b[3]) - both;
        return either <= 0 ? 0 : both / either;
    }

    /// <summary>Share of phrases, in percent, whose box overlaps the true one by at least <paramref name="least"/>.</summary>
    /// <param name="found">[R, 4].</param>
    /// <param name="truth">[R, 4].</param>
    /// <param name="least">Intersection over union that counts as found; 0.5 as usual.</param>
    /// <exception cref="ArgumentException">Shapes that do not fit.</exception>
    public static double Accuracy(ReadOnlySpan<float> found, ReadOnlySpan<float> truth, double least = 0.5)
    {
        if (found.Length != truth.Length || found.Length == 0 || found.Length % 4 != 0)
        {
            throw new ArgumentException($"Boxes are [R, 4], as many found as true; got {found.Length} and {truth.Length} numbers.");
        }

        var right = 0;
        for (var i = 0; i < found.Length; i += 4)
        {
            right += IntersectionOverUnion(found.Slice(i, 4), truth.Slice(i, 4)) >= least ? 1 : 0;
        }

        return 400.0 * right / found.Length;
    }

    /// <summary>
    /// The box that a saliency map points at: around the patches that hang together with the most salient one (side by side) and
    /// whose probability is at least <paramref name="share"/> of its.
    /// </summary>
    /// <param name="map">[n·n] log-probabilities.</param>
    /// <param name="side">n.</param>
    /// <param name="patchSize">Pixels a side.</param>
    /// <param name="share">From 0 to 1.</param>
    /// <param name="inset">
    /// By how much of a patch, up to 0.5, each edge is moved inwards where the box is more than a patch wide. A map that was taught
    /// the patches that a box touches reaches half a patch too far on the average, so 0.5 is right for it.
    /// </param>
    /// <returns>[x, y, width, height] in pixels.</returns>
    public static float[] BoxOf(ReadOnlySpan<float> map, int side, int patchSize, double share = 0.5, double inset = 0)
    {
        if (map.Length != side * side || side < 1)
        {
            throw new ArgumentException($"A map of {side} x {side} patches has {side * side} values; got {map.Length}.");
        }

        var top = 0;
        for (var i = 1; i < map.Length; i++)
        {
            top = map[i] > map[top] ? i : top;
        }

        var least = map[top] + Math.Log(share);
        var (left, right, upper, lower) = (top % side, top % side, top / side, top / side);
        var seen = new bool[map.Length];
        var waiting = new Stack<int>([top]);
        seen[top] = true;
        while (waiting.TryPop(out var patch))
        {
            var (x, y) = (patch % side, patch / side);
            (left, right, upper, lower) = (Math.Min(left, x), Math.Max(right, x), Math.Min(upper, y), Math.Max(lower, y));
            foreach (var (nx, ny) in new[] { (x - 1, y), (x + 1, y), (x, y - 1), (x, y + 1) })
            {
                var next = (ny * side) + nx;
                if (nx >= 0 && ny >= 0 && nx < side && ny < side && !seen[next] && map[next] >= least)
                {
                    seen[next] = true;
                    waiting.Push(next);
                }
            }
        }

        var (x0, width) = Inset(left, right, inset);
        var (y0, height) = Inset(upper, lower, inset);
        return [x0 * patchSize, y0 * patchSize, width * patchSize, height * patchSize];
    }

    /// <summary>First edge and length of the patches from <paramref name="first"/> to <paramref name="last"/>, in patches.</summary>
    private static (float Start, float Length) Inset(int first, int last, double inset)
    {
        var kept = first == last ? 0 : (float)inset;
        return (first + kept, last - first + 1 - (2 * kept));
    }

    private static void Check(ReadOnlySpan<float> box)
    {
        if (box.Length != 4)
        {
            throw new ArgumentException($"A box is [x, y, width, height]; got {box.Length} numbers.");
        }
    }
}
