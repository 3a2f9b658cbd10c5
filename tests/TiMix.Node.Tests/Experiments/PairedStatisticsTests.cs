using TiMix.Node.Experiments;

namespace TiMix.Node.Tests.Experiments;

public sealed class PairedStatisticsTests
{
    [Theory]
    [InlineData(1, 12.706)]
    [InlineData(4, 2.776)]
    [InlineData(9, 2.262)]
    public void Quantiles_are_those_of_the_published_table(int freedom, double published) =>
        Assert.Equal(published, PairedStatistics.Quantile(0.975, freedom), 5e-4);

    [Fact]
    public void Differences_have_the_interval_and_the_p_worked_out_by_hand()
    {
        var difference = new PairedDifference([1, 2, 3, 4, 5]);
        Assert.Equal(3, difference.Spread.Mean, 1e-12);
        Assert.Equal(Math.Sqrt(2.5), difference.Spread.Deviation, 1e-12);
        Assert.Equal(3 - (2.7764 * Math.Sqrt(0.5)), difference.Low, 1e-3);
        Assert.Equal(0.0132, difference.P, 1e-4);
        Assert.True(difference.ExcludesZero);
        Assert.Equal("+ + + + +", difference.Signs);
    }

    [Fact]
    public void Seeds_needed_are_the_fewest_whose_interval_would_leave_0_out()
    {
        // 4.303 · 0.7071 / √3 = 1.757 is more than 1.5, 3.182 · 0.7071 / √4 = 1.125 is less.
        var difference = new PairedDifference([1, 2]);
        Assert.False(difference.ExcludesZero);
        Assert.Equal(4, difference.SeedsNeeded);
        Assert.Null(new PairedDifference([-1, 1]).SeedsNeeded);
        Assert.Null(new PairedDifference([1]).SeedsNeeded);
    }

    [Fact]
    public void Holm_multiplies_the_smallest_p_most_and_never_goes_down()
    {
        double[] adjusted = PairedStatistics.Holm([0.01, 0.04, double.NaN, 0.03]);
        Assert.Equal(0.03, adjusted[0], 1e-12);
        Assert.Equal(0.06, adjusted[1], 1e-12);
        Assert.True(double.IsNaN(adjusted[2]));
        Assert.Equal(0.06, adjusted[3], 1e-12);
    }
}
