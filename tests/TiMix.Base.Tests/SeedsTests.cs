namespace TiMix.Base.Tests;

public sealed class SeedsTests
{
    [Fact]
    public void The_finaliser_is_that_of_SplitMix64()
    {
        // The first numbers of SplitMix64 from 1234567, as published with the algorithm.
        var state = 1234567UL;
        ulong[] expected = [6457827717110365317, 3203168211198807973, 9817491932198370423, 4593380528125082431];
        Assert.Equal(expected, expected.Select(_ => Seeds.Finish(unchecked(state += 0x9E3779B97F4A7C15))));
    }

    [Fact]
    public void Order_number_and_value_of_the_parts_all_matter()
    {
        ulong[] mixed = [Seeds.Mix(), Seeds.Mix(0), Seeds.Mix(0, 0), Seeds.Mix(1, 2), Seeds.Mix(2, 1), Seeds.Mix(1, 2, 0), Seeds.Mix(3)];
        Assert.Equal(mixed.Length, mixed.Distinct().Count());
        Assert.Equal(Seeds.Mix(1, 2), Seeds.Mix(1, 2));
    }

    [Fact]
    public void The_generator_is_xoshiro256_starstar_seeded_by_SplitMix64()
    {
        var seed = 42UL;
        var s = Enumerable.Range(0, 4).Select(_ => Seeds.Finish(unchecked(seed += 0x9E3779B97F4A7C15))).ToArray();
        var random = new SeededRandom(42);
        for (var n = 0; n < 100; n++)
        {
            var times5 = s[1] * 5;
            Assert.Equal(((times5 << 7) | (times5 >> 57)) * 9, random.NextUInt64());
            ulong[] next = [s[0] ^ s[3] ^ s[1], s[1] ^ s[2] ^ s[0], s[2] ^ s[0] ^ (s[1] << 17), 0];
            var d = s[3] ^ s[1];
            next[3] = (d << 45) | (d >> 19);
            s = next;
        }
    }

    [Fact]
    public void Draws_are_spread_evenly_and_never_out_of_range()
    {
        var random = new SeededRandom(7);
        var counts = new int[6];
        for (var i = 0; i < 60_000; i++)
        {
            counts[random.NextInt(6)]++;
        }

        // Chi-square with 5 degrees of freedom: 20.5 is passed once in a thousand.
        Assert.InRange(counts.Sum(count => (count - 10_000.0) * (count - 10_000.0) / 10_000), 0, 20.5);
        Assert.Equal(0, random.NextInt(1));
        Assert.Throws<ArgumentOutOfRangeException>(() => new SeededRandom(1).NextInt(0));
    }

    [Fact]
    public void Gaussian_numbers_have_the_moments_of_the_normal_distribution()
    {
        var random = new SeededRandom(3);
        var draws = Enumerable.Range(0, 100_000).Select(_ => random.NextGaussian()).ToArray();
        Assert.InRange(draws.Average(), -0.015, 0.015);
        Assert.InRange(draws.Average(x => x * x), 0.98, 1.02);
        Assert.InRange(draws.Average(x => x * x * x * x), 2.85, 3.15);
    }

    [Fact]
    public void Shuffling_keeps_the_items_and_reaches_every_order()
    {
        var random = new SeededRandom(5);
        var orders = new HashSet<string>();
        for (var i = 0; i < 200; i++)
        {
            var items = "abcd".ToCharArray();
            random.Shuffle(items.AsSpan());
            Assert.Equal("abcd", new string([.. items.Order()]));
            orders.Add(new string(items));
        }

        Assert.Equal(24, orders.Count);
    }

    [Fact]
    public void The_generator_is_the_published_one_and_its_integers_are_uniform()
    {
        // SplitMix64 from seed 0 begins E220A8397B1DCDAF; xoshiro256** gives rotl(s1 * 5, 7) * 9 first.
        Assert.Equal(0xE220A8397B1DCDAFUL, Seeds.Finish(0x9E3779B97F4A7C15));
        Assert.Equal(unchecked(ulong.RotateLeft(0x6E789E6AA1B965F4 * 5, 7) * 9), new SeededRandom(0).NextUInt64());
        var random = new SeededRandom(9);
        var counts = new int[7];
        for (var n = 0; n < 70_000; n++)
        {
            counts[random.NextInt(7)]++;
        }

        Assert.All(counts, count => Assert.InRange(count, 9_600, 10_400));
        Assert.Throws<ArgumentOutOfRangeException>(() => random.NextInt(0));
    }
}
