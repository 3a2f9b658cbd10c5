using TiMix.Actors.Coordination;
using TiMix.Actors.Runs;
using static TiMix.Actors.Coordination.CoordinatorCommands;
using static TiMix.Actors.Coordination.CoordinatorEvents;

namespace TiMix.Actors.Tests.Coordination;

public sealed class RunStateTests
{
    private readonly List<IEvent> _journal = [];
    private RunState _state = RunState.Empty;

    [Fact]
    public void A_trainer_that_registers_gets_all_micro_batches_from_the_beginning()
    {
        Tell(new BeginRun("{}", 20, 8, 1));
        var view = Assert.IsType<ViewInstalled>(Tell(new RegisterTrainer("a"))[^1]);
        Assert.Equal([new Share("a", 0, 8)], view.View.Shares);
        Assert.Equal((1, 0), (view.View.Generation, view.View.FromStep));
        Assert.Null(view.Snapshot);
    }

    [Fact]
    public void A_trainer_that_comes_back_starts_from_the_newest_snapshot_in_a_new_generation()
    {
        Begin();
        Tell(new ReportSnapshot(1, 5, "s5", "f5", false));
        Tell(new ReportSnapshot(1, 10, "s10", "f10", false));
        Tell(new ReportTrainerLost("a"));
        Assert.Null(_state.View);
        var view = Assert.IsType<ViewInstalled>(Tell(new RegisterTrainer("b"))[^1]);
        Assert.Equal((2, 10, "s10"), (view.View.Generation, view.View.FromStep, view.Snapshot));
    }

    [Fact]
    public void Reports_of_an_older_generation_are_ignored()
    {
        Begin();
        Tell(new ReportTrainerLost("a"));
        Tell(new RegisterTrainer("b"));
        Assert.Empty(Tell(new ReportSnapshot(1, 5, "s5", "f5", false)));
        Assert.Empty(Tell(new ReportProgress(1, 5)));
        Assert.Single(Tell(new ReportProgress(2, 5)));
        Assert.Empty(_state.Snapshots);
    }

    [Fact]
    public void A_damaged_snapshot_is_struck_off_and_the_one_before_it_is_used()
    {
        Begin();
        Tell(new ReportSnapshot(1, 5, "s5", "f5", false));
        Tell(new ReportSnapshot(1, 10, "s10", "f10", false));
        var events = Tell(new ReportSnapshotDamaged(1, 10, "torn"));
        Assert.IsType<SnapshotDiscarded>(events[0]);
        Assert.Equal("s5", Assert.IsType<ViewInstalled>(events[1]).Snapshot);
        Assert.Null(Assert.IsType<ViewInstalled>(Tell(new ReportSnapshotDamaged(2, 5, "torn"))[^1]).Snapshot);
    }

    [Fact]
    public void A_drained_run_pauses_and_goes_on_from_its_snapshot()
    {
        Begin();
        Tell(new ReportSnapshot(1, 7, "s7", "f7", true));
        Assert.Equal(RunStatus.Paused, _state.Status);
        Assert.Empty(Tell(new RegisterTrainer("z")));
        Tell(new BeginRun("{}", 20, 8, 1));
        Assert.Equal((RunStatus.Running, 1, 7L), (_state.Status, _state.Resumes, _state.Progress));
        Assert.Equal("s7", Assert.IsType<ViewInstalled>(Tell(new RegisterTrainer("b"))[^1]).Snapshot);
    }

    [Fact]
    public void The_run_is_finished_when_its_last_snapshot_is_evaluated_and_never_begins_again()
    {
        Begin();
        Tell(new ReportSnapshot(1, 20, "s20", "f20", false));
        Assert.Equal(RunStatus.Running, _state.Status);
        Tell(Evaluation(20, 40));
        Assert.Equal((RunStatus.Finished, "f20"), (_state.Status, _state.Fingerprint));
        Assert.Empty(Tell(new BeginRun("{}", 20, 8, 1)));
    }

    [Fact]
    public void A_run_that_was_killed_before_its_evaluation_installs_no_view_for_it()
    {
        Begin();
        Tell(new ReportSnapshot(1, 20, "s20", "f20", false));
        Tell(new BeginRun("{}", 20, 8, 1));
        Assert.DoesNotContain(Tell(new RegisterTrainer("b")), happened => happened is ViewInstalled);
    }

    [Fact]
    public void A_snapshot_that_cannot_be_written_stops_the_run_only_when_it_was_the_last()
    {
        Begin();
        Assert.Empty(Tell(new ReportSnapshotFailed(1, 5, "disk full", false)));
        var paused = Assert.IsType<RunPaused>(Tell(new ReportSnapshotFailed(1, 20, "disk full", false))[0]);
        Assert.Contains("disk full", paused.Reason, StringComparison.Ordinal);
    }

    [Fact]
    public void The_newest_snapshots_and_the_best_are_kept()
    {
        Begin();
        foreach (var step in new[] { 2, 4, 6, 8, 10 })
        {
            Tell(new ReportSnapshot(1, step, $"s{step}", "f", false));
        }

        Tell(Evaluation(4, 30));
        Tell(Evaluation(8, 20));
        Assert.Equal([4, 8, 10], _state.SnapshotsToKeep(2).Order());
    }

    [Fact]
    public void Replaying_the_journal_gives_the_same_state()
    {
        Begin();
        Tell(new ReportProgress(1, 3));
        Tell(new ReportSnapshot(1, 5, "s5", "f5", false));
        Tell(Evaluation(5, 12));
        Tell(new ReportTrainerLost("a"));
        Tell(new RegisterTrainer("b"));
        Tell(new PauseRun());
        Tell(new FailRun("why"));
        var replayed = _journal.Aggregate(RunState.Empty, (state, happened) => state.Apply(happened));
        Assert.Equal(System.Text.Json.JsonSerializer.Serialize(_state), System.Text.Json.JsonSerializer.Serialize(replayed));
    }

    [Fact]
    public void Shares_cover_every_micro_batch_once_whatever_the_number_of_trainers()
    {
        for (var v = 1; v <= 17; v++)
        {
            for (var trainers = 1; trainers <= 9; trainers++)
            {
                var view = ViewPlanner.Plan(3, 4, Enumerable.Range(0, trainers).Select(i => $"t{i}"), v);
                Assert.Equal(Enumerable.Range(0, v), view.Shares.SelectMany(share => Enumerable.Range(share.First, share.Count)));
                Assert.True(view.Shares.Max(share => share.Count) - view.Shares.Min(share => share.Count) <= 1);
            }
        }

        Assert.Throws<ArgumentException>(() => ViewPlanner.Plan(1, 0, [], 4));
    }

    private static ReportEvaluation Evaluation(long step, double recall) =>
        new(new EvaluationReport(step, [new SplitEvaluation("validation", 10, new Dictionary<string, double> { ["meanRecall"] = recall })]));

    private void Begin()
    {
        Tell(new BeginRun("{}", 20, 8, 1));
        Tell(new RegisterTrainer("a"));
    }

    private IReadOnlyList<IEvent> Tell(ICommand command)
    {
        var events = _state.Decide(command);
        _journal.AddRange(events);
        _state = events.Aggregate(_state, (state, happened) => state.Apply(happened));
        return events;
    }
}
