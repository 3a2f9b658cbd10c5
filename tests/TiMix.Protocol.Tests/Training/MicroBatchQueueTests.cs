using TiMix.Protocol.Training;
using TiMix.Protocol.Values;

namespace TiMix.Protocol.Tests.Training;

public sealed class MicroBatchQueueTests
{
    private readonly MicroBatchQueue _queue = new(steps: 10, prefetch: 2);

    [Fact]
    public void Those_of_the_next_view_are_ordered_beside_those_of_the_current_step_and_from_the_step_after_it_on()
    {
        _queue.Assign(0, 2, 4);
        Assert.Equal([(4, 0), (4, 1), (5, 0), (5, 1)], Ordered(ahead: false));
        Assert.Empty(_queue.Expect(1, 1));
        Assert.Equal([(6, 1), (7, 1)], Ordered(ahead: false));
        _queue.Expect(2, 2);
        Assert.Equal([(5, 2), (5, 3), (6, 2), (6, 3)], Ordered(ahead: true));
    }

    [Fact]
    public void What_is_here_for_the_next_view_stays_until_that_begins_or_comes_to_nothing()
    {
        _queue.Assign(0, 1, 4);
        _queue.Expect(1, 1);
        _queue.ToOrder(0, 1000);
        Arrive(5, 1);
        Arrive(6, 1);
        Assert.Empty(_queue.Advance(5));
        Assert.Equal([new MicroBatchKey(5, 1)], _queue.Advance(6));
        Assert.Empty(_queue.Assign(1, 1, 6));
        Assert.True(_queue.IsCurrentHere);
        _queue.Expect(0, 1);
        _queue.ToOrder(0, 0);
        Arrive(7, 0);
        Assert.Equal([new MicroBatchKey(7, 0)], _queue.Expect(0, 0));
    }

    [Fact]
    public void Nothing_is_ordered_beyond_the_last_step()
    {
        _queue.Assign(0, 1, 9);
        _queue.Expect(1, 1);
        Assert.Equal([(9, 0)], Ordered(ahead: false));
        Assert.Empty(Ordered(ahead: true));
    }

    private IEnumerable<(long, int)> Ordered(bool ahead)
    {
        var ordered = _queue.ToOrder(0, 1000);
        Assert.All(ordered, order => Assert.Equal(ahead, order.Ahead));
        return ordered.Select(order => (order.Key.Step, order.Key.MicroBatch));
    }

    private void Arrive(long step, int microBatch)
    {
        Assert.True(_queue.Answered(new MicroBatchKey(step, microBatch)));
        Assert.True(_queue.Fetched(new MicroBatchKey(step, microBatch), here: true));
    }
}
