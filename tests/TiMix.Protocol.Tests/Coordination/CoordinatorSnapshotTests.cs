using TiMix.Protocol.Messages;
using TiMix.Protocol.Notices;
using TiMix.Protocol.Values;
using static TiMix.Protocol.Coordination.CoordinatorEffects;
using static TiMix.Protocol.Coordination.CoordinatorInputs;
using static TiMix.Protocol.Messages.CoordinatorCommands;
using static TiMix.Protocol.Messages.CoordinatorEvents;

namespace TiMix.Protocol.Tests.Coordination;

public sealed class CoordinatorSnapshotTests
{
    [Fact]
    public void A_snapshot_that_is_not_kept_is_deleted_only_when_the_journal_knows_that_it_does_not_count()
    {
        var desk = CoordinatorDesk.Training("a");
        desk.Snapshot(10);
        desk.Snapshot(30);
        desk.Slow = true;
        desk.Snapshot(50);
        desk.Journal();
        Assert.Equal(new SnapshotDiscarded(10, SnapshotDiscarded.Retention), Assert.Single(desk.Waiting!));
        Assert.Empty(desk.Wanted<DeleteDiscarded>());
        desk.Journal();
        Assert.Equal(["step-10"], Assert.Single(desk.Wanted<DeleteDiscarded>()).Directories);
        Assert.Equal([30L, 50], desk.Core.Run.Snapshots.Keys);
    }

    [Fact]
    public void A_snapshot_is_kept_until_it_is_evaluated_and_the_best_one_stays()
    {
        var desk = CoordinatorDesk.Training("a");
        foreach (var step in (long[])[20, 30, 40, 50])
        {
            desk.Snapshot(step);
        }

        Assert.Equal([20L, 40, 50], desk.Core.Run.Snapshots.Keys);
        desk.Evaluated(20, 60);
        desk.Evaluated(40, 50);
        desk.Snapshot(70);
        desk.Snapshot(90);
        Assert.Equal([20L, 70, 90], desk.Core.Run.Snapshots.Keys);
    }

    [Fact]
    public void A_damaged_snapshot_counts_no_more_and_its_files_stay_for_whoever_looks_into_it()
    {
        var desk = CoordinatorDesk.Training("a");
        desk.Snapshot(10);
        desk.Hear("at-a", new ReportSnapshotDamaged(1, "step-10", "It is damaged."));
        Assert.Empty(desk.Core.Run.Snapshots);
        Assert.Empty(desk.Wanted<DeleteDiscarded>());
        Assert.Equal(new Notice.SnapshotDamaged("It is damaged."), Assert.Single(desk.Published<MonitorMessages.Told>()).Notice);
    }

    [Fact]
    public void A_run_that_is_to_stop_and_cannot_write_its_snapshot_stops_without()
    {
        var desk = CoordinatorDesk.Training("a");
        desk.Hear("at-a", new ReportSnapshotFailed(1, 10, "the disk is full"));
        Assert.Equal(RunStatus.Running, desk.Core.Run.Status);
        Assert.Equal(new Notice.SnapshotNotWritten(10, "the disk is full"), Assert.Single(desk.Published<MonitorMessages.Told>()).Notice);
        desk.Hear("user", new StopRun());
        desk.Hear("at-a", new ReportSnapshotFailed(1, 11, "the disk is full"));
        Assert.Equal(RunStatus.Stopped, desk.Core.Run.Status);
        Assert.Equal(RunOutcome.Failed, Assert.Single(desk.Published<MonitorMessages.Over>()).Outcome);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void A_step_that_is_in_no_audit_stops_the_run_with_a_snapshot_if_there_can_be_one_and_is_the_reason(bool canBe)
    {
        var desk = CoordinatorDesk.Training("a");
        desk.Hear("at-a", new ReportAuditFailed(0, 10, "an older lineage's"));
        desk.Hear("looker", new ReportAuditFailed(1, 10, "no trainer's"));
        desk.Trainer("a", TrainerPhase.Running, 1, 9);
        Assert.Equal(RunStatus.Running, desk.Core.Run.Status);
        desk.Hear("at-a", new ReportAuditFailed(1, 10, "the disk\u001b[31m is full"));
        desk.Trainer("a", TrainerPhase.Stopped, 1, 11, "h11");
        Assert.Equal(RunStatus.Running, desk.Core.Run.Status);
        if (canBe)
        {
            desk.Snapshot(11);
        }
        else
        {
            desk.Hear("at-a", new ReportSnapshotFailed(1, 11, "the disk is full, too"));
        }

        Assert.Equal((RunStatus.Stopped, canBe ? 11 : null), (desk.Core.Run.Status, desk.Core.Run.Newest?.Step));
        var reason = desk.Core.Run.StopReason!;
        Assert.Equal((StopKind.AuditFailed, 10, false), (reason.Kind, reason.Step, reason.Said!.Contains('\u001b', StringComparison.Ordinal)));
        Assert.Equal(RunOutcome.Failed, Assert.Single(desk.Published<MonitorMessages.Over>()).Outcome);
    }

    [Fact]
    public void A_wish_to_stop_that_came_first_stays_the_reason()
    {
        var desk = CoordinatorDesk.Training("a");
        desk.Hear("user", new StopRun());
        desk.Hear("at-a", new ReportAuditFailed(1, 10, "the disk is full"));
        desk.Trainer("a", TrainerPhase.Stopped, 1, 11, "h11");
        desk.Snapshot(11);
        Assert.Equal(StopReason.Requested, desk.Core.Run.StopReason);
    }

    [Fact]
    public void The_last_evaluation_ends_the_run_when_it_stands_in_its_files_and_stops_it_when_it_cannot()
    {
        var desk = CoordinatorDesk.Training("a");
        desk.RecordsFailure = "the disk is full";
        desk.Snapshot(20);
        desk.Evaluated(20, 50);
        Assert.Equal((RunStatus.Running, 50), (desk.Core.Run.Status, desk.Core.Run.Snapshots[20].MeanRecall));
        desk.Snapshot(100);
        desk.Hear(CoordinatorDesk.Monitor, new MonitorMessages.Recorded(100));
        desk.Evaluated(100, 70);
        Assert.Equal(new StopReason(StopKind.RecordsFailed, Said: "the disk is full"), desk.Core.Run.StopReason);
        Assert.Null(desk.Core.Run.Snapshots[100].MeanRecall);
    }

    [Fact]
    public void Evaluations_are_ordered_one_at_a_time()
    {
        var desk = CoordinatorDesk.Training("a");
        desk.Snapshot(20);
        desk.Snapshot(40);
        desk.Tell(Tick.Instance);
        Assert.Equal([20L], Ordered(desk));
        desk.Evaluated(20, 50);
        Assert.Equal([20L, 40], Ordered(desk));
        Assert.Equal(
            ["/snapshots/step-20", "/snapshots/step-40"], desk.SentTo("evaluator").OfType<EvaluatorMessages.Evaluate>().Select(order => order.Snapshot));
        Assert.Equal(new EvaluationRecorded(20, 50), desk.Events.OfType<EvaluationRecorded>().Single());
    }

    [Fact]
    public void An_evaluation_without_an_answer_is_ordered_again()
    {
        var desk = CoordinatorDesk.Training("a");
        desk.Snapshot(20);
        Wait(desk, 4_900);
        Assert.Equal([20L], Ordered(desk));
        Wait(desk, 300);
        Assert.Equal([20L, 20], Ordered(desk));
    }

    [Fact]
    public void An_evaluation_whose_evaluator_is_lost_is_ordered_of_the_next_one_at_once()
    {
        var desk = CoordinatorDesk.Training("a");
        desk.Snapshot(20);
        desk.Tell(new Gone("evaluator"));
        Assert.Equal([20L], Ordered(desk));
        desk.Hear("another", new NodeMessages.ServiceStatus("services", "evaluator"));
        Assert.Equal(20, Assert.IsType<EvaluatorMessages.Evaluate>(Assert.Single(desk.SentTo("another"))).Step);
    }

    [Fact]
    public void A_second_evaluator_does_not_take_the_first_ones_work()
    {
        var desk = CoordinatorDesk.Training("a");
        desk.Snapshot(20);
        desk.Hear("another", new NodeMessages.ServiceStatus("a-node-before-it", "evaluator"));
        desk.Tell(Tick.Instance);
        Assert.Empty(desk.SentTo("another"));
    }

    [Fact]
    public void The_last_snapshot_is_evaluated_first_and_on_all_splits_once_the_reports_are_in()
    {
        var desk = CoordinatorDesk.Training("a");
        desk.Snapshot(100);
        Assert.Empty(Ordered(desk));
        desk.Hear(CoordinatorDesk.Monitor, new MonitorMessages.Recorded(99));
        Assert.Empty(Ordered(desk));
        desk.Hear(CoordinatorDesk.Monitor, new MonitorMessages.Recorded(100));
        Assert.Equal(["validation", "test"], Assert.IsType<EvaluatorMessages.Evaluate>(Assert.Single(desk.SentTo("evaluator"))).Splits);
        desk.Evaluated(100, 70);
        Assert.Equal(RunStatus.Finished, desk.Core.Run.Status);
        Assert.Equal("f100", Assert.Single(desk.Published<MonitorMessages.Over>()).Fingerprint);
    }

    [Fact]
    public void Reports_that_never_come_hold_the_last_evaluation_up_for_ten_seconds()
    {
        var desk = CoordinatorDesk.Training("a");
        desk.Snapshot(100);
        Wait(desk, 9_900);
        Assert.Empty(Ordered(desk));
        Wait(desk, 300);
        Assert.Equal([100L], Ordered(desk));
    }

    [Fact]
    public void An_evaluation_that_fails_is_noted_and_the_last_one_ends_the_run()
    {
        var desk = CoordinatorDesk.Training("a");
        desk.Snapshot(20);
        desk.Hear("evaluator", new EvaluatorMessages.EvaluationFailed(20, "no data"));
        Assert.Equal(new Notice.EvaluationFailed(20, "no data"), Assert.Single(desk.Published<MonitorMessages.Told>()).Notice);
        Assert.True(double.IsNaN(desk.Core.Run.Snapshots[20].MeanRecall!.Value));
        Assert.Equal(RunStatus.Running, desk.Core.Run.Status);
        desk.Snapshot(100);
        desk.Hear("evaluator", new EvaluatorMessages.EvaluationFailed(100, "no data"));
        Assert.Equal(RunStatus.Stopped, desk.Core.Run.Status);
        Assert.Contains("no data", Assert.Single(desk.Published<MonitorMessages.Over>()).Error!, StringComparison.Ordinal);
    }

    [Fact]
    public void An_evaluation_that_is_reported_twice_stands_in_the_files_once()
    {
        var desk = CoordinatorDesk.Training("a");
        desk.Snapshot(20);
        desk.Evaluated(20, 50);
        desk.Evaluated(20, 50);
        Assert.Single(desk.Published<MonitorMessages.Evaluated>());
    }

    private static IEnumerable<long> Ordered(CoordinatorDesk desk) => desk.SentTo("evaluator").OfType<EvaluatorMessages.Evaluate>().Select(order => order.Step);

    /// <summary>Time passes, and everybody goes on speaking.</summary>
    private static void Wait(CoordinatorDesk desk, long milliseconds)
    {
        for (var until = desk.Now + milliseconds; desk.Now < until;)
        {
            desk.Now = Math.Min(until, desk.Now + 250);
            desk.Trainer("a", TrainerPhase.Running, 1, 5);
            desk.Hear("evaluator", new NodeMessages.ServiceStatus("services", "evaluator"));
            desk.Tell(Tick.Instance);
        }
    }

    [Fact]
    public void A_snapshot_that_nobody_but_its_writer_sees_does_not_count_and_is_told_of_after_a_while()
    {
        var desk = CoordinatorDesk.Training("a");
        desk.Astray = true;
        Report(desk, 10, 29_000);
        Assert.Empty(desk.Core.Run.Snapshots);
        Assert.DoesNotContain(desk.SentTo("at-a"), said => said is SnapshotMessages.Acknowledged);
        Assert.DoesNotContain(desk.Published<MonitorMessages.Told>(), told => told.Notice is Notice.SnapshotNotSeen);

        Report(desk, 10, 2_000);
        Assert.Contains(new MonitorMessages.Told(new Notice.SnapshotNotSeen(10, "a", "/snapshots")), desk.Published<MonitorMessages.Told>());
        Assert.Contains(new SnapshotMessages.Acknowledged(10), desk.SentTo("at-a"));
        Assert.Empty(desk.Core.Run.Snapshots);

        desk.Astray = false;
        desk.Snapshot(20);
        Assert.Equal([20L], desk.Core.Run.Snapshots.Keys);
    }

    [Fact]
    public void A_run_that_is_to_stop_is_not_kept_by_a_snapshot_that_is_nowhere_to_be_seen()
    {
        var desk = CoordinatorDesk.Training("a");
        desk.Astray = true;
        desk.Hear("user", new StopRun());
        Report(desk, 7, 31_000);
        Assert.Equal(new StopReason(StopKind.SnapshotFailed, 7, "it is not in /snapshots"), desk.Core.Run.StopReason);
    }

    [Fact]
    public void A_snapshot_of_other_bits_in_its_place_is_not_the_one_that_was_written()
    {
        var desk = CoordinatorDesk.Training("a");
        desk.Hear("at-a", new ReportSnapshot(desk.Core.Run.Generation, 10, "step-10", "other"));
        Assert.Empty(desk.Core.Run.Snapshots);
        desk.Snapshot(10);
        Assert.Equal([10L], desk.Core.Run.Snapshots.Keys);
    }

    /// <summary>A trainer that works says twice a second that it has written a snapshot.</summary>
    private static void Report(CoordinatorDesk desk, long step, long milliseconds)
    {
        for (var until = desk.Now + milliseconds; desk.Now < until; desk.Now += 500)
        {
            desk.Trainer("a", TrainerPhase.Running, 1, step);
            desk.Tell(Tick.Instance);
            desk.Snapshot(step);
        }
    }
}
