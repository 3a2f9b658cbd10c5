using TiMix.Learning.Metrics;

namespace TiMix.Learning.Tests.Metrics;

public sealed class SaliencyMetricsTests
{
    /// <summary>16 px in patches of 4: 4×4, middles at 2, 6, 10, 14.</summary>
    private static SaliencyScores Score(float[] maps, float[] boxes, int[] owners, ulong seed = 1) =>
        SaliencyMetrics.Compute(maps, boxes, owners, 16, 4, seed);

    private static float[] Uniform(int regions = 1) => [.. Enumerable.Repeat(MathF.Log(0.5f), 16 * regions)];

    [Fact]
    public void A_map_with_its_peak_in_the_box_scores_and_one_without_does_not()
    {
        var maps = Uniform(2);
        maps[5] = 0; // row 1, column 1: middle (6, 6)
        maps[16 + 15] = 0; // row 3, column 3
        var scores = Score(maps, [4, 4, 4, 4, 4, 4, 4, 4], [0, 1]);
        Assert.Equal(2, scores.Regions);
        Assert.Equal(50, scores.Model.Pointing);

        // Mass 1 in the peak, ½ in the fifteen others: 1 / 8.5 and 0.5 / 8.5 of it in the box.
        Assert.Equal(100 * (1 + 0.5) / 8.5 / 2, scores.Model.Energy, 1e-4);
    }

    [Fact]
    public void Energy_counts_parts_of_patches_by_area()
    {
        // 2…8 by 0…4: half of patch 0, all of patch 1.
        var maps = Enumerable.Repeat(float.NegativeInfinity, 16).ToArray();
        maps[0] = MathF.Log(0.6f);
        maps[1] = MathF.Log(0.2f);
        maps[15] = MathF.Log(0.2f);
        Assert.Equal(100 * (0.3 + 0.2), Score(maps, [2, 0, 6, 4], [0]).Model.Energy, 1e-4);
    }

    [Fact]
    public void Guesses_worked_by_hand()
    {
        // One image, a box of the right half and a small one in the upper left corner.
        var scores = Score(Uniform(2), [8, 0, 8, 16, 0, 0, 4, 4], [7, 7]);
        Assert.Equal(100 * (0.5 + 1 / 16.0) / 2, scores.Random.Pointing, 1e-9);
        Assert.Equal(100 * (0.5 + 1 / 16.0) / 2, scores.Random.Energy, 1e-9);
        Assert.Equal(50, scores.Centre.Pointing); // (8, 8) is on the first box's edge
        Assert.Equal(25, scores.Centre.Energy); // half of the middle four patches, and none
        Assert.Equal(50, scores.LargestBox.Pointing);
        Assert.Equal(50, scores.LargestBox.Energy);
        Assert.Equal(scores.Random.Energy, scores.Model.Energy, 1e-4); // a uniform map is the random guess
    }

    [Theory]
    [InlineData(0, 0, 8, 16, 100)] // (8, 8) on the right edge
    [InlineData(0, 0, 16, 8, 100)] // on the lower edge
    [InlineData(0, 8, 16, 8, 100)] // on the upper edge
    [InlineData(0, 8.1f, 16, 7, 0)]
    public void The_edges_of_a_box_belong_to_it(float x, float y, float width, float height, double centre) =>
        Assert.Equal(centre, Score(Uniform(), [x, y, width, height], [0]).Centre.Pointing);

    [Fact]
    public void The_largest_box_is_that_of_the_same_image()
    {
        float[] boxes = [0, 0, 4, 4, 0, 0, 16, 16];
        Assert.Equal(100, Score(Uniform(2), boxes, [0, 1]).LargestBox.Pointing);
        Assert.Equal(50, Score(Uniform(2), boxes, [0, 0]).LargestBox.Pointing);
        Assert.Equal(100 * (1 / 16.0 + 1) / 2, Score(Uniform(2), boxes, [0, 0]).LargestBox.Energy, 1e-9);
    }

    [Fact]
    public void Ties_are_drawn_by_the_seed_and_come_to_chance()
    {
        const int regions = 4000;
        float[] boxes = [.. Enumerable.Repeat((float[])[0, 0, 4, 8], regions).SelectMany(b => b)];
        int[] owners = [.. Enumerable.Range(0, regions)];
        var first = Score(Uniform(regions), boxes, owners);
        Assert.Equal(12.5, first.Random.Pointing, 1e-9);
        Assert.InRange(first.Model.Pointing, 10.5, 14.5);
        Assert.Equal(first, Score(Uniform(regions), boxes, owners));
        Assert.NotEqual(first.Model.Pointing, Score(Uniform(regions), boxes, owners, 2).Model.Pointing);
    }

    [Fact]
    public void Ties_are_drawn_only_among_the_greatest()
    {
        var maps = Uniform();
        maps[3] = maps[12] = -0.1f;
        var hits = Enumerable.Range(0, 200).Count(s => Score(maps, [12, 0, 4, 4], [0], (ulong)s).Model.Pointing == 100);
        var others = Enumerable.Range(0, 200).Count(s => Score(maps, [0, 12, 4, 4], [0], (ulong)s).Model.Pointing == 100);
        Assert.Equal(200, hits + others);
        Assert.InRange(hits, 60, 140);
    }

    [Fact]
    public void No_regions_score_nothing_and_bad_input_is_refused()
    {
        Assert.Equal(0, Score([], [], []).Regions);
        Assert.Throws<ArgumentException>(() => Score(Uniform(), [0, 0, 4, 4], [0, 1]));
        Assert.Throws<ArgumentException>(() => Score(Uniform(2), [0, 0, 4, 4], [0]));
        Assert.Throws<ArgumentException>(() => Score([.. Uniform()[1..], float.NaN], [0, 0, 4, 4], [0]));
        Assert.Throws<ArgumentException>(() => Score([.. Enumerable.Repeat(float.NegativeInfinity, 16)], [0, 0, 4, 4], [0]));
    }
}
