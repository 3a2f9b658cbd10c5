using TiMix.Exchange.Reduction;

namespace TiMix.Exchange.Tests.Reduction;

public sealed class TreeSumTests
{
    private const int Length = 1003;

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    [InlineData(5)]
    [InlineData(7)]
    [InlineData(8)]
    [InlineData(13)]
    public void The_sum_has_the_same_bits_in_whatever_order_the_micro_batches_arrive(int leaves)
    {
        const int seed = 7;
        TestContext.Current.TestOutputHelper?.WriteLine($"seed {seed}");
        var vectors = Vectors(leaves, seed);
        var expected = Recursive(vectors, 0, leaves);
        var random = new Random(seed);
        using var sum = new TreeSum(leaves, Length);
        for (var trial = 0; trial < 20; trial++)
        {
            var order = Enumerable.Range(0, leaves).ToArray();
            random.Shuffle(order);
            for (var i = 0; i < leaves; i++)
            {
                Assert.Equal(i == leaves - 1, sum.Add(order[i], vectors[order[i]]));
            }

            Assert.Equal(expected, sum.Result.ToArray());
            sum.Reset();
        }
    }

    [Fact]
    public void Lanes_that_add_at_the_same_time_get_the_same_bits()
    {
        var vectors = Vectors(16, 3);
        var expected = Recursive(vectors, 0, 16);
        using var sum = new TreeSum(16, Length);
        for (var trial = 0; trial < 50; trial++)
        {
            Parallel.For(0, 16, leaf => sum.Add(leaf, vectors[leaf]));
            Assert.Equal(expected, sum.Result.ToArray());
            sum.Reset();
        }
    }

    [Fact]
    public void The_order_of_plain_addition_would_give_other_bits()
    {
        var vectors = Vectors(8, 3);
        var plain = new float[Length];
        foreach (var vector in vectors)
        {
            for (var i = 0; i < Length; i++)
            {
                plain[i] += vector[i];
            }
        }

        Assert.NotEqual(plain, Recursive(vectors, 0, 8));
    }

    [Fact]
    public void A_micro_batch_is_never_summed_twice()
    {
        using var sum = new TreeSum(2, 1);
        sum.Add(1, [1f]);
        var error = Assert.Throws<InvalidOperationException>(() => sum.Add(1, [1f]));
        Assert.Contains("Micro-batch 1", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void An_unfinished_sum_cannot_be_read_and_a_wrong_length_is_refused()
    {
        using var sum = new TreeSum(2, 2);
        Assert.Throws<InvalidOperationException>(() => sum.Result.Length);
        Assert.Throws<ArgumentException>(() => sum.Add(0, [1f]));
    }

    [Theory]
    [InlineData(2, 1)]
    [InlineData(3, 2)]
    [InlineData(4, 2)]
    [InlineData(5, 4)]
    [InlineData(8, 4)]
    [InlineData(9, 8)]
    public void The_tree_splits_at_the_largest_power_of_two_below(int count, int expected) => Assert.Equal(expected, TreeSum.Split(count));

    private static float[][] Vectors(int leaves, int seed)
    {
        var random = new Random(seed);
        return [.. Enumerable.Range(0, leaves).Select(_ => Enumerable.Range(0, Length).Select(
            _ => (float)(random.NextDouble() - 0.5) * MathF.Pow(10, random.Next(-4, 4))).ToArray())];
    }

    private static float[] Recursive(float[][] vectors, int lo, int hi)
    {
        if (hi - lo == 1)
        {
            return vectors[lo];
        }

        var half = 1;
        while (half * 2 < hi - lo)
        {
            half *= 2;
        }

        var (left, right) = (Recursive(vectors, lo, lo + half), Recursive(vectors, lo + half, hi));
        return [.. left.Select((value, i) => value + right[i])];
    }
}
