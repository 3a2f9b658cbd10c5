using TiMix.Learning.Mixing;

namespace TiMix.Learning.Tests.Mixing;

public sealed class MixPlannerTests
{
    private static MixOptions Fixed(int side, int grid) => new((double)side / grid, (double)side / grid);

    [Fact]
    public void Target_is_the_own_minimum_and_source_the_partners_maximum()
    {
        // Side 2 on 4×4: 3×3 windows. Sample 0 is lowest in its window (2,1), sample 1 highest in its window (0,2).
        float[] maps = [
            5, 5, 5, 5,
            5, 5, 5, 5,
            5, 0, 1, 5,
            5, 1, 0, 5,

            1, 1, 9, 8,
            1, 1, 8, 9,
            1, 1, 1, 1,
            0, 0, 1, 1];
        var plan = MixPlanner.Plan(new TextAwareMix(), maps, 2, 4, 1, Fixed(2, 4));

        Assert.Equal(2, plan.Side);
        Assert.Equal(0.75f, plan.Lambda);
        Assert.Equal([1, 0], plan.Pairing);
        Assert.Equal([2 * 3 + 1, 2 * 3 + 0], plan.Target);
        Assert.Equal([0 * 3 + 2, 0 * 3 + 0], plan.Source); // sample 0 has 4·5 in four windows: the first wins
    }

    [Fact]
    public void Windows_equal_an_exhaustive_search_on_random_maps()
    {
        const int samples = 6, grid = 7;
        for (ulong seed = 0; seed < 40; seed++)
        {
            var random = new Random((int)seed);
            var maps = Enumerable.Range(0, samples * grid * grid).Select(_ => (float)Math.Log(random.NextDouble())).ToArray();
            var plan = MixPlanner.Plan(new TextAwareMix(), maps, samples, grid, seed, new MixOptions(0.1, 1));
            int places = grid - plan.Side + 1;
            double Sum(int sample, int window)
            {
                double sum = 0;
                for (int y = 0; y < plan.Side; y++)
                    for (int x = 0; x < plan.Side; x++)
                        sum += maps[sample * grid * grid + (window / places + y) * grid + window % places + x];
                return sum;
            }

            for (int i = 0; i < samples; i++)
                for (int w = 0; w < places * places; w++)
                {
                    Assert.True(Sum(i, plan.Target[i]) <= Sum(i, w) + 1e-9);
                    Assert.True(Sum(samples - 1 - i, plan.Source[i]) >= Sum(samples - 1 - i, w) - 1e-9);
                }
        }
    }

    [Fact]
    public void Ties_go_to_the_lowest_index_even_where_a_running_sum_would_round()
    {
        // 0.1f and 1e7f do not cancel in a running sum; windows of equal content must still tie exactly.
        float[] row = [0.1f, 0.3f, 1e7f, 0.1f, 0.3f, 1e7f];
        float[] map = [.. row, .. row, .. row, .. row, .. row, .. row];
        var sums = WindowMethod.WindowSums(map, 6, 2);
        for (int y = 0; y < 5; y++)
            Assert.Equal(sums[y * 5], sums[y * 5 + 3]);
        var plan = MixPlanner.Plan(new OracleMix(), (float[])[.. map, .. map], 2, 6, 3, Fixed(2, 6));
        Assert.Equal([0, 0], plan.Target);
        Assert.Equal([1, 1], plan.Source); // 0.3 + 1e7, twice: columns 1–2 before 4–5; columns 2–3 hold 1e7 + 0.1
    }

    [Fact]
    public void A_constant_map_gives_the_first_window_twice()
    {
        var map = Enumerable.Repeat(-0.7f, 4 * 64).ToArray();
        var plan = MixPlanner.Plan(new TextAwareMix(), map, 4, 8, 9);
        Assert.Equal([0, 0, 0, 0], plan.Target);
        Assert.Equal([0, 0, 0, 0], plan.Source);
    }

    [Fact]
    public void A_window_of_the_whole_grid_leaves_nothing_of_the_target()
    {
        var plan = MixPlanner.Plan(new TextAwareMix(), new float[2 * 9], 2, 3, 0, new MixOptions(1, 1));
        Assert.Equal(3, plan.Side);
        Assert.Equal(0f, plan.Lambda);
        Assert.Equal([0, 0], plan.Target);
    }

    [Fact]
    public void A_grid_of_one_patch_has_one_window()
    {
        var plan = MixPlanner.Plan(new TextAwareMix(), new float[2], 2, 1, 0);
        Assert.Equal((1, 0f), (plan.Side, plan.Lambda));
        Assert.Equal([0, 0], plan.Source);
    }

    [Theory]
    [InlineData(16, 5, 12)]
    [InlineData(8, 2, 6)]
    [InlineData(20, 7, 15)]
    [InlineData(2, 1, 1)]
    [InlineData(1, 1, 1)]
    public void Sides_are_the_documented_range(int grid, int low, int high) =>
        Assert.Equal((low, high), MixPlanner.Sides(new MixOptions(), grid));

    [Fact]
    public void Sides_are_uniform_over_their_range()
    {
        var counts = new int[17];
        for (ulong seed = 0; seed < 8000; seed++)
            counts[MixPlanner.Plan(new RandomWindow(), [], 2, 16, seed).Side]++;
        for (int side = 0; side < counts.Length; side++)
            if (side is >= 5 and <= 12)
                Assert.InRange(counts[side], 850, 1150);
            else
                Assert.Equal(0, counts[side]);
    }

    [Fact]
    public void Methods_with_windows_draw_the_same_side_from_the_same_seed()
    {
        var maps = new float[4 * 256];
        for (ulong seed = 0; seed < 50; seed++)
        {
            var timix = MixPlanner.Plan(new TextAwareMix(), maps, 4, 16, seed);
            foreach (var method in new MixMethod[] { new OracleMix(), new RandomWindow(), new CutMix() })
            {
                var other = MixPlanner.Plan(method, maps, 4, 16, seed);
                Assert.Equal((timix.Side, timix.Lambda), (other.Side, other.Lambda));
                Assert.Equal(timix.Pairing, other.Pairing);
                Assert.Equal((float)(1 - other.Side * other.Side / 256.0), other.Lambda);
            }
        }
    }

    [Fact]
    public void A_plan_is_a_pure_function_of_its_seed()
    {
        var a = MixPlanner.Plan(new RandomWindow(), [], 8, 16, 5);
        var b = MixPlanner.Plan(new RandomWindow(), [], 8, 16, 5);
        var c = MixPlanner.Plan(new RandomWindow(), [], 8, 16, 6);
        Assert.Equal(a.Target, b.Target);
        Assert.Equal(a.Source, b.Source);
        Assert.NotEqual(a.Target, c.Target);
        Assert.NotEqual(a.Target, a.Source);
    }

    [Fact]
    public void Random_windows_reach_every_place()
    {
        var targets = new HashSet<int>();
        var sources = new HashSet<int>();
        for (ulong seed = 0; seed < 200; seed++)
        {
            var plan = MixPlanner.Plan(new RandomWindow(), [], 4, 4, seed, Fixed(2, 4));
            targets.UnionWith(plan.Target);
            sources.UnionWith(plan.Source);
        }

        Assert.Equal(Enumerable.Range(0, 9), targets.Order());
        Assert.Equal(Enumerable.Range(0, 9), sources.Order());
    }

    [Fact]
    public void CutMix_copies_from_the_place_it_pastes_to()
    {
        var plan = MixPlanner.Plan(new CutMix(), [], 8, 16, 5);
        Assert.Equal(plan.Target, plan.Source);
        Assert.True(plan.Target.Distinct().Count() > 1);
    }

    [Fact]
    public void Mixup_has_a_uniform_share_and_no_windows()
    {
        double sum = 0, squares = 0;
        for (ulong seed = 0; seed < 4000; seed++)
        {
            var plan = MixPlanner.Plan(new Mixup(), [], 4, 8, seed);
            Assert.Equal([3, 2, 1, 0], plan.Pairing);
            Assert.Empty(plan.Target);
            Assert.InRange(plan.Lambda, 0f, 1f);
            sum += plan.Lambda;
            squares += plan.Lambda * plan.Lambda;
        }

        Assert.Equal(0.5, sum / 4000, 0.02);
        Assert.Equal(1 / 3.0, squares / 4000, 0.02);
    }

    [Fact]
    public void None_mixes_nothing_and_takes_any_number_of_samples()
    {
        var plan = MixPlanner.Plan(new NoMixing(), [], 3, 8, 1);
        Assert.Equal([0, 1, 2], plan.Pairing);
        Assert.Equal((0, 1f), (plan.Side, plan.Lambda));
        Assert.False(plan.HasWindows);
    }

    [Fact]
    public void A_second_pass_pairs_everybody_with_themselves_and_keeps_all_of_the_image()
    {
        var plan = MixPlanner.Plan(new SecondPass(), [], 3, 8, 1);
        Assert.Equal([0, 1, 2], plan.Pairing);
        Assert.Equal((0, 1f, false), (plan.Side, plan.Lambda, plan.HasWindows));
    }

    [Fact]
    public void Bad_input_is_refused_by_name()
    {
        Assert.Contains("even; got 3", Assert.Throws<ArgumentException>(() => MixPlanner.Plan(new CutMix(), [], 3, 8, 1)).Message);
        var maps = new float[2 * 16];
        maps[16 + 5] = float.NaN;
        Assert.Contains("sample 1, patch 5 is NaN", Assert.Throws<ArgumentException>(() => MixPlanner.Plan(new TextAwareMix(), maps, 2, 4, 1)).Message);
        Assert.Contains("32 numbers; got 31", Assert.Throws<ArgumentException>(() => MixPlanner.Plan(new OracleMix(), maps.AsSpan(1), 2, 4, 1)).Message);
        foreach (var (min, max) in new[] { (0.0, 0.5), (0.6, 0.5), (0.5, 1.1), (double.NaN, 0.5) })
            Assert.Throws<ArgumentException>(() => MixPlanner.Plan(new CutMix(), [], 2, 8, 1, new MixOptions(min, max)));
    }
}
