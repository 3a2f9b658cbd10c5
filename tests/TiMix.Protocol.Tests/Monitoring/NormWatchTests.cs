using TiMix.Protocol.Monitoring;

namespace TiMix.Protocol.Tests.Monitoring;

public sealed class NormWatchTests
{
    private readonly NormWatch _watch = new();

    [Fact]
    public void A_norm_that_is_ten_times_the_median_is_told_once_in_a_hundred_steps()
    {
        var told = new List<long>();
        for (var step = 1L; step <= 400; step++)
        {
            var norm = step is 30 or 31 or 129 or 200 ? 10.1 * 2 : step % 2 == 0 ? 1.5 : 2;
            if (_watch.Hear(step, norm) is { } median)
            {
                Assert.InRange(median, 1.5, 2);
                told.Add(step);
            }
        }

        Assert.Equal([30, 200], told);
    }

    [Fact]
    public void Norms_of_the_first_steps_and_steps_that_are_told_again_are_no_jumps()
    {
        Assert.All(Enumerable.Range(1, NormWatch.WarmUp), step => Assert.Null(_watch.Hear(step, step == 7 ? 1e6 : 1)));
        Assert.Null(_watch.Hear(NormWatch.WarmUp, 1e9));
        Assert.Equal(1, _watch.Hear(NormWatch.WarmUp + 1, 11));
    }

    [Fact]
    public void What_is_normal_follows_the_last_hundred_steps()
    {
        for (var step = 1L; step <= 300; step++)
        {
            Assert.Null(_watch.Hear(step, step <= 150 ? 1 : 1 + ((step - 150) * 0.05)));
        }

        Assert.Null(_watch.Hear(301, 50));
    }
}
