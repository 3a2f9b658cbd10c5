using TiMix.Protocol.Coordination;
using TiMix.Protocol.Messages;
using TiMix.Protocol.Notices;
using TiMix.Protocol.Values;
using static TiMix.Protocol.Coordination.CoordinatorEffects;
using static TiMix.Protocol.Coordination.CoordinatorInputs;
using static TiMix.Protocol.Messages.CoordinatorCommands;
using static TiMix.Protocol.Messages.CoordinatorEvents;

namespace TiMix.Protocol.Tests.Coordination;

public sealed class CoordinatorJournalTests
{
    [Fact]
    public void Nothing_is_answered_or_shown_before_the_journal_has_it()
    {
        var desk = CoordinatorDesk.Training("a", "b");
        desk.Slow = true;
        desk.Hear("user", new PauseRun());
        Assert.IsType<RunPaused>(Assert.Single(desk.Waiting!));
        Assert.False(desk.Core.Run.Paused);
        Assert.Empty(desk.SentTo("user"));
        Assert.Empty(desk.Published<MonitorMessages.Entered>());

        desk.Journal();
        Assert.True(desk.Core.Run.Paused);
        Assert.Equal(new Answer(new CoordinatorAnswer.Pauses(0)), Assert.Single(desk.SentTo("user")));
        Assert.Equal(new MonitorMessages.Entered(new RunPhase.Paused()), Assert.Single(desk.Published<MonitorMessages.Entered>()));
        Assert.IsType<TrainerOrders.StopAfterStep>(Assert.Single(desk.SentTo("at-a")));
    }

    [Fact]
    public void What_is_heard_while_the_journal_writes_is_heard_afterwards_in_its_order()
    {
        var desk = CoordinatorDesk.Training("a");
        desk.Slow = true;
        desk.Hear("user", new PauseRun());
        desk.Hear("onlooker", new NodeMessages.DescribeCluster());
        desk.Hear("user", new ContinueRun());
        desk.Hear("onlooker", new NodeMessages.DescribeCluster());
        Assert.Empty(desk.SentTo("onlooker"));

        desk.Journal();
        Assert.True(Assert.IsType<ClusterDescription>(Assert.Single(desk.SentTo("onlooker"))).Paused);
        Assert.IsType<RunContinued>(Assert.Single(desk.Waiting!));
        desk.Journal();
        Assert.Equal([true, false], desk.SentTo("onlooker").Cast<ClusterDescription>().Select(description => description.Paused));
    }

    [Fact]
    public void A_coordinator_whose_journal_refuses_says_so_and_steps_down_and_does_nothing_more()
    {
        var desk = CoordinatorDesk.Training("a");
        desk.Slow = true;
        desk.Hear("user", new PauseRun());
        desk.Hear("user", new DrainNode("a"));
        desk.Tell(new JournalRefused("its term is over"));
        Assert.Equal(new MonitorMessages.Told(new Notice.JournalRefused("its term is over")), Assert.Single(desk.SentTo("looker")));
        Assert.IsType<StepDown>(desk.Taken()[^1]);

        desk.Tell(new Journaled());
        desk.Tell(new SnapshotsFound([new FoundSnapshot(10, "step-10", "f")]));
        desk.Tell(Tick.Instance);
        desk.Trainer("a", TrainerPhase.Running, 1, 5);
        Assert.Empty(desk.Taken());
        Assert.False(desk.Core.Run.Paused);
    }

    [Fact]
    public void The_report_of_a_snapshot_is_acknowledged_when_it_is_journaled_and_again_when_it_is_told_again()
    {
        var desk = CoordinatorDesk.Training("a");
        desk.Slow = true;
        desk.Snapshot(10);
        Assert.Empty(desk.SentTo("at-a"));
        desk.Journal();
        Assert.Equal(new SnapshotMessages.Acknowledged(10), Assert.Single(desk.SentTo("at-a")));

        desk.Snapshot(10);
        Assert.Null(desk.Waiting);
        Assert.Equal(2, desk.SentTo("at-a").OfType<SnapshotMessages.Acknowledged>().Count());
    }

    [Fact]
    public void Before_the_journal_is_replayed_nothing_is_heard()
    {
        var desk = new CoordinatorDesk([new RunStarted("{}", 100, 8, 1)]);
        desk.Hear("onlooker", new NodeMessages.DescribeCluster());
        Assert.Empty(desk.Taken());
        desk.Tell(new Recovered());
        Assert.Equal(RunStatus.Running, Assert.IsType<ClusterDescription>(Assert.Single(desk.SentTo("onlooker"))).Status);
    }
}
