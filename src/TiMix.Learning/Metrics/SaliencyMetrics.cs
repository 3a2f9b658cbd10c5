using TiMix.Base;
using TiMix.Learning.Mixing;

namespace TiMix.Learning.Metrics;

/// <summary>One way to point at what a phrase means. Both in percent (0…100), mean over regions.</summary>
/// <param name="Pointing">How often the one point lies inside the box.</param>
/// <param name="Energy">Which share of the map's mass lies inside the box.</param>
public sealed record SaliencyScore(double Pointing, double Energy);

/// <summary>The model's maps beside guesses that look at nothing.</summary>
/// <param name="Regions">How many (phrase, box) pairs.</param>
/// <param name="Model">The maps given.</param>
/// <param name="Random">A uniform map and a patch drawn uniformly: the exact expectation, not a draw.</param>
/// <param name="Centre">The middle of the image; mass on the patches around it.</param>
/// <param name="LargestBox">The largest box of the same image (ties: the first): its middle; mass uniform in it.</param>
public sealed record SaliencyScores(int Regions, SaliencyScore Model, SaliencyScore Random, SaliencyScore Centre, SaliencyScore LargestBox);

/// <summary>How well saliency maps point at the box that a phrase means.</summary>
public static class SaliencyMetrics
{
    /// <summary>
    /// Pointing game: the middle of the map's greatest patch lies in the box, its edges included; ties are drawn by the
    /// seed. Energy: the map exp(log p), normalised to sum 1 and uniform inside a patch, integrated over the box.
    /// </summary>
    /// <param name="maps">[R, n, n], log p of each patch.</param>
    /// <param name="boxes">[R, 4], x, y, width, height in pixels.</param>
    /// <param name="owners">[R], a number that is the same for regions of one image and no others.</param>
    /// <param name="imageSize">S, pixels a side.</param>
    /// <param name="patchSize">p, pixels a side; divides S.</param>
    /// <param name="seed">For ties.</param>
    /// <exception cref="ArgumentException">Lengths that do not fit, a map with NaN or without mass.</exception>
    public static SaliencyScores Compute(
        ReadOnlySpan<float> maps, ReadOnlySpan<float> boxes, ReadOnlySpan<int> owners, int imageSize, int patchSize, ulong seed)
    {
        int grid = PatchGrid.Side(imageSize, patchSize), patches = grid * grid, count = PatchGrid.BoxCount(boxes);
        if (maps.Length != count * patches || owners.Length != count)
            throw new ArgumentException($"{count} boxes need {count * patches} patches (got {maps.Length}) and as many owners (got {owners.Length}).");
        var largest = LargestBoxes(boxes, owners);
        Score model = new(), random = new(), centre = new(), box = new();
        var uniform = Enumerable.Repeat(1.0 / patches, patches).ToArray();
        var middle = MiddleMap(grid);
        for (int r = 0; r < count; r++)
        {
            var truth = Rectangle.Of(boxes.Slice(4 * r, 4));
            var map = maps.Slice(r * patches, patches);
            int peak = Peak(map, r, Seeds.Mix(seed, (ulong)r));
            model.Add(CentreInside(truth, peak, grid, patchSize) ? 1 : 0, Energy(Normalised(map), truth, grid, patchSize));

            int hits = 0;
            for (int p = 0; p < patches; p++)
                hits += CentreInside(truth, p, grid, patchSize) ? 1 : 0;
            random.Add((double)hits / patches, Energy(uniform, truth, grid, patchSize));

            centre.Add(truth.Contains(imageSize / 2.0, imageSize / 2.0) ? 1 : 0, Energy(middle, truth, grid, patchSize));

            var guess = Rectangle.Of(boxes.Slice(4 * largest[owners[r]], 4));
            bool hit = truth.Contains((guess.Left + guess.Right) / 2, (guess.Top + guess.Bottom) / 2);
            box.Add(hit ? 1 : 0, guess.Area > 0 ? guess.Overlap(truth) / guess.Area : hit ? 1 : 0);
        }

        return new SaliencyScores(count, model.Mean(count), random.Mean(count), centre.Mean(count), box.Mean(count));
    }

    private static Dictionary<int, int> LargestBoxes(ReadOnlySpan<float> boxes, ReadOnlySpan<int> owners)
    {
        var largest = new Dictionary<int, int>();
        for (int r = 0; r < owners.Length; r++)
        {
            PatchGrid.CheckBox(boxes.Slice(4 * r, 4));
            if (!largest.TryGetValue(owners[r], out int best) || Rectangle.Of(boxes.Slice(4 * r, 4)).Area > Rectangle.Of(boxes.Slice(4 * best, 4)).Area)
                largest[owners[r]] = r;
        }

        return largest;
    }

    /// <summary>The patches that touch the image's middle: one when n is odd, four when it is even.</summary>
    private static double[] MiddleMap(int grid)
    {
        var map = new double[grid * grid];
        int first = (grid - 1) / 2, last = grid / 2, side = last - first + 1;
        for (int row = first; row <= last; row++)
            for (int column = first; column <= last; column++)
                map[row * grid + column] = 1.0 / (side * side);
        return map;
    }

    private static int Peak(ReadOnlySpan<float> map, int region, ulong seed)
    {
        int ties = 0;
        float max = float.NegativeInfinity;
        foreach (float value in map)
        {
            if (float.IsNaN(value) || float.IsPositiveInfinity(value))
                throw new ArgumentException($"The saliency map of region {region} holds {value}; log p is a number up to 0.");
            if (value > max)
                (max, ties) = (value, 0);
            if (value == max)
                ties++;
        }

        if (float.IsNegativeInfinity(max))
            throw new ArgumentException($"The saliency map of region {region} has no mass.");
        int chosen = ties == 1 ? 0 : new SeededRandom(seed).NextInt(ties);
        for (int p = 0; ; p++)
            if (map[p] == max && chosen-- == 0)
                return p;
    }

    private static double[] Normalised(ReadOnlySpan<float> map)
    {
        double max = double.NegativeInfinity, sum = 0;
        foreach (float value in map)
            max = Math.Max(max, value);
        var mass = new double[map.Length];
        for (int p = 0; p < mass.Length; p++)
            sum += mass[p] = Math.Exp(map[p] - max);
        for (int p = 0; p < mass.Length; p++)
            mass[p] /= sum;
        return mass;
    }

    private static double Energy(double[] mass, Rectangle box, int grid, int patchSize)
    {
        double energy = 0;
        for (int p = 0; p < mass.Length; p++)
        {
            double left = p % grid * patchSize, top = p / grid * patchSize;
            energy += mass[p] * new Rectangle(left, top, left + patchSize, top + patchSize).Overlap(box) / (patchSize * patchSize);
        }

        return energy;
    }

    private static bool CentreInside(Rectangle box, int patch, int grid, int patchSize) =>
        box.Contains((patch % grid + 0.5) * patchSize, (patch / grid + 0.5) * patchSize);

    private sealed class Score
    {
        private double _pointing, _energy;

        public void Add(double pointing, double energy)
        {
            _pointing += pointing;
            _energy += energy;
        }

        public SaliencyScore Mean(int count) => count == 0 ? new SaliencyScore(0, 0) : new SaliencyScore(100 * _pointing / count, 100 * _energy / count);
    }

    private readonly record struct Rectangle(double Left, double Top, double Right, double Bottom)
    {
        public double Area => (Right - Left) * (Bottom - Top);

        public static Rectangle Of(ReadOnlySpan<float> box) => new(box[0], box[1], (double)box[0] + box[2], (double)box[1] + box[3]);

        public bool Contains(double x, double y) => x >= Left && x <= Right && y >= Top && y <= Bottom;

        public double Overlap(Rectangle other) =>
            Math.Max(0, Math.Min(Right, other.Right) - Math.Max(Left, other.Left)) *
            Math.Max(0, Math.Min(Bottom, other.Bottom) - Math.Max(Top, other.Top));
    }
}
