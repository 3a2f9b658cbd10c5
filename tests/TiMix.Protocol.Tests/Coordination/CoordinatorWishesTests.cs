using TiMix.Protocol.Messages;
using TiMix.Protocol.Values;
using static TiMix.Protocol.Coordination.CoordinatorInputs;
using static TiMix.Protocol.Messages.CoordinatorCommands;
using static TiMix.Protocol.Messages.CoordinatorEvents;

namespace TiMix.Protocol.Tests.Coordination;

public sealed class CoordinatorWishesTests
{
    [Fact]
    public void A_run_that_is_paused_cannot_be_paused_again_and_one_that_is_not_cannot_be_continued()
    {
        var desk = CoordinatorDesk.Training("a");
        Assert.False(Ask(desk, new ContinueRun()).Done);
        Assert.True(Ask(desk, new PauseRun()).Done);
        Assert.False(Ask(desk, new PauseRun()).Done);
        Assert.True(Ask(desk, new ContinueRun()).Done);
        Assert.Equal(2, desk.Events.Count(happened => happened is RunPaused or RunContinued));
    }

    [Fact]
    public void A_wish_to_stop_makes_the_trainers_stop_after_their_step_and_ends_the_run_with_a_snapshot()
    {
        var desk = CoordinatorDesk.Training("a");
        Assert.True(Ask(desk, new StopRun()).Done);
        Assert.Contains(new TrainerOrders.StopAfterStep(1), desk.SentTo("at-a"));
        desk.Trainer("a", TrainerPhase.Stopped, 1, 5, "h");
        Assert.Contains(new TrainerOrders.TakeSnapshot(5), desk.SentTo("at-a"));
        desk.Snapshot(5);
        Assert.Equal(RunStatus.Stopped, desk.Core.Run.Status);
        Assert.Equal(RunOutcome.Stopped, Assert.Single(desk.Published<MonitorMessages.Over>()).Outcome);
        Assert.Equal(new NodeMessages.RunOver(RunOutcome.Stopped, null), Assert.Single(desk.SentTo("node-a")));
        Assert.False(Ask(desk, new StopRun()).Done);
    }

    [Fact]
    public void Whoever_wants_no_answer_to_a_wish_gets_none()
    {
        var desk = CoordinatorDesk.Training("a");
        desk.Hear("", new StopRun());
        Assert.Empty(desk.SentTo(""));
    }

    [Fact]
    public void A_snapshot_that_is_wished_for_is_ordered_of_the_first_trainer()
    {
        var desk = CoordinatorDesk.Training("a", "b");
        desk.All(TrainerPhase.Running, 1, 5, null, "a", "b");
        Assert.True(Ask(desk, new WantSnapshot()).Done);
        Assert.Contains(new TrainerOrders.SnapshotFrom(6), desk.SentTo("at-a"));
        Assert.DoesNotContain(desk.SentTo("at-b"), message => message is TrainerOrders.SnapshotFrom);
    }

    [Fact]
    public void A_snapshot_cannot_be_wished_for_while_nobody_has_a_state()
    {
        var desk = new CoordinatorDesk();
        desk.Tell(new Recovered());
        Assert.False(Ask(desk, new WantSnapshot()).Done);
    }

    [Fact]
    public void A_node_is_drained_unless_it_is_unknown_or_the_only_one_of_a_role()
    {
        var desk = CoordinatorDesk.Training("a", "b");
        desk.Node("services", "loader", "mixer");
        desk.Taken();
        Assert.True(Ask(desk, new DrainNode("nowhere")).Unknown);
        Assert.False(Ask(desk, new DrainNode("services")).Done);
        Assert.True(Ask(desk, new DrainNode("a")).Done);
        Assert.IsType<NodeMessages.LeaveRun>(Assert.Single(desk.SentTo("node-a")));
        Assert.Empty(desk.SentTo("node-services"));
    }

    private static Answer Ask(CoordinatorDesk desk, ICommand wish)
    {
        desk.Hear("user", wish);
        return desk.SentTo("user").OfType<Answer>().Last();
    }
}
