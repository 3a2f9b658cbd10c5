using TiMix.Base;
using TiMix.Protocol.Messages;
using TiMix.Protocol.Values;
using static TiMix.Protocol.Coordination.CoordinatorEffects;
using static TiMix.Protocol.Coordination.CoordinatorInputs;
using static TiMix.Protocol.Messages.CoordinatorCommands;
using static TiMix.Protocol.Messages.CoordinatorEvents;

namespace TiMix.Protocol.Tests.Coordination;

public sealed class CoordinatorAcquaintanceTests
{
    [Fact]
    public void Trainers_and_mixers_are_told_of_a_newcomer_at_once_and_of_everybody_now_and_then()
    {
        var desk = CoordinatorDesk.Training("a");
        desk.Hear("mixer", new NodeMessages.ServiceStatus("services", "mixer"));
        desk.Hear("loader", new NodeMessages.ServiceStatus("services", "loader"));
        var roster = Assert.IsType<NodeMessages.Roster>(desk.SentTo("mixer")[^1]);
        Assert.Equal(["loader"], roster.Loaders);
        Assert.Equal("at-a", roster.Trainers["a"]);
        Assert.Contains(new Watch("loader"), desk.Wanted<Watch>());
        Assert.Empty(desk.SentTo("loader"));

        desk.Taken();
        desk.Hear("loader", new NodeMessages.ServiceStatus("services", "loader"));
        Assert.Empty(desk.SentTo("mixer"));
        Wait(desk, 1_250, "a");
        Assert.Single(desk.SentTo("mixer"));
    }

    [Fact]
    public void A_service_that_falls_silent_or_whose_node_dies_is_forgotten()
    {
        var desk = CoordinatorDesk.Training("a");
        desk.Hear("m1", new NodeMessages.ServiceStatus("one", "mixer"));
        desk.Hear("m2", new NodeMessages.ServiceStatus("two", "mixer"));
        desk.Hear("launcher", new ReportNodeLost("two"));
        Assert.Equal(["m1"], LastRoster(desk).Mixers);
        Wait(desk, 6_000, "a");
        Assert.Empty(LastRoster(desk).Mixers);
    }

    [Fact]
    public void A_trainer_whose_actor_has_ended_is_lost_at_once()
    {
        var desk = CoordinatorDesk.Training("a", "b");
        desk.Tell(new Gone("at-b"));
        Assert.Equal("b", desk.Events.OfType<TrainerLost>().Single().Trainer);
        Assert.Equal("b", Assert.Single(desk.Published<MonitorMessages.TrainerLost>()).Node);
        Assert.IsType<TrainerOrders.Halt>(desk.SentTo("at-a")[^1]);
    }

    [Fact]
    public void Nobody_is_blamed_for_the_silence_of_a_coordinator_that_was_away()
    {
        var desk = CoordinatorDesk.Training("a");
        Wait(desk, 500, "a");
        desk.Now += 60_000;
        desk.Tell(Tick.Instance);
        desk.Tell(Tick.Instance);
        Assert.DoesNotContain(desk.Events, happened => happened is TrainerLost);
        desk.Snapshot(20);
        Assert.Single(desk.SentTo("evaluator"));
        Wait(desk, 4_000);
        Assert.Single(desk.Events.OfType<TrainerLost>());
    }

    [Fact]
    public void A_node_that_is_gone_is_described_as_silent_for_half_a_minute()
    {
        var desk = CoordinatorDesk.Training("a");
        desk.Node("a", "trainer");
        Wait(desk, 29_000, "a");
        Assert.Equal(["a"], Describe(desk).Nodes.Select(node => node.Node));
        Assert.Equal(29_000, Describe(desk).Nodes[0].HeardAgo);
        Wait(desk, 2_000, "a");
        Assert.Empty(Describe(desk).Nodes);
    }

    [Fact]
    public void Whoever_looks_on_hears_where_the_run_stands_and_then_what_happens()
    {
        var desk = CoordinatorDesk.Training("a");
        desk.Hear("newcomer", new NodeMessages.Subscribe("page"));
        Assert.Collection(
            desk.SentTo("newcomer"),
            said => Assert.IsType<NodeMessages.Subscribed>(said),
            said => Assert.Equal(1, Assert.IsType<MonitorMessages.ViewBegan>(said).Change.View.Generation));
        Assert.Empty(desk.Wanted<Publish>());

        desk.Taken();
        desk.Hear("newcomer", new NodeMessages.Subscribe("page"));
        Assert.Empty(desk.Taken());
        desk.Snapshot(10);
        Assert.All(desk.Wanted<Publish>(), published => Assert.Equal(["looker", "newcomer"], published.Lookers));
    }

    [Fact]
    public void A_step_is_given_to_the_monitor_which_answers_the_trainer()
    {
        var desk = CoordinatorDesk.Training("a");
        var step = new MonitorMessages.StepApplied(new StepReport(1, 100, 0, 1, Named<double>.None, 1, 1, 1, 1, 1), [], true);
        desk.Hear("at-a", step);
        Assert.Equal(new RecordStep("at-a", step), Assert.Single(desk.Taken()));
    }

    private static NodeMessages.Roster LastRoster(CoordinatorDesk desk) => desk.SentTo("at-a").OfType<NodeMessages.Roster>().Last();

    private static ClusterDescription Describe(CoordinatorDesk desk)
    {
        desk.Hear("asker", new NodeMessages.DescribeCluster());
        return (ClusterDescription)desk.SentTo("asker")[^1];
    }

    /// <summary>Time passes, and these trainers go on speaking.</summary>
    private static void Wait(CoordinatorDesk desk, long milliseconds, params string[] trainers)
    {
        for (var until = desk.Now + milliseconds; desk.Now < until;)
        {
            desk.Now = Math.Min(until, desk.Now + 250);
            desk.All(TrainerPhase.Running, 1, 5, null, trainers);
            desk.Tell(Tick.Instance);
        }
    }
}
