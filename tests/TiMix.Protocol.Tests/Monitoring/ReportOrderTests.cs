using TiMix.Protocol.Monitoring;

namespace TiMix.Protocol.Tests.Monitoring;

public sealed class ReportOrderTests
{
    private readonly ReportOrder _order = new();

    [Fact]
    public void Each_step_is_written_once_and_in_order()
    {
        Assert.True(_order.IsNext(1, 0, oldest: true, 0));
        Assert.False(_order.IsNext(1, 1, oldest: true, 0));
        Assert.True(_order.IsNext(2, 1, oldest: false, 0));
        Assert.False(_order.IsNext(4, 2, oldest: false, 0));
        Assert.True(_order.IsNext(3, 2, oldest: false, 0));
    }

    [Fact]
    public void Over_a_gap_the_oldest_report_counts_if_nobody_has_told_of_what_is_missing_for_a_moment()
    {
        Assert.False(_order.IsNext(7, 4, oldest: true, 100));
        Assert.False(_order.IsNext(7, 4, oldest: true, 99 + ReportOrder.Moment));
        Assert.False(_order.IsNext(7, 4, oldest: false, 100 + ReportOrder.Moment));
        Assert.True(_order.IsNext(7, 4, oldest: true, 100 + ReportOrder.Moment));

        Assert.False(_order.IsNext(12, 7, oldest: true, 5000));
        Assert.True(_order.IsNext(8, 7, oldest: false, 5500));
        Assert.False(_order.IsNext(12, 8, oldest: true, 9000));
        Assert.True(_order.IsNext(12, 8, oldest: true, 9000 + ReportOrder.Moment));
    }

    [Fact]
    public void Of_two_that_tell_of_what_comes_after_a_gap_the_one_with_the_older_report_is_waited_for_as_long_as_it_speaks()
    {
        Assert.False(_order.IsNext(7, 3, oldest: true, 0));
        Assert.False(_order.IsNext(5, 3, oldest: true, 10));
        Assert.False(_order.IsNext(7, 3, oldest: true, ReportOrder.Moment));
        Assert.True(_order.IsNext(5, 3, oldest: true, ReportOrder.Moment + 5));

        Assert.False(_order.IsNext(9, 5, oldest: true, 10_000));
        Assert.False(_order.IsNext(11, 5, oldest: true, 10_001));
        Assert.False(_order.IsNext(11, 5, oldest: true, 9_999 + ReportOrder.Moment));
        Assert.True(_order.IsNext(11, 5, oldest: true, 10_000 + ReportOrder.Moment));
    }
}
