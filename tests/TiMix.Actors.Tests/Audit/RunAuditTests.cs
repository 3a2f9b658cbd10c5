using TiMix.Protocol.Values;
using TiMix.Protocol.Coordination;
using TiMix.Runs.Audit;
using static TiMix.Protocol.Messages.CoordinatorEvents;

namespace TiMix.Actors.Tests.Audit;

/// <summary>Two micro-batches of two samples, three steps an epoch, six steps; a's view until step 2, then a and b's.</summary>
public sealed class RunAuditTests
{
    private const int MicroBatches = 2;
    private const int Size = 2;
    private const int StepsPerEpoch = 3;
    private const long LastStep = 6;

    private readonly List<IEvent> _journal =
    [
        new RunStarted("{}", LastStep, MicroBatches, 1),
        .. Installed(1, 0, "nobody", 100, "a"),
        new ProgressRecorded(1, 1, 190),
        .. Installed(2, 2, "node-b joins", 300, "a", "b"),
        new ProgressRecorded(2, 3, 390),
    ];

    private readonly List<AuditRecord> _records =
    [
        .. Enumerable.Range(1, 2).Select(step => Honest(1, step, "a")),
        .. Enumerable.Range(3, 4).SelectMany(step => new[] { Honest(2, step, "a"), Honest(2, step, "b") }),
    ];

    [Fact]
    public void An_honest_run_is_proven()
    {
        var report = Check();
        Assert.True(report.Proven, string.Join('\n', report.Problems));
        Assert.Empty(report.Problems);
        Assert.Equal(
            [
                "view 1 from step 0: node-a 0–1 (nobody); detected, installed +50 ms, first step +90 ms",
                "view 2 from step 2: node-a 0, node-b 1 (node-b joins); detected, installed +50 ms, first step +90 ms",
            ],
            report.Timeline.Select(ViewText.TimelineLine));
    }

    [Fact]
    public void One_trainer_of_a_view_is_enough_for_a_step()
    {
        _records.RemoveAll(record => record.Trainer == "b");
        Assert.True(Check().Proven);
    }

    [Fact]
    public void What_an_earlier_view_did_past_the_point_where_the_next_goes_on_is_void()
    {
        var lost = Honest(1, 3, "a");
        _records.Add(lost with { MicroBatches = [lost.MicroBatches[0]] });
        Assert.True(Check().Proven);
    }

    [Fact]
    public void A_view_that_went_back_to_a_snapshot_takes_its_steps_over_from_all_before_it()
    {
        _journal.AddRange(Installed(3, 1, "the states differ", 500, "c"));
        Assert.False(Check().StepsOnce);
        _records.AddRange(Enumerable.Range(2, 5).Select(step => Honest(3, step, "c")));
        Assert.True(Check().Proven);
        Assert.Equal([1L, 2L, 3L], Check().Timeline.Select(change => change.View.Generation));
    }

    [Fact]
    public void A_view_that_was_only_proposed_counts_for_nothing()
    {
        _journal.Add(Installed(3, 4, "c joins", 500, "c")[0]);
        Assert.True(Check().Proven);
    }

    [Fact]
    public void A_journal_that_was_begun_anew_proves_what_stands_in_it_and_says_that_it_knows_nothing_of_the_rest()
    {
        List<IEvent> anew =
            [new RunStarted("{}", LastStep, MicroBatches, 1), new SnapshotCommitted(3, "step-3", "f", 10), .. Installed(3, 3, "nobody", 100, "c")];
        _records.AddRange(Enumerable.Range(4, 3).Select(step => Honest(3, step, "c")));
        _journal.Clear();
        _journal.AddRange(anew);
        var report = Check();
        Assert.Equal((false, false), (report.SamplesOnce, report.StepsOnce));
        Assert.Equal(["steps 1 to 3 were done before this journal was begun anew: it knows nothing of them"], report.Problems);

        _records.RemoveAll(record => record.Step == 5 && record.Trainer == "c");
        Assert.Contains("step 5 has no record in view 3, in which it counts", Check().Problems);
    }

    [Fact]
    public void A_sample_that_came_twice_in_an_epoch_is_found()
    {
        Lie(5, record => record with { MicroBatches = [record.MicroBatches[0], record.MicroBatches[1] with { Samples = [Sample(4, 0), Sample(5, 3)] }] });
        var report = Check();
        Assert.Equal((false, true), (report.SamplesOnce, report.StepsOnce));
        Assert.Equal([$"sample {Sample(4, 0)} came twice in epoch 1: in step 4 and in step 5", "epoch 1 used 11 samples instead of 12"], report.Problems);
    }

    [Fact]
    public void A_sample_that_came_twice_in_a_step_is_found()
    {
        Lie(5, record => record with { MicroBatches = [record.MicroBatches[0], record.MicroBatches[1] with { Samples = [Sample(5, 2), Sample(5, 2)] }] });
        Assert.Contains("in step 5 and again in it", Check().Problems[0], StringComparison.Ordinal);
    }

    [Fact]
    public void The_same_sample_in_two_epochs_is_right() => Assert.Equal(Honest(1, 1, "a").MicroBatches[0].Samples, Honest(2, 4, "a").MicroBatches[0].Samples);

    [Fact]
    public void A_micro_batch_that_was_not_summed_is_found()
    {
        Lie(4, record => record with { MicroBatches = [record.MicroBatches[0]] });
        var report = Check();
        Assert.Equal((false, true), (report.SamplesOnce, report.StepsOnce));
        Assert.Contains("step 4: micro-batch 1 was summed never", report.Problems);
    }

    [Fact]
    public void A_micro_batch_that_was_summed_twice_is_found()
    {
        Lie(6, record => record with { MicroBatches = [.. record.MicroBatches, record.MicroBatches[1]] });
        Assert.Contains("step 6: micro-batch 1 was summed 2 times", Check().Problems);
    }

    [Theory]
    [InlineData(-1)]
    [InlineData(2)]
    public void A_micro_batch_that_does_not_exist_is_found(int index)
    {
        Lie(4, record => record with { MicroBatches = [record.MicroBatches[0], record.MicroBatches[1] with { Index = index }] });
        Assert.Contains($"step 4: micro-batch {index} was summed; there are 0 to 1", Check().Problems);
    }

    [Fact]
    public void A_micro_batch_that_is_too_small_is_found()
    {
        Lie(4, record => record with { MicroBatches = [record.MicroBatches[0], record.MicroBatches[1] with { Samples = [Sample(4, 2)] }] });
        Assert.Contains("step 4: micro-batch 1 has 1 samples instead of 2", Check().Problems);
    }

    [Fact]
    public void Two_trainers_that_do_not_agree_are_found()
    {
        var at = _records.FindIndex(record => record is { Step: 5, Trainer: "b" });
        _records[at] = _records[at] with { MicroBatches = [_records[at].MicroBatches[0], _records[at].MicroBatches[1] with { By = "a" }] };
        var report = Check();
        Assert.Equal((true, false), (report.SamplesOnce, report.StepsOnce));
        Assert.Equal("step 5: a and b do not agree on what was summed", Assert.Single(report.Problems));
    }

    [Fact]
    public void A_step_in_two_views_is_found()
    {
        _records.Add(Honest(2, 2, "a"));
        var report = Check();
        Assert.False(report.StepsOnce);
        Assert.Equal("step 2 was applied in view 2, which began after step 2: it counts twice", Assert.Single(report.Problems));
    }

    [Fact]
    public void A_step_that_a_trainer_applied_twice_is_found()
    {
        _records.Add(Honest(2, 5, "b"));
        Assert.Equal("b applied step 5 twice in view 2", Assert.Single(Check().Problems));
    }

    [Fact]
    public void A_skipped_step_is_found()
    {
        _records.RemoveAll(record => record.Step == 4);
        var report = Check();
        Assert.Equal((false, false), (report.SamplesOnce, report.StepsOnce));
        Assert.Equal(["step 4 has no record in view 2, in which it counts", "epoch 1 used 8 samples instead of 12"], report.Problems);
    }

    [Fact]
    public void A_step_past_the_last_one_is_found()
    {
        _records.Add(Honest(2, 7, "a"));
        Assert.Equal("step 7 was applied in view 2, after the last step 6", Assert.Single(Check().Problems));
    }

    [Fact]
    public void A_zombie_that_went_on_in_its_old_view_or_in_one_of_its_own_is_found()
    {
        _records.Add(Honest(9, 5, "a"));
        _records.Add(Honest(2, 5, "z"));
        Assert.Equal(["a applied step 5 in view 9, which was never installed", "z applied step 5 in view 2, to which it does not belong"], Check().Problems);
    }

    [Fact]
    public void A_part_that_somebody_outside_the_view_computed_is_found()
    {
        Lie(6, record => record with { MicroBatches = [record.MicroBatches[0], record.MicroBatches[1] with { By = "z" }] });
        Assert.Equal("step 6: micro-batch 1 came from z, which does not belong to view 2", Assert.Single(Check().Problems));
    }

    [Fact]
    public void Samples_of_another_epoch_are_found()
    {
        Lie(4, record => record with { Epoch = 0 });
        var report = Check();
        Assert.False(report.SamplesOnce);
        Assert.Contains("step 4 took its samples from epoch 0 instead of 1", report.Problems);
    }

    [Fact]
    public void Without_a_journal_nothing_is_proven()
    {
        _journal.Clear();
        _records.Clear();
        var report = Check();
        Assert.Equal((false, false), (report.SamplesOnce, report.StepsOnce));
        Assert.Contains("step 1 belongs to no view", report.Problems);
    }

    [Fact]
    public void The_first_twenty_problems_are_named_and_all_are_counted()
    {
        _records.AddRange(Enumerable.Range(0, 50).Select(_ => Honest(9, 1, "a")));
        var report = Check();
        Assert.Equal((20, 50L), (report.Problems.Count, report.ProblemCount));
        Assert.All(report.Problems, problem => Assert.DoesNotContain('\n', problem));
    }

    private AuditReport Check() => RunAudit.Check(_journal, _records, LastStep, MicroBatches, Size, StepsPerEpoch);

    /// <summary>Changes what everybody says of a step.</summary>
    private void Lie(long step, Func<AuditRecord, AuditRecord> change)
    {
        for (var i = 0; i < _records.Count; i++)
        {
            _records[i] = _records[i].Step == step ? change(_records[i]) : _records[i];
        }
    }

    private static int Sample(long step, int place) => (int)((step - 1) % StepsPerEpoch * MicroBatches * Size) + place;

    private static AuditRecord Honest(long generation, long step, string trainer) => new(
        generation, step, trainer, (int)((step - 1) / StepsPerEpoch),
        [new AuditMicroBatch(0, generation == 3 ? "c" : "a", [Sample(step, 0), Sample(step, 1)]), new AuditMicroBatch(
            1, generation switch { 1 => "a", 2 => "b", _ => "c" }, [Sample(step, 2), Sample(step, 3)])]);

    private static IEvent[] Installed(long generation, long fromStep, string reason, long detectedAt, params string[] trainers)
    {
        var view = ViewPlanner.Plan(generation, fromStep, trainers.Select(trainer => new Candidate(trainer, "node-" + trainer, "", 0)), MicroBatches);
        return [new ViewProposed(view, [], 1, ViewCauseFormat.Parse(reason), detectedAt, detectedAt + 10), new ViewInstalled(generation, detectedAt + 50)];
    }
}
