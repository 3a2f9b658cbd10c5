using TiMix.Exchange.Groups;
using TiMix.Exchange.Reduction;

namespace TiMix.Exchange.Tests.Groups;

/// <summary>Who gave what of a sum is not finite.</summary>
public sealed class NotFiniteTests
{
    private const int MicroBatches = 6;
    private const int Length = 100_003;

    [Theory]
    [InlineData(true, 70_001, float.NaN)]
    [InlineData(true, 0, float.NegativeInfinity)]
    [InlineData(false, 70_001, float.NaN)]
    [InlineData(false, 100_002, float.PositiveInfinity)]
    public void Whoever_finishes_that_part_of_the_sum_sees_whose_node_it_was_and_all_see_who_finished_it(bool shared, int at, float bad)
    {
        var vectors = Vectors();
        vectors[3][at] = bad;
        var found = Sum(shared, vectors);
        var finisher = Assert.Single(found[0].Finishers);
        Assert.All(found, one => Assert.Equal([finisher], one.Finishers));
        for (var member = 0; member < 3; member++)
        {
            Assert.Equal(member == finisher ? [new NotFiniteNode(1, 2, 4)] : [], found[member].Given);
        }
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Finite_numbers_whose_sum_is_not_are_nobodys(bool shared)
    {
        var vectors = Vectors();
        (vectors[0][5], vectors[5][5]) = (float.MaxValue, float.MaxValue);
        Assert.All(Sum(shared, vectors), one => Assert.Equal((0, 1), (one.Given.Count, one.Finishers.Count)));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void The_next_sum_does_not_remember_the_last(bool shared)
    {
        using var fleet = new Fleet(3, options => options with { SharedMemory = shared });
        var groups = fleet.Enter(fleet.View(1, MicroBatches, 2, 2, 2));
        Assert.Contains(Sum(groups, Bad()), one => one.Given.Count > 0);
        Assert.All(Sum(groups, Vectors()), one => Assert.Equal((0, 0), (one.Given.Count, one.Finishers.Count)));
        Array.ForEach(groups, group => group.Dispose());
    }

    [Fact]
    public void Every_float_is_looked_at()
    {
        for (var length = 0; length < 70; length++)
        {
            var values = Enumerable.Range(0, length).Select(i => i % 3 == 0 ? float.MaxValue : i % 3 == 1 ? float.Epsilon : -i).ToArray();
            Assert.True(Finite.All(values));
            for (var at = 0; at < length; at++)
            {
                foreach (var bad in new[] { float.NaN, float.PositiveInfinity, float.NegativeInfinity })
                {
                    var right = values[at];
                    values[at] = bad;
                    Assert.False(Finite.All(values));
                    values[at] = right;
                }
            }
        }
    }

    private static float[][] Vectors() =>
        [.. Enumerable.Range(0, MicroBatches).Select(m => Enumerable.Range(0, Length).Select(i => (float)((m + 1) * (i % 7))).ToArray())];

    private static float[][] Bad()
    {
        var vectors = Vectors();
        Array.Fill(vectors[0], float.NaN);
        return vectors;
    }

    private static NotFiniteSum[] Sum(bool shared, float[][] vectors)
    {
        using var fleet = new Fleet(3, options => options with { SharedMemory = shared });
        var groups = fleet.Enter(fleet.View(1, MicroBatches, 2, 2, 2));
        var found = Sum(groups, vectors);
        Array.ForEach(groups, group => group.Dispose());
        return found;
    }

    private static NotFiniteSum[] Sum(Group[] groups, float[][] vectors)
    {
        var found = new NotFiniteSum[groups.Length];
        Fleet.Each(groups, group =>
        {
            using var tree = Fleet.Share(group, vectors);
            var sum = new float[Length];
            group.AllReduce(1, tree.Partials, sum);
            found[group.Self] = group.Examine(sum);
        });
        return found;
    }
}
