using TiMix.Protocol.Monitoring;

namespace TiMix.Protocol.Tests.Monitoring;

public sealed class ReportOrderTests
{
    private readonly ReportOrder _order = new();

    [Fact]
    public void Each_step_is_written_once_and_in_order()
    {
        Assert.True(_order.IsNext(1, 0, oldest: true));
        Assert.False(_order.IsNext(1, 1, oldest: true));
        Assert.True(_order.IsNext(2, 1, oldest: false));
        Assert.False(_order.IsNext(4, 2, oldest: false));
        Assert.True(_order.IsNext(3, 2, oldest: false));
    }

    [Fact]
    public void Over_a_gap_the_oldest_report_that_comes_twice_counts_if_nobody_has_told_of_what_is_missing()
    {
        Assert.False(_order.IsNext(7, 4, oldest: true));
        Assert.True(_order.IsNext(7, 4, oldest: true));

        Assert.False(_order.IsNext(12, 7, oldest: true));
        Assert.True(_order.IsNext(8, 7, oldest: false));
        Assert.False(_order.IsNext(12, 8, oldest: true));
        Assert.False(_order.IsNext(12, 8, oldest: false));
        Assert.True(_order.IsNext(12, 8, oldest: true));
    }
}
