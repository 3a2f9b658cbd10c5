using TiMix.Protocol.Coordination;
using TiMix.Protocol.Messages;
using TiMix.Protocol.Values;
using static TiMix.Protocol.Messages.CoordinatorEvents;

namespace TiMix.Protocol.Tests.Coordination;

/// <summary>Views that begin in mid-training.</summary>
public sealed partial class MembershipTests
{
    [Fact]
    public void A_newcomer_follows_while_the_others_train_and_all_go_over_when_all_are_ready()
    {
        Train(["a", "b"], 5);
        Hear("c", TrainerPhase.Idle, 0, -1);
        var proposed = Assert.IsType<ViewProposed>(Decide()[^1]);
        Assert.True(proposed.Ahead);
        Assert.Equal([StateWay.Keep, StateWay.Keep, StateWay.Copy], proposed.Sources.Select(source => source.Way));
        Assert.Equal((1L, 2), (_run.View!.Generation, _run.View.Shares.Count));
        Assert.Equal(["a", "b", "c"], Ordered<TrainerOrders.PrepareAhead>());

        Ahead("a", 6, ready: 2);
        Ahead("b", 6, ready: 2);
        Hear("c", TrainerPhase.Following, 2, -1);
        Assert.Empty(Decide());
        Assert.Empty(Ordered<TrainerOrders.SwitchAfterStep>());
        Follow("c", ready: 2);
        Assert.Empty(Decide());
        Assert.Equal(["a", "b"], Ordered<TrainerOrders.SwitchAfterStep>());

        GoneOver("b", applied: 9, began: 8);
        var installed = Assert.IsType<ViewInstalled>(Decide()[0]);
        Assert.Equal((2L, 8L), (installed.Generation, installed.FromStep));
        Assert.Equal((8L, 3), (_run.View!.FromStep, _run.View.Shares.Count));
    }

    [Fact]
    public void One_that_leaves_goes_when_the_others_have_gone_over_to_a_view_without_it()
    {
        Train(["a", "b", "c"], 5);
        Hear("c", TrainerPhase.Running, 1, 5, leaving: true);
        Assert.Equal(["a", "b"], Assert.IsType<ViewProposed>(Decide()[^1]).View.Shares.Select(share => share.Trainer));
        Assert.Equal(["a", "b"], Ordered<TrainerOrders.PrepareAhead>());
        Ahead("a", 6, ready: 2);
        Ahead("b", 6, ready: 2);
        Decide();
        Assert.Equal(["a", "b"], Ordered<TrainerOrders.SwitchAfterStep>());
        Hear("c", TrainerPhase.Stopped, 1, 7, "h7", leaving: true);
        Decide();
        Assert.Empty(Ordered<TrainerOrders.Release>());
        GoneOver("a", applied: 7, began: 7);
        GoneOver("b", applied: 7, began: 7);
        Assert.Equal([typeof(ViewInstalled), typeof(TrainerLost)], Decide().Select(happened => happened.GetType()));
    }

    /// <summary>What one has computed wrong in the last step before it trains alone would be seen by nobody.</summary>
    [Fact]
    public void Two_of_whom_one_leaves_hold_still_and_compare_their_states()
    {
        Train(["a", "b"], 5);
        Hear("b", TrainerPhase.Running, 1, 5, leaving: true);
        Assert.IsType<ProgressRecorded>(Assert.Single(Decide()));
        Assert.Equal(["a", "b"], Ordered<TrainerOrders.StopAfterStep>());
    }

    [Fact]
    public void One_whose_link_to_the_next_view_broke_ends_it_and_nothing_else()
    {
        Train(["a", "b"], 5);
        Hear("c", TrainerPhase.Idle, 0, -1);
        Decide();
        Ahead("a", 6, ready: 2);
        Ahead("b", 6, fence: 2);
        Follow("c", ready: 2);
        Assert.Empty(Decide());
        Assert.Equal(["a"], Ordered<TrainerOrders.Withdraw>());
        Assert.Equal(["c"], Ordered<TrainerOrders.Halt>());
    }

    [Fact]
    public void One_that_has_told_the_others_that_it_goes_over_is_waited_for()
    {
        Train(["a", "b"], 5);
        Hear("c", TrainerPhase.Idle, 0, -1);
        Decide();
        _membership = _membership.Bury("c");
        Decide();
        Assert.Equal(["a", "b"], Ordered<TrainerOrders.Withdraw>());
        Ahead("a", 6, fence: 2);
        Assert.Empty(Decide());
        GoneOver("b", applied: 7, began: 7);
        Assert.Equal([typeof(ViewInstalled)], Decide().Select(happened => happened.GetType()));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void One_that_is_left_behind_breaks_the_view_that_the_others_have_gone_over_to(bool follows)
    {
        Train(["a", "b"], 5);
        Hear("c", TrainerPhase.Idle, 0, -1);
        Decide();
        GoneOver("a", applied: 7, began: 7);
        if (follows)
        {
            GoneOver("b", applied: 7, began: 7);
            Follow("c", ready: 2);
        }
        else
        {
            Hear("b", TrainerPhase.Stopped, 1, 7, "h7");
            GoneOver("c", applied: 7, began: 7);
        }

        Decide();
        Assert.Equal(follows ? [] : ["a", "c"], Ordered<TrainerOrders.Halt>());
        Pass(_options.Lease - TimeSpan.FromMilliseconds(100));
        GoneOver("a", applied: 7, began: 7);
        GoneOver("b", applied: 7, began: 7);
        Follow("c", ready: 2);
        Assert.Empty(Decide());
        Assert.Empty(Ordered<TrainerOrders.Halt>());
        Pass(TimeSpan.FromMilliseconds(500));
        Decide();
        Assert.Equal(["a", "b", "c"], Ordered<TrainerOrders.Halt>());
    }

    [Fact]
    public void What_two_hold_against_each_other_counts_once_although_the_next_view_is_being_prepared()
    {
        Train(["a", "b"], 5);
        Hear("c", TrainerPhase.Idle, 0, -1);
        Decide();
        Abort("a", 5, new Accusation("b", OffenceKind.OtherState, 5, [], "b has another state"));
        _membership = _membership.Hear(Status("b", TrainerPhase.Aborted, 1, 5, "other"), _now);
        Pass(_options.Grace);
        Assert.Single(Decide().OfType<NodesDisagreed>());
    }

    [Fact]
    public void A_spare_takes_the_place_of_one_that_died_and_whoever_joins_is_the_next_one()
    {
        _membership = new Membership(_options with { Spares = 1 }, _now);
        Train(["a", "b", "c"], 5);
        Assert.Equal([4, 4, 0], Counts());

        _membership = _membership.Bury("a");
        Decide();
        Hear("b", TrainerPhase.Aborted, 1, 5, "h5");
        Hear("c", TrainerPhase.Aborted, 1, 5, "h5");
        var next = Decide().OfType<ViewProposed>().Single();
        Assert.Equal([4, 4], Counts());
        Assert.All(next.Sources, source => Assert.Equal(StateWay.Keep, source.Way));

        Hear("b", TrainerPhase.Ready, 2, 5, "h5");
        Hear("c", TrainerPhase.Ready, 2, 5, "h5");
        Decide();
        Hear("b", TrainerPhase.Running, 2, 6);
        Hear("c", TrainerPhase.Running, 2, 6);
        Hear("a2", TrainerPhase.Idle, 0, -1);
        Decide();
        Assert.Equal([0, 4, 4], Counts());
    }

    [Fact]
    public void One_that_leaves_takes_its_place_along_and_the_spare_stays_one()
    {
        _membership = new Membership(_options with { Spares = 1 }, _now);
        Train(["a", "b", "c", "d"], 5);
        Assert.Equal([3, 3, 2, 0], Counts());
        Hear("b", TrainerPhase.Running, 1, 5, leaving: true);
        Decide();
        Assert.Equal([4, 4, 0], Counts());
    }

    [Fact]
    public void No_spare_is_kept_from_work_that_the_run_needs_it_for()
    {
        _membership = new Membership(_options with { Spares = 2, MinTrainers = 2 }, _now);
        Train(["a", "b"], 5);
        Assert.Equal([4, 4], Counts());
    }

    private int[] Counts() => [.. (_run.Proposed?.View ?? _run.View!).Shares.Select(share => share.Count)];

    private void Follow(string trainer, long ready) =>
        _membership = _membership.Hear(Status(trainer, TrainerPhase.Following, 2, -1, null) with { Ahead = ready }, _now);

    private void GoneOver(string trainer, long applied, long began) =>
        _membership = _membership.Hear(Status(trainer, TrainerPhase.Running, 2, applied, null) with { Began = began }, _now);
}
