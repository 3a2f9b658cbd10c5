using TiMix.Protocol.Coordination;
using TiMix.Protocol.Messages;
using TiMix.Protocol.Values;
using static TiMix.Protocol.Messages.CoordinatorEvents;

namespace TiMix.Protocol.Tests.Coordination;

public sealed partial class MembershipTests
{
    private const long Steps = 100;
    private readonly Dictionary<string, long> _numbers = [];
    private readonly MembershipOptions _options = new();
    private long _now = 1_000_000;
    private Membership _membership;
    private RunState _run = RunState.Empty.Apply(new RunStarted("{}", Steps, 8, 1));

    public MembershipTests() => _membership = new Membership(_options, _now);

    [Fact]
    public void The_first_trainers_draw_the_state_and_copy_it()
    {
        Hear("a", TrainerPhase.Idle, 0, -1);
        Hear("b", TrainerPhase.Idle, 0, -1);
        var proposed = Assert.IsType<ViewProposed>(Decide()[^1]);
        Assert.Equal([new StateSource("a", StateWay.Draw, null), new StateSource("b", StateWay.Copy, "a", "e-a")], proposed.Sources);
        Assert.Equal(["a", "b"], Ordered<TrainerOrders.Prepare>());
    }

    [Fact]
    public void A_view_is_installed_when_all_are_ready_with_the_same_bits()
    {
        Propose("a", "b");
        Hear("a", TrainerPhase.Ready, 1, 0, "h0");
        Hear("b", TrainerPhase.Preparing, 1, -1);
        Assert.Empty(Decide());
        Hear("b", TrainerPhase.Ready, 1, 0, "h0");
        Assert.IsType<ViewInstalled>(Assert.Single(Decide()));
        Assert.Equal(["a", "b"], Ordered<TrainerOrders.Begin>());
    }

    [Fact]
    public void A_view_whose_trainers_have_different_bits_is_not_installed()
    {
        Propose("a", "b");
        Hear("a", TrainerPhase.Ready, 1, 0, "h0");
        Hear("b", TrainerPhase.Ready, 1, 0, "other");
        Assert.Equal(("n-a", "n-b", true), Decide().Cast<NodesDisagreed>().Select(two => (two.Node, two.Other, two.States)).Single());
        Assert.Equal(["a", "b"], Ordered<TrainerOrders.Halt>());
    }

    [Fact]
    public void An_older_status_that_arrives_late_is_not_believed()
    {
        Propose("a");
        Hear("a", TrainerPhase.Ready, 1, 0, "h0");
        _membership = _membership.Hear(Status("a", TrainerPhase.Preparing, 1, -1, null) with { Number = 1 }, _now);
        Assert.Equal(TrainerPhase.Ready, Assert.Single(_membership.Statuses).Phase);
    }

    [Fact]
    public void When_a_view_did_not_come_about_ahead_a_newcomer_stops_the_others_and_copies_the_newest_state()
    {
        Train(["a", "b"], 5);
        Hear("c", TrainerPhase.Idle, 0, -1);
        Decide();
        Hear("c", TrainerPhase.Aborted, 2, -1);
        Decide();
        Assert.Equal(["a", "b"], Ordered<TrainerOrders.Withdraw>());
        Ahead("a", 5, fence: 2);
        Assert.Empty(Decide());
        Ahead("b", 5, fence: 2);
        Assert.IsType<ViewWithdrawn>(Assert.Single(Decide()));
        Assert.Equal(["a", "b"], Ordered<TrainerOrders.StopAfterStep>());
        Hear("a", TrainerPhase.Stopped, 1, 6, "h6");
        Assert.Empty(Decide());
        Hear("b", TrainerPhase.Stopped, 1, 6, "h6");
        var proposed = Assert.IsType<ViewProposed>(Decide()[^1]);
        Assert.Equal((6, 1, new ViewCause(ViewCauseKind.Joins, "n-c")), (proposed.View.FromStep, proposed.Lineage, proposed.Reason));
        Assert.Equal([StateWay.Keep, StateWay.Keep, StateWay.Copy], proposed.Sources.Select(source => source.Way));
    }

    [Fact]
    public void When_a_link_breaks_nothing_is_proposed_before_all_who_live_hold_still()
    {
        Train(["a", "b", "c"], 5);
        Hear("a", TrainerPhase.Aborted, 1, 6, "h6", suspects: ["c"]);
        Assert.Empty(Decide());
        Assert.Equal(["b", "c"], Ordered<TrainerOrders.Halt>());
        Hear("b", TrainerPhase.Aborted, 1, 5, "h5", suspects: ["c"]);
        Assert.Empty(Decide());
        Pass(_options.Grace);
        Hear("a", TrainerPhase.Aborted, 1, 6, "h6", suspects: ["c"]);
        Hear("b", TrainerPhase.Aborted, 1, 5, "h5", suspects: ["c"]);
        Assert.Equal("c", Assert.IsType<TrainerLost>(Assert.Single(Decide(once: true))).Trainer);
        var proposed = Assert.IsType<ViewProposed>(Decide()[^1]);
        Assert.Equal([new StateSource("a", StateWay.Keep, null), new StateSource("b", StateWay.Copy, "a", "e-a")], proposed.Sources);
    }

    [Fact]
    public void One_that_says_nothing_for_a_lease_is_lost()
    {
        Train(["a", "b"], 5);
        Pass(_options.Lease);
        Hear("a", TrainerPhase.Running, 1, 5);
        Assert.Equal("b", Assert.IsType<TrainerLost>(Decide(once: true)[0]).Trainer);
    }

    [Fact]
    public void A_coordinator_that_starts_anew_waits_for_the_members_before_it_decides_about_them()
    {
        Train(["a", "b"], 5);
        _membership = new Membership(_options, _now);
        Hear("a", TrainerPhase.Aborted, 1, 5, "h5");
        Assert.Empty(Decide());
        Pass(_options.Lease);
        Hear("a", TrainerPhase.Aborted, 1, 5, "h5");
        Assert.Equal(new LossReason(LossKind.DidNotComeBack), Assert.IsType<TrainerLost>(Decide(once: true)[0]).Reason);
    }

    [Fact]
    public void Two_that_differ_are_both_journaled_and_training_goes_back()
    {
        Train(["a", "b"], 5);
        Hear("a", TrainerPhase.Aborted, 1, 5, "h5");
        Hear("b", TrainerPhase.Aborted, 1, 5, "other");
        Assert.Equal(["a", "b"], Decide(once: true).OfType<ReplicaDiverged>().Select(diverged => diverged.Trainer));
        var proposed = Assert.IsType<ViewProposed>(Decide()[^1]);
        Assert.Equal((0, 2), (proposed.View.FromStep, proposed.Lineage));
    }

    [Fact]
    public void One_that_differed_is_not_believed_when_it_is_the_only_one_left()
    {
        Train(["a", "b", "c"], 5);
        Hear("a", TrainerPhase.Aborted, 1, 5, "h5");
        Hear("b", TrainerPhase.Aborted, 1, 5, "h5");
        Hear("c", TrainerPhase.Aborted, 1, 5, "other");
        Assert.Equal("c", Assert.IsType<ReplicaDiverged>(Assert.Single(Decide(once: true))).Trainer);
        _membership = _membership.Bury("a").Bury("b");
        Assert.Equal(StateWay.Draw, Assert.Single(Assert.IsType<ViewProposed>(Decide()[^1]).Sources).Way);
    }

    [Fact]
    public void One_that_leaves_gives_its_state_and_is_released_when_the_view_stands()
    {
        Train(["a"], 5);
        Hear("b", TrainerPhase.Idle, 0, -1);
        Hear("a", TrainerPhase.Stopped, 1, 6, "h6", leaving: true);
        var proposed = Assert.IsType<ViewProposed>(Decide()[^1]);
        Assert.Equal([new StateSource("b", StateWay.Copy, "a", "e-a")], proposed.Sources);
        Assert.Empty(Ordered<TrainerOrders.Release>());
        Hear("b", TrainerPhase.Ready, 2, 6, "h6");
        Assert.Contains(Decide(), happened => happened is TrainerLost { Trainer: "a", Reason.Kind: LossKind.Left });
        Assert.Equal(["a"], Ordered<TrainerOrders.Release>());
    }

    [Fact]
    public void A_view_that_would_copy_from_one_that_has_gone_is_given_up_at_once()
    {
        Train(["a"], 5);
        Hear("b", TrainerPhase.Idle, 0, -1);
        Hear("a", TrainerPhase.Stopped, 1, 6, "h6", leaving: true);
        Decide();
        Hear("b", TrainerPhase.Preparing, 2, -1);
        _membership = _membership.Bury("a");
        Decide();
        Assert.Equal(["b"], Ordered<TrainerOrders.Halt>());
        Hear("b", TrainerPhase.Aborted, 2, -1);
        Assert.Equal(StateWay.Draw, Assert.Single(Assert.IsType<ViewProposed>(Decide()[^1]).Sources).Way);
    }

    [Fact]
    public void The_last_one_that_leaves_writes_a_snapshot_first()
    {
        Train(["a"], 5);
        Hear("a", TrainerPhase.Stopped, 1, 6, "h6", leaving: true);
        Assert.Empty(Decide());
        Assert.Equal(["a"], Ordered<TrainerOrders.TakeSnapshot>());
        _run = _run.Apply(new SnapshotCommitted(6, "s6", "h6", _now));
        Decide();
        Assert.Equal(["a"], Ordered<TrainerOrders.Release>());
    }

    [Fact]
    public void A_pause_ends_with_a_snapshot_and_does_not_stop_the_run_that_is_continued()
    {
        Train(["a"], 5);
        _membership = _membership.Stop(StopReason.Requested);
        Hear("a", TrainerPhase.Stopped, 1, 6, "h6");
        Assert.Empty(Decide());
        Assert.Equal(["a"], Ordered<TrainerOrders.TakeSnapshot>());
        _run = _run.Apply(new SnapshotCommitted(6, "s6", "h6", _now));
        Assert.Equal(StopReason.Requested, Assert.IsType<RunStopped>(Assert.Single(Decide())).Reason);
        _run = _run.Decide(new CoordinatorCommands.BeginRun("{}", Steps, 8, 1), _now).Aggregate(_run, (state, happened) => state.Apply(happened));
        Assert.Equal(StateWay.Restore, Assert.Single(Assert.IsType<ViewProposed>(Decide()[^1]).Sources).Way);
    }

    [Fact]
    public void Whoever_runs_on_although_the_run_is_paused_is_halted_and_whoever_wants_to_leave_may()
    {
        Train(["a", "b"], 5);
        _run = _run.Apply(new RunStopped(new StopReason(StopKind.Failed, Said: "disk full"), _now));
        Hear("b", TrainerPhase.Aborted, 1, 5, "h5", leaving: true);
        Assert.Empty(Decide());
        Assert.Equal(["a"], Ordered<TrainerOrders.Halt>());
        Assert.Equal(["b"], Ordered<TrainerOrders.Release>());
    }

    [Fact]
    public void The_snapshot_of_the_last_step_is_asked_for_until_it_counts()
    {
        Train(["a", "b"], Steps);
        Decide();
        Assert.Equal(["a"], Ordered<TrainerOrders.TakeSnapshot>());
        Pass(_options.RepeatInterval);
        Decide();
        Assert.Equal(["a"], Ordered<TrainerOrders.TakeSnapshot>());
        _run = _run.Apply(new SnapshotCommitted(Steps, "s", "h", _now));
        Pass(_options.RepeatInterval);
        Decide();
        Assert.Empty(Ordered<TrainerOrders.TakeSnapshot>());
    }

    [Fact]
    public void Where_one_has_stopped_a_coordinator_that_does_not_know_why_stops_the_others()
    {
        Train(["a", "b"], Steps);
        _membership = new Membership(_options, _now);
        Hear("a", TrainerPhase.Stopped, 1, Steps, "h");
        Hear("b", TrainerPhase.Running, 1, Steps);
        Decide();
        Assert.Equal(["b"], Ordered<TrainerOrders.StopAfterStep>());
    }

    [Fact]
    public void An_order_is_given_again_only_after_a_while()
    {
        Propose("a");
        Decide();
        Hear("a", TrainerPhase.Idle, 0, -1);
        Decide();
        Assert.Empty(Ordered<TrainerOrders.Prepare>());
        Pass(_options.RepeatInterval);
        Decide();
        Assert.Equal(["a"], Ordered<TrainerOrders.Prepare>());
    }

    [Fact]
    public void Late_news_of_a_dead_process_does_not_bury_its_successor_for_ever()
    {
        Hear("successor", TrainerPhase.Idle, 0, -1);
        _membership = _membership.BuryNode("n-successor");
        Hear("successor", TrainerPhase.Idle, 0, -1);
        Assert.Empty(_membership.Statuses);
        Pass(_options.Lease);
        Hear("successor", TrainerPhase.Idle, 0, -1);
        Assert.Single(_membership.Statuses);
    }

    private IReadOnlyList<Addressed> _orders = [];

    [Theory]
    [InlineData(5, 0.1, 0.4, false)]
    [InlineData(99, 0.1, 0.1, false)]
    [InlineData(99, 0.1, 0.4, true)]
    public void Shares_follow_speeds_that_have_settled(long step, double fast, double slow, bool changes)
    {
        _run = RunState.Empty.Apply(new RunStarted("{}", 1000, 8, 1));
        Train(["a", "b"], step + 1);
        _membership = _membership.Hear(Status("a", TrainerPhase.Running, 1, step + 1, null) with { SecondsPerMicroBatch = fast }, _now);
        _membership = _membership.Hear(Status("b", TrainerPhase.Running, 1, step + 1, null) with { SecondsPerMicroBatch = slow }, _now);
        int[][] shares = [.. Decide().OfType<ViewProposed>().Select(proposed => proposed.View.Shares.Select(share => share.Count).ToArray())];
        Assert.Equal(changes ? [[7, 1]] : [], shares);
    }

    [Fact]
    public void One_that_the_others_cannot_reach_costs_them_nothing_and_is_left_out_for_a_while()
    {
        Train(["a"], 5);
        Hear("b", TrainerPhase.Idle, 0, -1);
        Decide();
        for (var late = TimeSpan.FromSeconds(1); late <= _options.PrepareDeadline; late += TimeSpan.FromSeconds(1))
        {
            Assert.Empty(Ordered<TrainerOrders.Withdraw>());
            Pass(TimeSpan.FromSeconds(1));
            Ahead("a", 6);
            Hear("b", TrainerPhase.Following, 2, -1);
            Assert.Empty(Decide());
        }

        Assert.Equal(["a"], Ordered<TrainerOrders.Withdraw>());
        Assert.Equal(["b"], Ordered<TrainerOrders.Halt>());
        Ahead("a", 7, fence: 2);
        Hear("b", TrainerPhase.Aborted, 2, -1);
        Assert.IsType<ViewWithdrawn>(Assert.Single(Decide()));
        Assert.Empty(Ordered<TrainerOrders.StopAfterStep>());
        Pass(_options.Exclusion);
        Ahead("a", 8, fence: 2);
        Hear("b", TrainerPhase.Aborted, 2, -1);
        Assert.Equal(["a", "b"], Assert.IsType<ViewProposed>(Decide()[^1]).View.Shares.Select(share => share.Trainer));
    }

    private void Ahead(string trainer, long applied, long ready = 0, long fence = 0) => _membership = _membership.Hear(
        Status(trainer, TrainerPhase.Running, 1, applied, null) with { Ahead = ready, Fence = fence }, _now);

    private void Hear(
        string trainer, TrainerPhase phase, long generation, long applied, string? hash = null, bool leaving = false, string[]? suspects = null) =>
        _membership = _membership.Hear(Status(trainer, phase, generation, applied, hash) with { Leaving = leaving, Suspects = suspects ?? [] }, _now);

    private TrainerStatus Status(string trainer, TrainerPhase phase, long generation, long applied, string? hash) =>
        new(
            trainer, "n-" + trainer, _numbers[trainer] = _numbers.GetValueOrDefault(trainer) + 1, "e-" + trainer, "cpu", phase, generation,
            applied < 0 ? 0 : generation, applied, hash, [], false, 0);

    private void Pass(TimeSpan time) => _now += (long)time.TotalMilliseconds + 1;

    private string[] Ordered<T>() => [.. _orders.Where(order => order.Order is T).Select(order => order.Trainer)];

    /// <summary>Decides as the actor does: events are applied and it is decided again, until there are only orders.</summary>
    private List<IEvent> Decide(bool once = false)
    {
        var all = new List<IEvent>();
        while (true)
        {
            var decision = _membership.Decide(_run, _now);
            (_membership, _orders) = (decision.Next, decision.Orders);
            if (decision.Events.Count == 0)
            {
                return all;
            }

            all.AddRange(decision.Events);
            _run = decision.Events.Aggregate(_run, (state, happened) => state.Apply(happened));
            if (once)
            {
                return all;
            }
        }
    }

    private void Propose(params string[] trainers)
    {
        foreach (var trainer in trainers)
        {
            Hear(trainer, TrainerPhase.Idle, 0, -1);
        }

        Decide();
    }

    private void Train(string[] trainers, long step)
    {
        Propose(trainers);
        foreach (var trainer in trainers)
        {
            Hear(trainer, TrainerPhase.Ready, 1, 0, "h0");
        }

        Decide();
        foreach (var trainer in trainers)
        {
            Hear(trainer, TrainerPhase.Running, 1, step);
        }
    }
}
