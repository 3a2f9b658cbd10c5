using TiMix.Protocol.Coordination;

namespace TiMix.Protocol.Tests.Coordination;

public sealed class ViewPlannerTests
{
    [Fact]
    public void Shares_cover_every_micro_batch_once_whatever_the_number_of_trainers()
    {
        for (var v = 1; v <= 17; v++)
        {
            for (var trainers = 1; trainers <= 9; trainers++)
            {
                var view = ViewPlanner.Plan(3, 4, Enumerable.Range(0, trainers).Select(i => Trainer($"n{i}", 0)), v);
                Assert.Equal((3, 4), (view.Generation, view.FromStep));
                Assert.Equal(Enumerable.Range(0, v), view.Shares.SelectMany(share => Enumerable.Range(share.First, share.Count)));
                Assert.True(view.Shares.Max(share => share.Count) - view.Shares.Min(share => share.Count) <= 1);
            }
        }
    }

    [Fact]
    public void A_spare_takes_part_wherever_its_name_stands_and_gets_nothing()
    {
        var view = ViewPlanner.Plan(1, 0, [Trainer("a", 0), Trainer("b", 0) with { IsSpare = true }, Trainer("c", 0)], 5);
        Assert.Equal([(0, 3), (3, 0), (3, 2)], view.Shares.Select(share => (share.First, share.Count)));
        Assert.Throws<ArgumentException>(() => ViewPlanner.Plan(1, 0, [Trainer("a", 0) with { IsSpare = true }], 5));
    }

    [Fact]
    public void Trainers_are_ordered_by_node_however_they_were_heard_of()
    {
        var view = ViewPlanner.Plan(1, 0, [Trainer("b", 0), Trainer("a", 0), Trainer("B", 0)], 6);
        Assert.Equal(["B", "a", "b"], view.Shares.Select(share => share.Node));
        Assert.Equal((2, -1), (view.PlaceOf("t-b"), view.PlaceOf("nobody")));
    }

    [Fact]
    public void One_that_is_three_times_slower_gets_a_third()
    {
        Assert.Equal([6, 2], ViewPlanner.Counts([0.1, 0.3], 8));
        Assert.Equal([4, 4], ViewPlanner.Counts([0.10, 0.11], 8));
    }

    [Fact]
    public void One_that_was_not_measured_counts_as_the_mean_of_the_others() => Assert.Equal([3, 3, 3], ViewPlanner.Counts([0.2, 0, 0.2], 9));

    [Fact]
    public void No_other_plan_is_done_earlier()
    {
        double[] seconds = [0.10, 0.17, 0.41];
        var planned = ViewPlanner.SlowestSeconds(ViewPlanner.Counts(seconds, 8), seconds);
        for (var a = 0; a <= 8; a++)
        {
            for (var b = 0; a + b <= 8; b++)
            {
                Assert.True(planned <= ViewPlanner.SlowestSeconds([a, b, 8 - a - b], seconds));
            }
        }
    }

    [Fact]
    public void A_view_needs_a_trainer() => Assert.Throws<ArgumentException>(() => ViewPlanner.Plan(1, 0, [], 4));

    private static Candidate Trainer(string node, double seconds) => new("t-" + node, node, "e", seconds);
}
