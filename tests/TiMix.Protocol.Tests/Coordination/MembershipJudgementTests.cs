using TiMix.Protocol.Messages;
using TiMix.Protocol.Values;
using static TiMix.Protocol.Messages.CoordinatorEvents;

namespace TiMix.Protocol.Tests.Coordination;

/// <summary>Who is believed, who is put out, and when it is the run's own arithmetic.</summary>
public sealed partial class MembershipTests
{
    [Fact]
    public void One_that_most_others_accuse_is_charged_and_the_step_is_computed_without_it()
    {
        Train(["a", "b", "c"], 5);
        Abort("a", 5, Not("c", 5, 6, 7));
        Abort("b", 5, Not("c", 5, 6, 7));
        Abort("c", 5);
        var events = Decide();
        var charged = Assert.IsType<TrainerCharged>(events[0]);
        Assert.Equal(("c", OffenceKind.NotFinite, 5L), (charged.Trainer, charged.Kind, charged.Step));
        Assert.Equal(["n-a", "n-b"], charged.AccusedBy);
        var proposed = Assert.IsType<ViewProposed>(events[^1]);
        Assert.Equal(["a", "b"], proposed.View.Shares.Select(share => share.Trainer));
        Assert.Equal(new ViewCause(ViewCauseKind.Accused, "n-c"), proposed.Reason);

        // When the others have computed the step it may come back.
        Ready(2, 5, "a", "b");
        Run(2, 5, "a", "b");
        Abort("c", 5, 1);
        Assert.Empty(Decide());
        Run(2, 6, "a", "b");
        Assert.Equal(["a", "b", "c"], Decide().OfType<ViewProposed>().Single().View.Shares.Select(share => share.Trainer));
    }

    [Fact]
    public void Others_get_a_moment_to_see_for_themselves_what_one_is_accused_of()
    {
        Train(["a", "b", "c"], 5);
        Abort("a", 5, Not("c", 5, 6));
        Decide();
        Assert.Empty(Ordered<TrainerOrders.Halt>());
        Pass(_options.Grace);
        Decide();
        Assert.Equal(["b", "c"], Ordered<TrainerOrders.Halt>());
    }

    [Fact]
    public void The_word_of_one_convicts_nobody_however_often_it_is_given()
    {
        Train(["a", "b", "c"], 5);
        for (var generation = 1L; generation <= 2; generation++)
        {
            Abort("a", 5, generation, Not("b", 5, 3));
            Abort("b", 5, generation);
            Abort("c", 5, generation);
            var events = Decide();
            Assert.Equal(("n-a", "n-b", false), events.OfType<NodesDisagreed>().Select(two => (two.Node, two.Other, two.OfTwo)).Single());
            Assert.DoesNotContain(events, happened => happened is TrainerCharged or TrainerLost);
        }

        // The one that says so stays out: whoever is accused with reason soon disagrees with another.
        Assert.Equal(["b", "c"], _run.Proposed!.View.Shares.Select(share => share.Trainer));
    }

    [Fact]
    public void One_that_disagrees_with_two_is_the_bad_one()
    {
        Train(["a", "b", "c", "d"], 5);
        for (var generation = 1L; generation <= 2; generation++)
        {
            Abort("a", 5, generation, Not("b", 5, 3), Not("c", 5, 4));
            foreach (var other in new[] { "b", "c", "d" })
            {
                Abort(other, 5, generation);
            }

            Assert.Equal(generation == 2, Decide().OfType<TrainerLost>().Any(lost => lost is { Trainer: "a", Reason.Kind: LossKind.Offended }));
        }
    }

    [Fact]
    public void A_part_that_nobody_could_send_in_good_faith_is_not_forgiven()
    {
        Train(["a", "b", "c"], 5);
        Abort("a", 5, Not("c", 5, 6) with { Kind = OffenceKind.Malformed });
        Abort("b", 5, Not("c", 5, 6) with { Kind = OffenceKind.Malformed });
        Abort("c", 5);
        Assert.Equal(new LossReason(LossKind.Offended), Decide().OfType<TrainerLost>().Single().Reason);
    }

    [Fact]
    public void Of_two_the_accused_stays_out_when_it_is_accused_again()
    {
        Train(["a", "b"], 5);
        for (var generation = 1L; generation <= 2; generation++)
        {
            Assert.Equal(2, (_run.View ?? _run.Proposed!.View).Shares.Count);
            Abort("a", 5, generation, Not("b", 5, 6));
            Abort("b", 5, generation);
            Decide();
        }

        Assert.Equal(["a"], _run.Proposed!.View.Shares.Select(share => share.Trainer));
        Ready(3, 5, "a");
        Run(3, 7, "a");
        Abort("b", 5, 2);
        Assert.IsType<ProgressRecorded>(Assert.Single(Decide()));

        // With a third there is somebody who can tell.
        Hear("c", TrainerPhase.Idle, 0, -1);
        Assert.Equal(["a", "b", "c"], Assert.IsType<ViewProposed>(Decide()[^1]).View.Shares.Select(share => share.Trainer));
    }

    [Fact]
    public void A_step_that_is_not_finite_for_another_trainer_either_ends_the_run()
    {
        Train(["a", "b"], 5);
        Abort("a", 5, Not("a", 5, 0));
        Abort("b", 5, Not("a", 5, 0));
        Assert.Equal(["b"], Assert.IsType<ViewProposed>(Decide()[^1]).View.Shares.Select(share => share.Trainer));
        Ready(2, 5, "b");
        Abort("b", 5, 2, Not("b", 5, 0, 1) with { What = "a smaller rate may help" });
        Assert.Equal(new StopReason(StopKind.Failed, Said: "a smaller rate may help"), Assert.IsType<RunStopped>(Decide()[^1]).Reason);
    }

    [Fact]
    public void Two_whose_own_parts_are_not_finite_end_the_run_at_once()
    {
        Train(["a", "b", "c"], 5);
        Abort("a", 5, Not("a", 5, 0) with { What = "diverged" });
        Abort("b", 5, Not("b", 5, 3) with { What = "diverged" });
        Abort("c", 5);
        Assert.Equal("diverged", Assert.IsType<RunStopped>(Decide()[^1]).Reason.Said);
    }

    [Fact]
    public void A_lone_trainer_whose_step_is_not_finite_ends_the_run()
    {
        Train(["a"], 5);
        Abort("a", 5, Not("a", 5, 0) with { What = "diverged" });
        Assert.Equal("diverged", Assert.IsType<RunStopped>(Decide()[^1]).Reason.Said);
    }

    [Fact]
    public void Whoever_finished_a_sum_is_asked_for_only_if_all_its_parts_are_right()
    {
        Train(["a", "b", "c"], 5);
        Abort("a", 5, Not("b", 5, 0) with { Kind = OffenceKind.SumNotFinite }, Not("c", 5, 4));
        Abort("b", 5, Not("c", 5, 4));
        Abort("c", 5, Not("b", 5, 0) with { Kind = OffenceKind.SumNotFinite });
        Assert.Equal("c", Assert.Single(Decide().OfType<TrainerCharged>()).Trainer);
    }

    [Fact]
    public void States_that_two_say_again_and_again_differ_stop_the_run_with_both_names()
    {
        Train(["a", "b"], 5);
        for (var generation = 1L; generation <= 3; generation++)
        {
            Assert.Equal(RunStatus.Running, _run.Status);
            _membership = _membership.Hear(Status("a", TrainerPhase.Aborted, generation, 0, "h0"), _now);
            _membership = _membership.Hear(Status("b", TrainerPhase.Aborted, generation, 0, "other"), _now);
            _run = _run with { ViewHash = null };
            Decide();
        }

        Assert.StartsWith("n-a and n-b had other weights than each other 3 times", $"{_run.StopReason}", StringComparison.Ordinal);
    }

    [Fact]
    public void One_that_has_another_state_than_it_began_with_is_wrong_even_of_two()
    {
        Train(["a", "b"], 0);
        Abort("a", 0);
        _membership = _membership.Hear(Status("b", TrainerPhase.Aborted, 1, 0, "other"), _now);
        Assert.Equal(("b", true), Decide().OfType<ReplicaDiverged>().Select(diverged => (diverged.Trainer, diverged.Outvoted)).Single());
    }

    [Fact]
    public void One_that_computes_for_a_deadline_while_another_waits_for_it_is_lost()
    {
        Train(["a", "b", "c"], 5);
        At("a", 5, StepStage.Gather);
        At("b", 5, StepStage.Forward);
        At("c", 5, StepStage.Data);
        PassWithStatuses(_options.StepDeadline, ("a", StepStage.Gather), ("b", StepStage.Forward), ("c", StepStage.Data));
        var lost = Assert.Single(Decide(once: true).OfType<TrainerLost>());
        Assert.Equal(("b", LossKind.Stuck), (lost.Trainer, lost.Reason.Kind));
        Assert.Equal(OffenceKind.Stuck, Assert.Single(_run.Book.Offences["n-b"]).Kind);
        Assert.Contains("b", _run.Ended.Keys);
    }

    [Theory]
    [InlineData(StepStage.Forward, StepStage.Forward)]
    [InlineData(StepStage.Gather, StepStage.Data)]
    public void A_run_that_is_slow_as_a_whole_or_waits_for_data_loses_nobody(StepStage one, StepStage other)
    {
        Train(["a", "b"], 5);
        At("a", 5, one);
        At("b", 5, other);
        PassWithStatuses(1.5 * _options.StepDeadline, ("a", one), ("b", other));
        Assert.Empty(Decide().OfType<TrainerLost>());
        Assert.Empty(Ordered<TrainerOrders.Halt>());
    }

    [Fact]
    public void Shares_that_take_long_have_a_longer_deadline()
    {
        Train(["a", "b"], 5);
        At("a", 5, StepStage.Gather, secondsPerMicroBatch: 1);
        At("b", 5, StepStage.Backward, secondsPerMicroBatch: 1);
        PassWithStatuses(_options.StepDeadline, ("a", StepStage.Gather), ("b", StepStage.Backward));
        Assert.Empty(Decide().OfType<TrainerLost>());
        PassWithStatuses(TimeSpan.FromSeconds((_options.StepPatience * 4) - 60), ("a", StepStage.Gather), ("b", StepStage.Backward));
        Assert.Equal("b", Assert.Single(Decide(once: true).OfType<TrainerLost>()).Trainer);
    }

    [Fact]
    public void Where_everybody_waits_for_somebody_else_all_hold_still()
    {
        Train(["a", "b"], 5);
        At("a", 5, StepStage.Gather);
        At("b", 5, StepStage.Gather);
        PassWithStatuses(2 * _options.StepDeadline, ("a", StepStage.Gather), ("b", StepStage.Gather));
        Decide();
        Assert.Equal(["a", "b"], Ordered<TrainerOrders.Halt>());
    }

    private static Accusation Not(string trainer, long step, params int[] microBatches) =>
        new(trainer, OffenceKind.NotFinite, step, microBatches, "not finite");

    private void Abort(string trainer, long applied, params Accusation[] accused) => Abort(trainer, applied, 1, accused);

    private void Abort(string trainer, long applied, long generation, params Accusation[] accused) => _membership = _membership.Hear(
        Status(trainer, TrainerPhase.Aborted, generation, applied, $"h{applied}") with { Accused = accused }, _now);

    private void Ready(long generation, long applied, params string[] trainers)
    {
        foreach (var trainer in trainers)
        {
            Hear(trainer, TrainerPhase.Ready, generation, applied, $"h{applied}");
        }

        Decide();
    }

    private void Run(long generation, long applied, params string[] trainers)
    {
        foreach (var trainer in trainers)
        {
            Hear(trainer, TrainerPhase.Running, generation, applied);
        }
    }

    private void At(string trainer, long applied, StepStage stage, double secondsPerMicroBatch = 0.01) => _membership = _membership.Hear(
        Status(trainer, TrainerPhase.Running, 1, applied, null) with { Stage = stage, SecondsPerMicroBatch = secondsPerMicroBatch }, _now);

    private void PassWithStatuses(TimeSpan time, params (string Trainer, StepStage Stage)[] where)
    {
        for (var passed = TimeSpan.Zero; passed < time; passed += TimeSpan.FromSeconds(1))
        {
            Assert.DoesNotContain(_membership.Decide(_run, _now).Events, happened => happened is TrainerLost);
            Pass(TimeSpan.FromSeconds(1));
            foreach (var (trainer, stage) in where)
            {
                var before = _membership.Statuses.Single(status => status.Trainer == trainer);
                At(trainer, before.Applied, stage, before.SecondsPerMicroBatch);
            }
        }
    }
}
