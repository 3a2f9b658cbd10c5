using TiMix.Protocol.Messages;
using TiMix.Protocol.Notices;
using TiMix.Protocol.Values;
using static TiMix.Protocol.Messages.CoordinatorCommands;
using static TiMix.Protocol.Messages.CoordinatorEvents;

namespace TiMix.Protocol.Tests.Coordination;

/// <summary>Trainers that nobody serves compute nothing: it is said, and whoever wants to stop is heard all the same.</summary>
public sealed class CoordinatorStallTests
{
    [Theory]
    [InlineData("mixer", WaitKind.NoMixer)]
    [InlineData("loader", WaitKind.NoLoader)]
    public void What_no_step_can_do_without_is_named_with_the_time_for_which_it_has_been_missing(string gone, WaitKind kind)
    {
        var desk = Training("a");
        Pass(desk, 20_000);
        Assert.Null(Describe(desk).Waiting);
        Pass(desk, 30_000, gone);
        Assert.Equal(new WaitReason(kind), Describe(desk).Waiting);
        Assert.InRange(Describe(desk).WaitingFor, 24_000, 25_500);
        Assert.Equal(new Notice.Waiting(new WaitReason(kind)), Assert.Single(desk.Published<MonitorMessages.Told>()).Notice);

        Pass(desk, 1_000);
        Assert.Equal((null, 0), (Describe(desk).Waiting, Describe(desk).WaitingFor));
    }

    [Fact]
    public void A_run_that_only_waits_for_an_evaluator_says_so()
    {
        var desk = Training("a");
        desk.Trainer("a", TrainerPhase.Running, 1, 100);
        desk.Snapshot(100);
        Pass(desk, 10_000, "evaluator", step: 100);
        Assert.Equal(WaitKind.NoEvaluator, Describe(desk).Waiting?.Kind);
    }

    [Fact]
    public void A_step_that_nobody_serves_is_broken_off_by_a_wish_to_stop_and_the_newest_state_is_saved()
    {
        var desk = Training("a", "b");
        Pass(desk, 10_000, "mixer");
        desk.Taken();
        desk.Hear("user", new StopRun());
        Assert.Contains(new TrainerOrders.Halt(1), desk.SentTo("at-a"));
        Assert.Contains(new TrainerOrders.Halt(1), desk.SentTo("at-b"));
        desk.All(TrainerPhase.Aborted, 1, 5, "h", "a", "b");
        Assert.Contains(new TrainerOrders.TakeSnapshot(5), desk.SentTo("at-a"));
        desk.Snapshot(5);
        Assert.Equal(StopReason.Requested, desk.Events.OfType<RunStopped>().Single().Reason);
    }

    [Fact]
    public void A_trainer_that_is_to_leave_leaves_with_a_snapshot_though_its_step_cannot_end()
    {
        var desk = Training("a");
        Pass(desk, 10_000, "loader");
        desk.Taken();
        desk.Trainer("a", TrainerPhase.Running, 1, 5, leaving: true);
        Assert.Contains(new TrainerOrders.Halt(1), desk.SentTo("at-a"));
        desk.Trainer("a", TrainerPhase.Aborted, 1, 5, "h", leaving: true);
        Assert.Contains(new TrainerOrders.TakeSnapshot(5), desk.SentTo("at-a"));
        desk.Snapshot(5);
        desk.Trainer("a", TrainerPhase.Aborted, 1, 5, "h", leaving: true);
        Assert.IsType<TrainerOrders.Release>(desk.SentTo("at-a")[^1]);
    }

    [Fact]
    public void A_helper_that_is_started_anew_costs_nobody_a_step()
    {
        var desk = Training("a");
        Pass(desk, 6_000, "mixer");
        Assert.Equal(WaitKind.NoMixer, Describe(desk).Waiting?.Kind);
        desk.Taken();
        desk.Hear("user", new StopRun());
        Assert.Contains(new TrainerOrders.StopAfterStep(1), desk.SentTo("at-a"));
        Assert.DoesNotContain(desk.SentTo("at-a"), order => order is TrainerOrders.Halt);
    }

    private static CoordinatorDesk Training(params string[] trainers)
    {
        var desk = CoordinatorDesk.Training(trainers);
        Pass(desk, 1_000);
        desk.Taken();
        return desk;
    }

    private static ClusterDescription Describe(CoordinatorDesk desk)
    {
        desk.Hear("asker", new NodeMessages.DescribeCluster());
        return (ClusterDescription)desk.SentTo("asker")[^1];
    }

    /// <summary>Time passes; trainers and all helpers but one go on speaking.</summary>
    private static void Pass(CoordinatorDesk desk, long milliseconds, string? silent = null, long step = 5)
    {
        string[] trainers = [.. desk.Core.Run.Trainers.Keys];
        for (var until = desk.Now + milliseconds; desk.Now < until;)
        {
            desk.Now += 250;
            desk.All(TrainerPhase.Running, 1, step, null, trainers);
            foreach (var role in new[] { "loader", "mixer", "evaluator" }.Where(role => role != silent))
            {
                desk.Hear(role, new NodeMessages.ServiceStatus("services", role));
            }

            desk.Tell(Tick.Instance);
        }
    }
}
