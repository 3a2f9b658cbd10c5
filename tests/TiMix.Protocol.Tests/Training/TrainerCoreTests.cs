using TiMix.Base;
using TiMix.Protocol.Messages;
using TiMix.Protocol.Notices;
using TiMix.Protocol.Training;
using TiMix.Protocol.Values;

namespace TiMix.Protocol.Tests.Training;

/// <summary>What a trainer decides beyond its view, at given times: trainer a of the views {a: 0 and 1, b: 2 and 3}.</summary>
public sealed class TrainerCoreTests
{
    private sealed record Content(string Name) : IContent;

    private static readonly RunPlan Plan = new() { Steps = 10, MicroBatches = 4, Prefetch = 1, SnapshotEvery = 4, TeacherRefreshEvery = 2 };
    private readonly TrainerCore _trainer = new(new TrainerIdentity("a", "n1", "ea", "cpu"), "coordinator", Plan, warmUp: false);
    private long _now = 1_000_000;
    private bool _warm;

    [Fact]
    public void It_is_heard_of_when_it_is_warm()
    {
        var cold = new TrainerCore(new TrainerIdentity("a", "n1", "ea", "cpu"), "coordinator", Plan, warmUp: true);
        Assert.Equal([new TrainerEffects.WarmUp()], cold.Handle(new TrainerInputs.Started(), 1));
        Assert.Empty(cold.Handle(Tick.Instance, 2));
        Assert.Empty(cold.Handle(new TrainerInputs.AskedToLeave(), 3));
        Assert.True(Assert.IsType<TrainerStatus>(Said(Assert.Single(cold.Handle(new TrainerInputs.WarmedUp(), 4)))).Leaving);
        Assert.IsType<TrainerStatus>(Said(Assert.Single(cold.Handle(Tick.Instance, 5))));
    }

    [Fact]
    public void Its_own_micro_batches_and_some_beyond_are_ordered_by_turns_of_mixers()
    {
        Hear(Roster("m1", "m2"));
        Assert.Equal([("m1", Mix(0, 0)), ("m2", Mix(0, 1)), ("m2", Mix(1, 0))], Orders(Prepare(1, 0, StateWay.Draw)));
        Assert.Empty(Orders(After(TrainerCore.OrderAgainAfter - 1)));
        Assert.Equal([("m2", Mix(0, 0)), ("m1", Mix(0, 1)), ("m1", Mix(1, 0))], Orders(After(1)));
    }

    [Fact]
    public void When_mixers_change_all_that_is_on_order_is_ordered_anew()
    {
        Hear(Roster("m1"));
        Prepare(1, 0, StateWay.Draw);
        Assert.Equal(3, Orders(Hear(Roster("m2"))).Count);
        Assert.Empty(Orders(Hear(Roster("m2"))));
    }

    [Fact]
    public void A_step_is_computed_when_its_micro_batches_are_here_and_not_before()
    {
        Begin(StateWay.Draw);
        Assert.Empty(Bring(0, 0).OfType<TrainerEffects.Compute>());
        var compute = Assert.Single(Bring(0, 1).OfType<TrainerEffects.Compute>());
        Assert.Equal((0L, false, false), (compute.Step, compute.Last, compute.Capture));
        Assert.Equal([new MicroBatchKey(0, 0), new MicroBatchKey(0, 1)], compute.MicroBatches);
        Assert.Equal(
            [new TrainerEffects.DropMicroBatch(1, new MicroBatchKey(0, 0)), new TrainerEffects.DropMicroBatch(1, new MicroBatchKey(0, 1))],
            Do(Computed(1)).OfType<TrainerEffects.DropMicroBatch>());
    }

    [Fact]
    public void An_answer_that_is_late_doubled_or_of_another_lineage_is_released()
    {
        Begin(StateWay.Draw);
        Assert.Equal([new TrainerEffects.FetchMicroBatch(1, new MicroBatchKey(0, 0), Samples(0, 0))], Hear(Mixed(1, 0, 0)));
        Assert.Equal([new TrainerEffects.Release(Samples(0, 0))], Hear(Mixed(1, 0, 0)));
        Assert.Equal([new TrainerEffects.Release(Samples(0, 1))], Hear(Mixed(9, 0, 1)));
        Assert.Equal([new TrainerEffects.Release(Samples(0, 3))], Hear(Mixed(1, 0, 3)));
    }

    [Fact]
    public void A_micro_batch_that_was_gone_is_ordered_at_once_from_another_mixer()
    {
        Hear(Roster("m1", "m2"));
        Assert.Contains(("m2", Mix(0, 1)), Orders(Prepare(1, 0, StateWay.Draw)));
        Hear(Mixed(1, 0, 1));
        Assert.Equal([("m1", Mix(0, 1))], Orders(Do(new TrainerInputs.MicroBatchFetched(1, new MicroBatchKey(0, 1), false))));
    }

    [Fact]
    public void A_new_lineage_makes_void_what_mixers_and_teachers_said()
    {
        Begin(StateWay.Draw);
        Bring(0, 0);
        Do(new TrainerInputs.TeachersCollected(1, [0]));
        Do(new TrainerInputs.StateDamaged(StateUse.Copy, "bits"));
        var effects = Prepare(2, 0, StateWay.Draw, lineage: 2);
        Assert.Contains(new TrainerEffects.DropMicroBatch(1, new MicroBatchKey(0, 0)), effects);
        Assert.Contains(new TrainerEffects.DropTeacher(1, 0), effects);
        Assert.Equal([new TrainerEffects.DropTeacher(1, 1)], Do(new TrainerInputs.TeachersCollected(1, [1])));
        Assert.Equal(
            [new TrainerEffects.DropMicroBatch(1, new MicroBatchKey(0, 1))], Do(new TrainerInputs.MicroBatchFetched(1, new MicroBatchKey(0, 1), true)));
    }

    [Fact]
    public void A_snapshot_is_captured_with_the_step_that_it_is_due_after_by_the_first_of_the_view_alone()
    {
        Begin(StateWay.Draw);
        Assert.Equal([false, false, false, true, false], Enumerable.Range(0, 5).Select(step => Step(step).Capture));
    }

    [Fact]
    public void A_snapshot_that_somebody_wants_is_captured_once()
    {
        Begin(StateWay.Draw);
        Hear(new TrainerOrders.SnapshotFrom(2));
        Assert.Equal([false, true, false], Enumerable.Range(0, 3).Select(step => Step(step).Capture));
    }

    [Fact]
    public void Training_waits_for_the_disk_when_two_snapshots_are_under_way()
    {
        Begin(StateWay.Draw);
        Hear(new TrainerOrders.SnapshotFrom(3));
        for (var step = 0; step < 4; step++)
        {
            Step(step);
        }

        Bring(4, 0);
        Assert.Empty(Bring(4, 1).OfType<TrainerEffects.Compute>());
        var effects = Do(new TrainerInputs.SnapshotWritten(3, "step-3", "f3"));
        Assert.Equal(new CoordinatorCommands.ReportSnapshot(1, 3, "step-3", "f3"), Said(effects[0]));
        Assert.Single(effects.OfType<TrainerEffects.Compute>());
    }

    [Fact]
    public void A_snapshot_is_told_of_until_it_is_acknowledged_and_not_written_again()
    {
        Begin(StateWay.Draw);
        Halt(1);
        Assert.Equal([new TrainerEffects.CaptureState(0)], Hear(new TrainerOrders.TakeSnapshot(0)));
        Assert.Empty(Hear(new TrainerOrders.TakeSnapshot(0)));
        Assert.Equal([new TrainerEffects.WriteSnapshot(0)], Do(new TrainerInputs.StateCaptured(0)));
        var report = new CoordinatorCommands.ReportSnapshot(1, 0, "step-0", "f0");
        Assert.Equal([new Send("coordinator", report)], Do(new TrainerInputs.SnapshotWritten(0, "step-0", "f0")));
        Assert.Equal([new Send("coordinator", report)], Hear(new TrainerOrders.TakeSnapshot(0)));
        Assert.Contains(new Send("coordinator", report), After(1));
        Hear(new SnapshotMessages.Acknowledged(0));
        Assert.DoesNotContain(new Send("coordinator", report), After(1));
    }

    [Fact]
    public void A_snapshot_that_could_not_be_written_is_told_of_once_and_may_be_ordered_again()
    {
        Begin(StateWay.Draw);
        Halt(1);
        Hear(new TrainerOrders.TakeSnapshot(0));
        Do(new TrainerInputs.StateCaptured(0));
        Assert.Equal(
            [new Send("coordinator", new CoordinatorCommands.ReportSnapshotFailed(1, 0, "disk full"))],
            Do(new TrainerInputs.SnapshotNotWritten(0, "disk full")));
        Assert.Equal([new TrainerEffects.CaptureState(0)], Hear(new TrainerOrders.TakeSnapshot(0)));
    }

    [Fact]
    public void A_view_that_begins_at_a_step_whose_snapshot_is_due_and_not_committed_begins_with_it()
    {
        Prepare(1, 4, StateWay.Restore);
        Do(new TrainerInputs.LinksStand(1));
        Do(new TrainerInputs.StateObtained(1, 4, "h4"));
        Assert.Contains(new TrainerEffects.CaptureState(4), Hear(new TrainerOrders.Begin(1, 0)));
    }

    [Theory]
    [InlineData(StateUse.Hash)]
    [InlineData(StateUse.Obtain)]
    [InlineData(StateUse.Copy)]
    [InlineData(StateUse.Capture)]
    public void A_state_that_is_found_damaged_while_it_holds_still_counts_no_more(StateUse during)
    {
        Begin(StateWay.Draw);
        Halt(1, hash: during == StateUse.Hash ? null : "h0");
        if (during == StateUse.Obtain)
        {
            Assert.Contains(new TrainerEffects.VerifyState(2), Prepare(2, 0, StateWay.Keep));
        }

        Assert.Contains(Told(new Notice.StateDamaged("n1", "bits")), Do(new TrainerInputs.StateDamaged(during, "bits")));
        var status = Status();
        Assert.Equal((TrainerPhase.Aborted, -1L), (status.Phase, status.Applied));
        Assert.Null(status.Hash);
    }

    [Fact]
    public void A_state_that_was_kept_and_has_another_hash_than_it_held_still_with_counts_no_more()
    {
        Begin(StateWay.Draw);
        Halt(1);
        Prepare(2, 0, StateWay.Keep);
        Do(new TrainerInputs.LinksStand(2));
        Do(new TrainerInputs.StateObtained(2, 0, "other"));
        Assert.Equal((TrainerPhase.Aborted, -1L), (_trainer.Phase, _trainer.Step));
    }

    [Fact]
    public void Damage_that_a_copy_finds_while_a_step_is_computed_is_left_to_the_step()
    {
        Begin(StateWay.Draw);
        Bring(0, 0);
        Bring(0, 1);
        Assert.DoesNotContain(Do(new TrainerInputs.StateDamaged(StateUse.Copy, "bits")), effect => effect is TrainerEffects.Unlink);
        Assert.Contains(Do(new TrainerInputs.StateDamaged(StateUse.Step, "bits")), effect => effect is TrainerEffects.Unlink);
        Assert.Equal((TrainerPhase.Aborted, -1L), (_trainer.Phase, _trainer.Step));
    }

    [Fact]
    public void A_step_that_differs_or_is_not_in_the_audit_is_told_with_the_node()
    {
        Begin(StateWay.Draw);
        Bring(0, 0);
        Bring(0, 1);
        var unaudited = new Send("coordinator", new CoordinatorCommands.ReportAuditFailed(1, 1, "no space"));
        var effects = Do(Computed(1) with { AuditFailure = "no space" });
        Assert.Contains(Told(new Notice.AuditNotWritten("n1", 1, "no space")), effects);
        Assert.Contains(unaudited, effects);
        effects = Do(Tick.Instance);
        Assert.Contains(unaudited, effects);
        Assert.Contains(new TrainerEffects.WriteAudit(), effects);
        effects = [.. Do(new TrainerInputs.AuditWritten(-1)), .. Do(Tick.Instance)];
        Assert.Contains(unaudited, effects);
        Assert.DoesNotContain(unaudited, (IEffect[])[.. Do(new TrainerInputs.AuditWritten(1)), .. Do(Tick.Instance)]);
        Bring(1, 0);
        Bring(1, 1);
        Assert.Contains(Told(new Notice.StatesDiffer("n1", "a 1, b 2")), Do(new TrainerInputs.StepBroken([], "a 1, b 2")));
    }

    [Fact]
    public void Whoever_asks_for_the_state_before_it_is_here_gets_it_as_soon_as_it_is()
    {
        Prepare(1, 0, StateWay.Draw);
        Assert.Empty(Hear(new StateMessages.WantState(1, 0, 1), "b-address"));
        Assert.Contains(new TrainerEffects.CopyState("b-address", 1), Do(new TrainerInputs.StateObtained(1, 0, "h0")));
        var offer = new StateMessages.StateOffered(1, 0, "h0", new Content("state"));
        Assert.Equal([new Send("b-address", offer)], Do(new TrainerInputs.StateCopied("b-address", offer)));
    }

    [Fact]
    public void A_state_of_another_step_or_of_an_older_lineage_or_one_that_changes_is_not_given()
    {
        Begin(StateWay.Draw);
        Assert.Empty(Hear(new StateMessages.WantState(2, 0, 1), "b-address"));
        Halt(1);
        Assert.Empty(Hear(new StateMessages.WantState(2, 1, 1), "c-address"));
        Assert.Empty(Hear(new StateMessages.WantState(2, 0, 2), "d-address"));
    }

    [Fact]
    public void A_donor_is_asked_when_it_is_known_and_again_when_it_does_not_answer()
    {
        Assert.DoesNotContain(Prepare(1, 3, StateWay.Copy), effect => effect is Send { Message: StateMessages.WantState });
        var want = new Send("b-address", new StateMessages.WantState(1, 3, 1));
        Assert.Contains(want, Hear(Roster("m1")));
        Assert.DoesNotContain(want, After(TrainerCore.AskForStateAgainAfter));
        Assert.Contains(want, After(1));
        var offer = new StateMessages.StateOffered(1, 3, "h3", new Content("state"));
        Assert.Empty(Hear(offer, "stranger"));
        Assert.Equal([new TrainerEffects.AcceptState(offer)], Hear(offer, "b-address"));
        Assert.Equal([new TrainerEffects.Release(new Content("state"))], Hear(offer, "b-address"));
    }

    [Fact]
    public void A_copy_that_is_waited_for_ends_with_the_links()
    {
        Prepare(1, 3, StateWay.Copy);
        Do(new TrainerInputs.PeersLost(1, ["b"]));
        Assert.Equal((TrainerPhase.Aborted, 1), (_trainer.Phase, Status().Suspects.Count));
        var offer = new StateMessages.StateOffered(1, 3, "h3", new Content("state"));
        Assert.Equal([new TrainerEffects.Release(new Content("state"))], Hear(offer));
    }

    [Fact]
    public void The_first_of_the_view_publishes_a_version_of_the_teacher_to_all_mixers_and_keeps_three()
    {
        Begin(StateWay.Draw);
        Assert.Equal([new TrainerEffects.PackTeacher("m1", 1, 0)], Do(new TrainerInputs.TeachersCollected(1, [0])));
        for (var step = 0; step < 7; step++)
        {
            Step(step, published: (step + 1) % 2 == 0 ? (step + 1) / 2 : null);
        }

        Assert.Empty(Hear(new MixerMessages.WantTeacher(1, 0), "m9"));
        Assert.Equal([new TrainerEffects.PackTeacher("m9", 1, 1)], Hear(new MixerMessages.WantTeacher(1, 1), "m9"));
        Assert.Empty(Hear(new MixerMessages.WantTeacher(2, 1), "m9"));
        Assert.Equal(
            [new Send("m9", new MixerMessages.TeacherPublished(1, 1, new Content("teacher")))],
            Do(new TrainerInputs.TeacherPacked("m9", 1, 1, new Content("teacher"))));
    }

    [Fact]
    public void Steps_are_told_of_one_after_the_other_as_they_are_written_down()
    {
        Begin(StateWay.Draw);
        Step(0);
        Step(1);
        Assert.Equal([1L], Reports(After(1)));
        Assert.Equal([2L], Reports(Hear(new MonitorMessages.Recorded(1))));
        Assert.Empty(Reports(Hear(new MonitorMessages.Recorded(2))));
    }

    [Fact]
    public void A_deaf_trainer_hears_and_says_nothing_until_its_time_is_over()
    {
        Begin(StateWay.Draw);
        Bring(0, 0);
        Bring(0, 1);
        Assert.Equal([new TrainerEffects.FallSilent(500)], Do(new TrainerInputs.Deafened(500)));
        Assert.Empty(Hear(new TrainerOrders.Halt(1)));
        Assert.Empty(After(499).OfType<Send>());
        Assert.Equal([new TrainerEffects.Release(new Content("teacher"))], Do(new TrainerInputs.TeacherPacked("m1", 1, 0, new Content("teacher"))));
        Assert.IsType<TrainerStatus>(Said(After(1)[0]));
    }

    [Fact]
    public void A_bit_flips_right_before_a_step()
    {
        Begin(StateWay.Draw);
        Assert.Empty(Do(new TrainerInputs.AskedToFlip()));
        Bring(0, 0);
        Assert.Collection(
            Bring(0, 1).Where(effect => effect is not Send),
            effect => Assert.IsType<TrainerEffects.FlipBit>(effect),
            effect => Assert.IsType<TrainerEffects.Compute>(effect));
    }

    [Fact]
    public void What_spoilt_a_step_is_in_every_status_until_the_next_view()
    {
        Begin(StateWay.Draw);
        Bring(0, 0);
        Bring(0, 1);
        var accused = new Accusation("b", OffenceKind.NotFinite, 0, [2, 3], "not finite");
        Assert.Contains(new TrainerEffects.HashState(), Do(new TrainerInputs.StepBroken([], null) { Accused = [accused] }));
        Assert.Equal([accused], Status(Do(new TrainerInputs.StateHashed("h0"))).Accused);
        Assert.Equal([accused], Status(After(500)).Accused);
        Assert.Empty(Status(Prepare(2, 0, StateWay.Keep)).Accused);
    }

    [Fact]
    public void A_status_says_how_far_in_its_step_the_trainer_is()
    {
        Begin(StateWay.Draw);
        Assert.Equal(StepStage.Data, Status(After(500)).Stage);
        Bring(0, 0);
        Bring(0, 1);
        Assert.Equal(StepStage.Forward, Status(After(500)).Stage);
        Do(new TrainerInputs.Reached(StepStage.Reduce));
        Assert.Equal(StepStage.Reduce, Status(After(500)).Stage);
        Do(Computed(1));
        Assert.Equal(StepStage.Data, Status(After(500)).Stage);
    }

    [Fact]
    public void One_that_is_put_out_ends_its_process_and_an_order_for_an_earlier_life_does_nothing()
    {
        var stuck = new LossReason(LossKind.Stuck, 60);
        Assert.Empty(Hear(new TrainerOrders.PutOut("earlier", stuck, false)));
        Assert.Equal([new TrainerEffects.EndProcess(stuck, true)], Hear(new TrainerOrders.PutOut("a", stuck, true)));
    }

    [Fact]
    public void An_order_for_an_earlier_life_is_not_followed()
    {
        Assert.IsType<TrainerStatus>(Said(Assert.Single(Hear(new TrainerOrders.Prepare(ViewOf(1, 0), new StateSource("b", StateWay.Draw, null), 1)))));
        Assert.Equal(TrainerPhase.Idle, _trainer.Phase);
    }

    /// <summary>Nobody has compared the last step's state when it goes over: the version that it completed waits for the first gather.</summary>
    [Fact]
    public void One_that_has_followed_gives_mixers_the_versions_that_are_compared()
    {
        Hear(Roster("m1"));
        var effects = Hear(new TrainerOrders.PrepareAhead(ViewOf(2, 1), new StateSource("a", StateWay.Copy, "b", "eb"), 1));
        Assert.Contains(effects.OfType<Send>(), send => send is { To: "b-address", Message: StateMessages.WantState { Follow: true } });
        Do(new TrainerInputs.LinksStand(2));
        Assert.Single(Hear(new StateMessages.StateOffered(2, 3, "h3", new Content("state")), "b-address").OfType<TrainerEffects.AcceptState>());
        Assert.Equal(2, Status(Do(new TrainerInputs.StateObtained(2, 3, "h3"))).Ahead);
        var sum = new StateMessages.SumOffered(2, 4, "h4", Switch: true, new Content("sum"));
        Assert.Equal([new TrainerEffects.FollowStep(sum)], Hear(sum, "b-address").OfType<TrainerEffects.FollowStep>());
        Assert.Single(Do(new TrainerInputs.StateFollowed(2, 4, true, Right: true)).OfType<TrainerEffects.BeginView>());
        var packed = Do(new TrainerInputs.TeachersCollected(1, [1, 2])).OfType<TrainerEffects.PackTeacher>();
        Assert.Equal([1L], packed.Select(pack => pack.Version));
    }

    [Fact]
    public void One_that_follows_and_comes_to_another_state_gives_up()
    {
        Hear(Roster("m1"));
        Hear(new TrainerOrders.PrepareAhead(ViewOf(2, 1), new StateSource("a", StateWay.Copy, "b", "eb"), 1));
        Hear(new StateMessages.StateOffered(2, 3, "h3", new Content("state")), "b-address");
        Do(new TrainerInputs.StateObtained(2, 3, "h3"));
        Hear(new StateMessages.SumOffered(2, 4, "h4", Switch: false, new Content("sum")), "b-address");
        var status = Status(Do(new TrainerInputs.StateFollowed(2, 4, false, Right: false)));
        Assert.Equal((TrainerPhase.Aborted, 2L, -1L), (status.Phase, status.Generation, status.Applied));
    }

    private static View ViewOf(long generation, long fromStep) =>
        new(generation, fromStep, [new Share("a", "n1", "ea", 0, 2), new Share("b", "n2", "eb", 2, 2)]);

    private static NodeMessages.Roster Roster(params string[] mixers) => new([], mixers, new Dictionary<string, string> { ["b"] = "b-address" });

    private static MixerMessages.Mix Mix(long step, int microBatch) => new(1, step, microBatch);

    private static Content Samples(long step, int microBatch) => new($"{step}/{microBatch}");

    private static MixerMessages.Mixed Mixed(long lineage, long step, int microBatch) => new(lineage, step, microBatch, Samples(step, microBatch));

    private static TrainerInputs.StepComputed Computed(long step, bool captured = false, long? published = null) =>
        new(step, false, 0.1, Report(step), [], published, captured, null);

    private static StepReport Report(long step) => new(step, Plan.Steps, 0, 1, Named<double>.None, 0.1, 1e-3, 1, 1, 1);

    private static ITiMixMessage Said(IEffect effect) => Assert.IsType<Send>(effect).Message;

    private static IReadOnlyList<(string To, ITiMixMessage Order)> Orders(IReadOnlyList<IEffect> effects) =>
        [.. effects.OfType<Send>().Where(send => send.Message is MixerMessages.Mix).Select(send => (send.To, send.Message))];

    private static IReadOnlyList<long> Reports(IReadOnlyList<IEffect> effects) =>
        [.. effects.OfType<Send>().Select(send => send.Message).OfType<MonitorMessages.StepApplied>().Select(applied => applied.Report.Step)];

    private TrainerStatus Status() => Status(After(1));

    private static TrainerStatus Status(IReadOnlyList<IEffect> effects) => effects.OfType<Send>().Select(send => send.Message).OfType<TrainerStatus>().Last();

    private IReadOnlyList<IEffect> Do(IInput input)
    {
        if (!_warm)
        {
            _warm = true;
            _trainer.Handle(new TrainerInputs.Started(), _now);
        }

        return _trainer.Handle(input, _now);
    }

    private IReadOnlyList<IEffect> Hear(ITiMixMessage message, string from = "somebody") => Do(new Received(from, message));

    private IReadOnlyList<IEffect> After(long milliseconds)
    {
        _now += milliseconds;
        return Do(Tick.Instance);
    }

    private IReadOnlyList<IEffect> Prepare(long generation, long fromStep, StateWay way, long lineage = 1) =>
        Hear(
            new TrainerOrders.Prepare(
                ViewOf(generation, fromStep), new StateSource("a", way, way == StateWay.Copy ? "b" : way == StateWay.Restore ? "step-4" : null), lineage));

    private void Begin(StateWay way)
    {
        Hear(Roster("m1"));
        Prepare(1, 0, way);
        Do(new TrainerInputs.LinksStand(1));
        Do(new TrainerInputs.StateObtained(1, 0, "h0"));
        Assert.Contains(new TrainerEffects.BeginView(1), Hear(new TrainerOrders.Begin(1, 0)));
    }

    private void Halt(long generation, string? hash = "h0")
    {
        Hear(new TrainerOrders.Halt(generation));
        if (hash is not null)
        {
            Do(new TrainerInputs.StateHashed(hash));
        }
    }

    private IReadOnlyList<IEffect> Bring(long step, int microBatch)
    {
        Hear(Mixed(1, step, microBatch));
        return Do(new TrainerInputs.MicroBatchFetched(1, new MicroBatchKey(step, microBatch), true));
    }

    private TrainerEffects.Compute Step(long step, long? published = null)
    {
        var compute = Bring(step, 0).Concat(Bring(step, 1)).OfType<TrainerEffects.Compute>().Single();
        Do(Computed(step + 1, compute.Capture, published));
        return compute;
    }

    private static Send Told(Notice notice) => new("coordinator", new MonitorMessages.Told(notice));
}
