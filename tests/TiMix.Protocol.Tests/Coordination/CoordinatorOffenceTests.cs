using TiMix.Base;
using TiMix.Protocol.Messages;
using TiMix.Protocol.Notices;
using TiMix.Protocol.Values;
using static TiMix.Protocol.Messages.CoordinatorEvents;

namespace TiMix.Protocol.Tests.Coordination;

/// <summary>Who has harmed the run: told once, ended, and not heard again, by no coordinator.</summary>
public sealed class CoordinatorOffenceTests
{
    private static readonly Accusation Shape = new("c", OffenceKind.Malformed, 0, [], "cannot be");

    [Fact]
    public void One_that_is_put_out_is_named_with_its_machine_and_told_to_end_whenever_it_speaks()
    {
        var desk = Offended();
        var put = Assert.Single(Told(desk).OfType<Notice.TrainerPutOut>());
        Assert.Equal(("c", "host", "cpu", 1), (put.Node, put.Host, put.Device, put.Offences));
        Assert.Equal([OffenceKind.Malformed], put.Kinds);
        Assert.Equal("c", Assert.Single(Told(desk).OfType<Notice.TrainerCharged>()).Node);
        Assert.Equal(new TrainerOrders.PutOut("c", new LossReason(LossKind.Offended), true), desk.SentTo("at-c").OfType<TrainerOrders.PutOut>().First());
        desk.Taken();
        desk.Trainer("c", TrainerPhase.Idle, 0, -1);
        Assert.IsType<TrainerOrders.PutOut>(Assert.Single(desk.SentTo("at-c")));
        Assert.DoesNotContain(Told(desk), notice => notice is Notice.TrainerPutOut);
    }

    [Fact]
    public void The_next_coordinator_knows_it_from_the_journal_and_a_resumed_run_begins_with_a_clean_book()
    {
        var events = Offended().Events;
        var next = new CoordinatorDesk(events);
        next.Tell(new TiMix.Protocol.Coordination.CoordinatorInputs.Recovered());
        next.Trainer("c", TrainerPhase.Idle, 0, -1);
        Assert.True(Assert.IsType<TrainerOrders.PutOut>(Assert.Single(next.SentTo("at-c"))).ForGood);
        var offender = Assert.Single(Described(next).Offenders);
        Assert.Equal(("c", 1, true), (offender.Node, offender.Offences, offender.IsPutOut));

        var resumed = new CoordinatorDesk(events, goOn: true);
        resumed.Tell(new TiMix.Protocol.Coordination.CoordinatorInputs.Recovered());
        resumed.Trainer("c", TrainerPhase.Idle, 0, -1);
        Assert.DoesNotContain(resumed.SentTo("at-c"), message => message is TrainerOrders.PutOut);
        Assert.Empty(Described(resumed).Offenders);
    }

    [Fact]
    public void A_norm_that_jumps_is_told()
    {
        var desk = CoordinatorDesk.Training("a");
        for (var step = 1L; step <= 60; step++)
        {
            desk.Hear("at-a", new MonitorMessages.StepApplied(
                new StepReport(step, 100, 0, 1, Named<double>.None, 0.1, 1e-3, step == 50 ? 30 : 2, 1, 1), [], false));
        }

        Assert.Equal([new Notice.GradientJumped(50, 30, 2)], Told(desk).OfType<Notice.GradientJumped>());
    }

    private static ClusterDescription Described(CoordinatorDesk desk)
    {
        desk.Hear("asker", new NodeMessages.DescribeCluster());
        return Assert.IsType<ClusterDescription>(desk.SentTo("asker")[^1]);
    }

    private static IReadOnlyList<Notice> Told(CoordinatorDesk desk) => [.. desk.Published<MonitorMessages.Told>().Select(told => told.Notice)];

    private static CoordinatorDesk Offended()
    {
        var desk = CoordinatorDesk.Training("a", "b", "c");
        var generation = desk.Core.Run.Generation;
        desk.Trainer("a", TrainerPhase.Aborted, generation, 0, "h", accused: Shape);
        desk.Trainer("b", TrainerPhase.Aborted, generation, 0, "h", accused: Shape);
        desk.Trainer("c", TrainerPhase.Aborted, generation, 0, "h");
        Assert.Equal(LossKind.Offended, Assert.Single(desk.Events.OfType<TrainerLost>()).Reason.Kind);
        Assert.Equal(["a", "b"], desk.Events.OfType<ViewProposed>().Last().View.Shares.Select(share => share.Trainer));
        return desk;
    }
}
