using TiMix.Protocol.Coordination;
using TiMix.Protocol.Values;
using static TiMix.Protocol.Messages.CoordinatorCommands;
using static TiMix.Protocol.Messages.CoordinatorEvents;

namespace TiMix.Protocol.Tests.Coordination;

public sealed class RunStateTests
{
    private const long Now = 1_000_000;
    private readonly List<IEvent> _journal = [];
    private RunState _state = RunState.Empty;

    [Fact]
    public void A_proposed_view_holds_only_when_it_is_installed()
    {
        Begin();
        Happen(Proposal(1, 0, 1));
        Assert.Null(_state.View);
        Assert.Equal(1, _state.Proposed!.View.Generation);
        Happen(new ViewInstalled(1, Now));
        Assert.Equal(1, _state.View!.Generation);
        Assert.Null(_state.Proposed);
    }

    [Fact]
    public void An_installation_of_another_generation_than_the_proposed_one_does_nothing()
    {
        Begin();
        Happen(Proposal(1, 0, 1), Proposal(2, 0, 1), new ViewInstalled(1, Now));
        Assert.Null(_state.View);
        Assert.Equal(2, _state.Proposed!.View.Generation);
    }

    [Fact]
    public void A_snapshot_counts_once_and_only_from_a_lineage_that_counts()
    {
        Begin();
        Happen(Proposal(3, 5, 2), new ViewInstalled(3, Now));
        Assert.Empty(Tell(new ReportSnapshot(1, 5, "old", "f")));
        Assert.IsType<SnapshotCommitted>(Assert.Single(Tell(new ReportSnapshot(2, 5, "s5", "f"))));
        Assert.Empty(Tell(new ReportSnapshot(3, 5, "again", "f")));
        Assert.Equal("s5", _state.Newest!.Directory);
    }

    [Theory]
    [InlineData(1, 4, true)]
    [InlineData(1, 5, false)]
    [InlineData(2, 9, true)]
    [InlineData(3, 9, true)]
    [InlineData(4, 20, true)]
    public void A_step_counts_until_a_view_holds_that_begins_before_it(long generation, long step, bool counts)
    {
        Begin();
        Happen(Proposal(1, 0, 1), new ViewInstalled(1, Now), Proposal(2, 4, 1), new ViewInstalled(2, Now), Proposal(3, 2, 1), Proposal(4, 9, 1));
        Assert.Equal(counts, _state.StillCounts(generation, step));
        Assert.Equal(counts, Tell(new ReportSnapshot(generation, step, "s", "f")).Count == 1);
    }

    /// <summary>The steps would be missing in the audit of the view that computes them again.</summary>
    [Fact]
    public void A_snapshot_of_steps_that_a_proposed_view_computes_again_does_not_count_unless_nobody_stands_still_for_it()
    {
        Begin();
        Happen(Proposal(1, 0, 1), new ViewInstalled(1, Now), Proposal(2, 4, 1) with { Ahead = true });
        Assert.Single(Tell(new ReportSnapshot(1, 5, "s5", "f")));
        Happen(Proposal(3, 4, 1));
        Assert.Empty(Tell(new ReportSnapshot(1, 6, "s6", "f")));
        Assert.Single(Tell(new ReportSnapshot(1, 4, "s4", "f")));
    }

    [Fact]
    public void A_damaged_snapshot_is_struck_off_and_the_one_before_it_is_the_newest()
    {
        Begin();
        Tell(new ReportSnapshot(1, 5, "s5", "f"));
        Tell(new ReportSnapshot(1, 10, "s10", "f"));
        Assert.Equal(10, Assert.IsType<SnapshotDiscarded>(Assert.Single(Tell(new ReportSnapshotDamaged(1, "s10", "torn")))).Step);
        Assert.Equal("s5", _state.Newest!.Directory);
        Assert.Empty(Tell(new ReportSnapshotDamaged(1, "s10", "torn")));
    }

    [Fact]
    public void A_run_that_is_continued_forgets_its_trainers_and_no_state_of_before_counts()
    {
        Begin();
        Happen(new TrainerJoined("a", "n1", Now), Proposal(4, 0, 1), new ViewInstalled(4, Now));
        Tell(new ReportSnapshot(4, 7, "s7", "f"));
        Tell(new FailRun("why"));
        Assert.Equal((RunStatus.Stopped, new StopReason(StopKind.Failed, Said: "why")), (_state.Status, _state.StopReason));
        Tell(new BeginRun("{}", 20, 8, 1));
        Assert.Equal((RunStatus.Running, 1, 7L, 5L), (_state.Status, _state.Resumes, _state.Progress, _state.Lineage));
        Assert.Empty(_state.Trainers);
        Assert.Empty(Tell(new ReportSnapshot(4, 9, "s9", "f")));
    }

    [Fact]
    public void The_states_of_a_replica_that_diverged_count_from_the_next_generation_on()
    {
        Begin();
        Happen(Proposal(1, 0, 1), Proposal(2, 0, 1), new ReplicaDiverged("a", "n1", 3, Now), Proposal(3, 3, 1));
        Assert.Equal(2, _state.Diverged["a"]);
    }

    [Fact]
    public void The_run_is_finished_when_its_last_snapshot_is_evaluated_and_never_begins_again()
    {
        Begin();
        Tell(new ReportSnapshot(1, 20, "s20", "f20"));
        Assert.True(_state.Trained);
        Assert.Equal(RunStatus.Running, _state.Status);
        Tell(Evaluation(20, 40));
        Assert.Equal((RunStatus.Finished, "f20"), (_state.Status, _state.Fingerprint));
        Assert.Empty(Tell(new BeginRun("{}", 20, 8, 1)));
    }

    [Fact]
    public void A_snapshot_that_cannot_be_written_stops_the_run_only_when_it_was_the_last()
    {
        Begin();
        Assert.Empty(Tell(new ReportSnapshotFailed(1, 5, "disk full")));
        Assert.Equal(
            new StopReason(StopKind.SnapshotFailed, 20, "disk full"),
            Assert.IsType<RunStopped>(Assert.Single(Tell(new ReportSnapshotFailed(1, 20, "disk full")))).Reason);
    }

    [Fact]
    public void The_first_progress_in_a_view_says_when_it_took_effect()
    {
        Begin();
        Happen(Proposal(1, 4, 1), new ViewInstalled(1, Now), new ProgressRecorded(1, 5, Now + 7), new ProgressRecorded(1, 9, Now + 50));
        Assert.Equal((Now + 7, 9L), (_state.Changes[^1].FirstStepAt, _state.Progress));
    }

    [Fact]
    public void The_newest_snapshots_and_the_best_are_kept()
    {
        Begin();
        foreach (var step in new[] { 2, 4, 6, 8, 10 })
        {
            Tell(new ReportSnapshot(1, step, $"s{step}", "f"));
        }

        Tell(Evaluation(4, 30));
        Tell(Evaluation(8, 20));
        Assert.Equal([4, 8, 10], _state.SnapshotsToKeep(2).Order());
    }

    [Fact]
    public void Replaying_the_journal_gives_the_same_state()
    {
        Begin();
        Happen(
            new TrainerJoined("a", "n1", Now), Proposal(1, 0, 1), new ViewInstalled(1, Now), new ProgressRecorded(1, 3, Now),
            new ReplicaDiverged("a", "n1", 3, Now));
        Tell(new ReportSnapshot(1, 5, "s5", "f"));
        Tell(Evaluation(5, 12));
        Tell(new FailRun("why"));
        Tell(new BeginRun("{}", 20, 8, 1));
        var replayed = _journal.Aggregate(RunState.Empty, (state, happened) => state.Apply(happened));
        Assert.Equal(System.Text.Json.JsonSerializer.Serialize(_state), System.Text.Json.JsonSerializer.Serialize(replayed));
    }

    private static ReportEvaluation Evaluation(long step, double recall) =>
        new(new EvaluationReport(step, [new SplitEvaluation("validation", 10, new Dictionary<string, double> { ["meanRecall"] = recall })]));

    private static ViewProposed Proposal(long generation, long fromStep, long lineage)
    {
        var view = new View(generation, fromStep, [new Share("a", "n1", "e", 0, 8)]);
        return new ViewProposed(view, [new StateSource("a", StateWay.Keep, null)], lineage, new ViewCause(ViewCauseKind.Joins, "n1"), Now, Now);
    }

    private void Begin() => Tell(new BeginRun("{}", 20, 8, 1));

    private IReadOnlyList<IEvent> Tell(ICommand command)
    {
        var events = _state.Decide(command, Now);
        Happen([.. events]);
        return events;
    }

    private void Happen(params IReadOnlyList<IEvent> events)
    {
        _journal.AddRange(events);
        _state = events.Aggregate(_state, (state, happened) => state.Apply(happened));
    }
}
