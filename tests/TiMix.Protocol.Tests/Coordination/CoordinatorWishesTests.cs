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
        Assert.Equal(new CoordinatorAnswer.NotPaused(), Ask(desk, new ContinueRun()));
        Assert.Equal(new CoordinatorAnswer.Pauses(0), Ask(desk, new PauseRun()));
        Assert.Equal(new CoordinatorAnswer.PausedAlready(), Ask(desk, new PauseRun()));
        Assert.Equal(new CoordinatorAnswer.Continues(0), Ask(desk, new ContinueRun()));
        Assert.Equal(2, desk.Events.Count(happened => happened is RunPaused or RunContinued));
    }

    [Fact]
    public void A_wish_to_stop_makes_the_trainers_stop_after_their_step_and_ends_the_run_with_a_snapshot()
    {
        var desk = CoordinatorDesk.Training("a");
        Assert.Equal(new CoordinatorAnswer.Stops(), Ask(desk, new StopRun()));
        Assert.Contains(new TrainerOrders.StopAfterStep(1), desk.SentTo("at-a"));
        desk.Trainer("a", TrainerPhase.Stopped, 1, 5, "h");
        Assert.Contains(new TrainerOrders.TakeSnapshot(5), desk.SentTo("at-a"));
        desk.Snapshot(5);
        Assert.Equal(RunStatus.Stopped, desk.Core.Run.Status);
        Assert.Equal(RunOutcome.Stopped, Assert.Single(desk.Published<MonitorMessages.Over>()).Outcome);
        Assert.Equal(new NodeMessages.RunOver(RunOutcome.Stopped, null), Assert.Single(desk.SentTo("node-a")));
        Assert.Equal(new CoordinatorAnswer.StandsStill(StopReason.Requested), Ask(desk, new StopRun()));
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
        Assert.Equal(new CoordinatorAnswer.SnapshotComes(6), Ask(desk, new WantSnapshot()));
        Assert.Contains(new TrainerOrders.SnapshotFrom(6), desk.SentTo("at-a"));
        Assert.DoesNotContain(desk.SentTo("at-b"), message => message is TrainerOrders.SnapshotFrom);
    }

    [Fact]
    public void A_snapshot_cannot_be_wished_for_while_nobody_has_a_state()
    {
        var desk = new CoordinatorDesk();
        desk.Tell(new Recovered());
        Assert.Equal(new CoordinatorAnswer.NoState(), Ask(desk, new WantSnapshot()));
    }

    [Fact]
    public void A_node_is_drained_unless_it_is_unknown_or_the_only_one_of_a_role()
    {
        var desk = CoordinatorDesk.Training("a", "b");
        desk.Node("services", "loader", "mixer");
        desk.Taken();
        Assert.Equal(["a", "b", "services"], Assert.IsType<CoordinatorAnswer.UnknownNode>(Ask(desk, new DrainNode("nowhere"))).Present.Order());
        Assert.Equal(new CoordinatorAnswer.Indispensable("services", "loader"), Ask(desk, new DrainNode("services")));
        Assert.Equal(new CoordinatorAnswer.TrainerLeaves("a"), Ask(desk, new DrainNode("a")));
        Assert.IsType<NodeMessages.LeaveRun>(Assert.Single(desk.SentTo("node-a")));
        Assert.Empty(desk.SentTo("node-services"));
    }

    [Fact]
    public void The_last_trainer_may_leave_and_so_may_one_of_two_mixers()
    {
        var desk = CoordinatorDesk.Training("a");
        desk.Node("mixer-1", "mixer");
        desk.Node("mixer-2", "mixer");
        Assert.Equal(new CoordinatorAnswer.LastTrainerLeaves("a"), Ask(desk, new DrainNode("a")));
        Assert.Equal(new CoordinatorAnswer.ServiceLeaves("mixer-2"), Ask(desk, new DrainNode("mixer-2")));
    }

    [Fact]
    public void Nothing_can_be_wished_of_a_run_whose_steps_are_done_and_a_snapshot_that_is_there_is_not_written_again()
    {
        var desk = CoordinatorDesk.Training("a");
        desk.Trainer("a", TrainerPhase.Running, 1, 9);
        desk.Snapshot(10);
        Assert.Equal(new CoordinatorAnswer.SnapshotThere(10), Ask(desk, new WantSnapshot()));
        desk.Snapshot(100);
        Assert.Equal(new CoordinatorAnswer.AllStepsDone(), Ask(desk, new WantSnapshot()));
        Assert.Equal(new CoordinatorAnswer.AllStepsDone(), Ask(desk, new PauseRun()));
        desk.Evaluated(100, 50);
        desk.Trainer("a", TrainerPhase.Idle, 1, 100);
        Assert.Equal(new CoordinatorAnswer.Finished(), Ask(desk, new StopRun()));
    }

    private static CoordinatorAnswer Ask(CoordinatorDesk desk, ICommand wish)
    {
        desk.Hear("user", wish);
        return desk.SentTo("user").OfType<Answer>().Last().What;
    }
}
