using TiMix.Node.Operations;
using TiMix.Protocol.Notices;
using TiMix.Protocol.Values;
using TiMix.Runs.Records;

namespace TiMix.Node.Tests.Operations;

/// <summary>What an operator sees of a run.</summary>
public sealed class RunBoardTests : IAsyncDisposable
{
    private readonly FakeRun _run = new();

    public async ValueTask DisposeAsync() => await _run.DisposeAsync();

    [Fact]
    public void An_earlier_session_is_read_from_the_runs_files_without_the_line_that_a_crash_tore()
    {
        using (var records = new RunRecords(_run.Directory))
        {
            records.Open();
            records.Add(FakeRun.Step(1), []);
            records.Add(FakeRun.Step(2, double.NaN), []);
            records.Add(new EvaluationReport(2, []));
        }

        File.AppendAllText(_run.Directory.Metrics, "{\"step\":3,\"lo");
        var board = Board();
        Assert.Equal([1, 2], board.SeriesAfter(0, 10).Steps);
        Assert.Equal((2, 2), (board.Last!.Step, Assert.Single(board.Evaluations).Step));
    }

    [Fact]
    public void Steps_past_the_one_that_a_view_goes_on_from_are_forgotten()
    {
        var board = Board();
        for (var step = 1; step <= 5; step++)
        {
            board.StepCompleted(FakeRun.Step(step, step));
        }

        board.ViewBegan(new ViewChange(new View(2, 3, []), new ViewCause(ViewCauseKind.BrokeOff, "trainer-1"), 1, 2, 0));
        board.StepCompleted(FakeRun.Step(4, 40));
        Assert.Equal([1, 2, 3, 40], board.SeriesAfter(0, 10)["loss"]);
    }

    [Fact]
    public void Many_steps_are_averaged_to_few_points_that_bear_the_last_steps_number()
    {
        var board = Board();
        for (var step = 1; step <= 7; step++)
        {
            board.StepCompleted(FakeRun.Step(step, step));
        }

        var series = board.SeriesAfter(0, 3);
        Assert.Equal([3, 6, 7], series.Steps);
        Assert.Equal([2, 5, 7], series["loss"]);
        Assert.Equal([6, 7], board.SeriesAfter(5, 3).Steps);
        Assert.Empty(board.SeriesAfter(7, 3).Steps);
    }

    [Fact]
    public void What_is_left_of_a_step_is_waiting() =>
        Assert.Equal(0.0625f, MetricPoint.Of(FakeRun.Step(1)).WaitSeconds);

    [Fact]
    public void A_run_that_goes_on_for_ever_with_a_fault_a_second_does_not_fill_the_memory()
    {
        var board = Board();
        for (var i = 0; i < 2000; i++)
        {
            board.Notice(new Notice.NodeGoesOn($"trainer-{i}"));
            board.TrainerLost("trainer-1", new LossReason(LossKind.ProcessDied));
        }

        Assert.Equal((500, 200), (board.NoticesAfter(0).Count, board.Losses.Count));
        Assert.Equal(4000, board.NoticesAfter(0)[^1].Number);
        Assert.Equal([3999, 4000], board.NoticesAfter(3998).Select(notice => notice.Number));
    }

    [Fact]
    public void A_step_makes_the_run_train_unless_it_is_held_is_ending_or_has_only_evaluations_left()
    {
        var board = Board();
        Assert.Equal(new RunPhase.Preparing(), board.At);
        Assert.All(Examples.OfEach<RunPhase>(), phase =>
        {
            board.Phase(phase);
            Assert.Equal(phase, board.At);
            board.StepCompleted(FakeRun.Step(1));
            Assert.Equal(phase is RunPhase.Evaluating or RunPhase.Paused or RunPhase.Stopping ? phase : new RunPhase.Training(), board.At);
        });
    }

    [Fact]
    public void What_is_told_bears_what_it_is_beside_its_words()
    {
        var board = Board();
        board.Notice(new Notice.Waiting(new WaitReason(WaitKind.Gathering, 1, 2)));
        board.TrainerLost("trainer-1", new LossReason(LossKind.ProcessDied));
        board.SnapshotCommitted(3, "step-3");
        board.ViewBegan(new ViewChange(new View(2, 3, []), new ViewCause(ViewCauseKind.BrokeOff, "trainer-1"), 1, 2, 0));
        Assert.Equal(
            [
                (NoticeLevel.Information, "waiting", "Waiting: 1 of 2 trainers are here."),
                (NoticeLevel.Warning, "trainer-lost", "trainer-1 was put out: its process has died"),
                (NoticeLevel.Information, "snapshot-committed", "snapshot of step 3"),
                (NoticeLevel.Information, "view-began", "view 2 from step 3: trainer-1 broke off"),
            ],
            board.NoticesAfter(0).Select(told => (told.Level, told.Code, told.Text)));
    }

    private RunBoard Board() => new(_run.Directory, _run, TimeProvider.System);
}
