using TiMix.Protocol.Coordination;
using TiMix.Protocol.Values;
using static TiMix.Protocol.Messages.CoordinatorEvents;

namespace TiMix.Protocol.Tests.Simulation;

/// <summary>
/// What only real processes reached before: damaged memory and disks, journals that refuse, services that die, and what was found by
/// random schedules once.
/// </summary>
public sealed class FaultScenarioTests
{
    private const int Seeds = 12;

    [Fact]
    public void Every_kind_of_fault_at_every_point_leaves_the_result_as_it_is()
    {
        foreach (var kind in Enum.GetValues<FaultKind>())
        {
            foreach (var point in Enum.GetValues<Point>())
            {
                var wrong = kind is FaultKind.FlipAtApply or FaultKind.CorruptCopy;
                var fault = new Fault(kind, Point: point, Occurrence: 3, Duration: 5000);
                Simulation.Run(new SimulationSettings
                {
                    Seed = ((ulong)kind * 100) + (ulong)point,
                    Steps = 20,
                    SnapshotEvery = 4,
                    EvaluateEvery = 4,
                    Coordinators = 1 + ((int)point % 2),
                    MicroBatches = 4,
                    Faults = wrong ? [fault] : [fault, new Fault(FaultKind.Join, At: 1000)],
                });
            }
        }
    }

    [Theory]
    [InlineData(Point.Hashing)]
    [InlineData(Point.Giving)]
    [InlineData(Point.Capturing)]
    [InlineData(Point.Computed)]
    [InlineData(Point.Gathering)]
    [InlineData(Point.Preparing)]
    public void A_bit_that_flips_is_found_before_anything_is_made_of_it(object point)
    {
        var found = 0;
        for (var occurrence = 1; occurrence <= 6; occurrence++)
        {
            var faults = new[]
            {
                new Fault(FaultKind.Join, Point: Point.Applied, Occurrence: 12),
                new Fault(FaultKind.Pause, Point: Point.Applied, Occurrence: 30, Duration: 4000),
                new Fault(FaultKind.WantSnapshot, At: 4000),
                new Fault(FaultKind.FlipAtRest, Point: (Point)point, Occurrence: occurrence),
            };
            foreach (var cluster in Runs(new SimulationSettings { SnapshotEvery = 100, Leases = StartWith(3), Faults = faults }, 3))
            {
                found += cluster.Statistics.Damaged;
                Assert.DoesNotContain(cluster.Journal.Events, happened => happened is ReplicaDiverged);
            }
        }

        Assert.True(found > 0, "No flipped bit was ever found there.");
    }

    [Fact]
    public void A_coordinator_that_only_stood_still_gets_no_event_in_after_its_successor_began()
    {
        var refused = 0;
        foreach (var cluster in Runs(new SimulationSettings
        {
            Coordinators = 2,
            Steps = 120,
            MicroBatches = 12,
            Faults = [new Fault(FaultKind.HangCoordinator, Point: Point.Applied, Occurrence: 20, Duration: 7000)],
        }))
        {
            refused += cluster.Statistics.Refused;
            Assert.True(cluster.Coordinators.All.Count(host => host.Alive) >= 1);
        }

        Assert.True(refused > 0, "No zombie ever tried to write.");
    }

    [Fact]
    public void A_lone_trainer_that_hangs_is_put_out_by_its_silence_and_another_goes_on()
    {
        var faults = new[] { new Fault(FaultKind.Hang, Point: Point.Applied, Occurrence: 12, Duration: 1_000_000), new Fault(FaultKind.Join, At: 3000) };
        foreach (var cluster in Runs(new SimulationSettings { Trainers = 1, FaultsEndAfter = 500_000, Faults = faults }))
        {
            Assert.InRange(cluster.Time.Now - VirtualTime.Beginning, 0, 60_000);
        }
    }

    [Fact]
    public void A_run_that_was_resumed_is_not_resumed_again_by_the_next_coordinator_of_that_process()
    {
        var faults = new[]
        {
            new Fault(FaultKind.KillAll, Point: Point.Applied, Occurrence: 30, Duration: 500),
            new Fault(FaultKind.LoseJournal, At: 5000, Duration: 3000),
        };
        foreach (var cluster in Runs(new SimulationSettings { Steps = 100, SnapshotEvery = 5, Leases = StartWith(3), Faults = faults }))
        {
            Assert.Equal(1, cluster.Journal.Run.Resumes);
        }
    }

    [Fact]
    public void The_run_does_not_end_before_what_was_done_without_a_coordinator_is_written_down()
    {
        foreach (var cluster in Runs(new SimulationSettings
        {
            Leases = StartWith(3),
            Faults = [new Fault(FaultKind.KillCoordinator, Point: Point.Applied, Occurrence: 12)],
        }))
        {
            Assert.Equal(cluster.Settings.Steps, cluster.Records.Metrics.Count);
        }
    }

    [Fact]
    public void A_broken_link_is_enough_to_put_a_dead_trainer_out_long_before_its_lease_is_over()
    {
        foreach (var cluster in Runs(new SimulationSettings
        {
            Restarts = 0,
            Leases = StartWith(3),
            Faults = [new Fault(FaultKind.Kill, Point: Point.Applied, Occurrence: 30)],
        }))
        {
            var second = cluster.Journal.Run.Changes[1];
            Assert.InRange(second.InstalledAt - second.DetectedAt, 0, 2000);
        }
    }

    [Fact]
    public void Two_that_never_reach_each_other_do_not_hold_the_run_up_for_ever()
    {
        var faults = new[] { new Fault(FaultKind.CutFromPeer, Point: Point.Preparing, Duration: 400_000) };
        foreach (var cluster in Runs(new SimulationSettings { Trainers = 2, FaultsEndAfter = 500_000, Leases = StartWith(2), Faults = faults }))
        {
            Assert.InRange(cluster.Time.Now - VirtualTime.Beginning, 0, 60_000);
        }
    }

    /// <summary>Seed 8159: whoever began to look on between a view's first step and its first progress had the step cut off the metrics.</summary>
    [Fact]
    public void Whoever_looks_on_takes_nothing_away_from_the_metrics()
    {
        Assert.Equal(0, Simulation.Run(RandomSchedule.Of(8159)).Statistics.Gaps);
    }

    [Fact]
    public void Training_goes_on_while_the_journal_is_away_and_the_coordinator_comes_back_with_it()
    {
        foreach (var cluster in Runs(new SimulationSettings
        {
            Steps = 60,
            Leases = StartWith(3),
            Faults = [new Fault(FaultKind.LoseJournal, Point: Point.Applied, Occurrence: 12, Duration: 6000)],
        }))
        {
            Assert.Equal((1, 0, 0), (cluster.Statistics.Views, cluster.Statistics.Aborts, cluster.Statistics.StepsRepeated));
        }
    }

    [Fact]
    public void A_disk_that_is_full_costs_snapshots_and_no_step()
    {
        foreach (var cluster in Runs(new SimulationSettings
        {
            Steps = 60,
            SnapshotEvery = 5,
            Leases = StartWith(3),
            Faults = [new Fault(FaultKind.FillDisk, Point: Point.Saving, Occurrence: 2, Duration: 1500)],
        }))
        {
            Assert.True(cluster.Statistics.Unwritten > 0);
            Assert.Equal((1, 0), (cluster.Statistics.Views, cluster.Statistics.StepsRepeated));
        }
    }

    [Fact]
    public void A_stop_whose_snapshot_cannot_be_written_stops_all_the_same_and_says_why()
    {
        var faults = new[]
        {
            new Fault(FaultKind.FillDisk, Point: Point.Applied, Occurrence: 20, Duration: 6000),
            new Fault(FaultKind.Stop, Point: Point.Applied, Occurrence: 20, Duration: 5000),
        };
        foreach (var cluster in Runs(new SimulationSettings { SnapshotEvery = 100, Leases = StartWith(3), Faults = faults }))
        {
            Assert.Contains(cluster.Journal.Events.OfType<RunStopped>(), paused => paused.Reason.Kind == StopKind.SnapshotFailed);
        }
    }

    /// <summary>That a run that ends is proven by its audit is looked at after every simulation.</summary>
    [Fact]
    public void A_step_that_cannot_be_written_into_the_audit_stops_the_run_and_no_snapshot_counts_without_it()
    {
        var faults = new[] { new Fault(FaultKind.FillAudit, Point: Point.Applied, Occurrence: 20, Duration: 6000) };
        foreach (var cluster in Runs(new SimulationSettings { SnapshotEvery = 5, Leases = StartWith(3), Faults = faults }))
        {
            Assert.True(cluster.Statistics.Unaudited > 0);
            var stopped = cluster.Journal.Events.OfType<RunStopped>().First();
            Assert.Equal(StopKind.AuditFailed, stopped.Reason.Kind);
            Assert.DoesNotContain(
                cluster.Journal.Events.TakeWhile(happened => !ReferenceEquals(happened, stopped)).OfType<SnapshotCommitted>(),
                there => there.Step >= stopped.Reason.Step);
        }
    }

    /// <summary>Whoever joins just then would go on from steps that nothing proves when the only one that can still write them down has died.</summary>
    [Fact]
    public void A_state_whose_steps_are_not_in_the_audit_reaches_nobody_else()
    {
        var faults = new[]
        {
            new Fault(FaultKind.Join, Point: Point.Applied, Occurrence: 2),
            new Fault(FaultKind.FillAudit, Point: Point.Followed, Duration: 6000),
            new Fault(FaultKind.Kill, Point: Point.Obtained, Occurrence: 3, Target: 0),
        };
        var unaudited = 0;
        foreach (var cluster in Runs(new SimulationSettings { SnapshotEvery = 100, Loss = 0.3, Trainers = 1, Leases = StartWith(1), Faults = faults }))
        {
            unaudited += cluster.Statistics.Unaudited;
        }

        Assert.True(unaudited > 0);
    }

    [Fact]
    public void An_audit_that_can_be_written_again_when_the_run_stops_costs_no_step()
    {
        var faults = new[] { new Fault(FaultKind.FillAudit, Point: Point.Applying, Occurrence: 20, Duration: 10) };
        foreach (var cluster in Runs(new SimulationSettings { SnapshotEvery = 100, Leases = StartWith(1), Trainers = 1, Faults = faults }))
        {
            Assert.Equal((StopKind.AuditFailed, 0), (Assert.Single(cluster.Journal.Events.OfType<RunStopped>()).Reason.Kind, cluster.Statistics.StepsRepeated));
        }
    }

    [Fact]
    public void Metrics_that_cannot_be_written_for_a_while_cost_nothing()
    {
        var faults = new[] { new Fault(FaultKind.FillRecords, Point: Point.Applied, Occurrence: 10, Duration: 3000) };
        foreach (var cluster in Runs(new SimulationSettings { SnapshotEvery = 5, Leases = StartWith(3), Faults = faults }))
        {
            Assert.True(cluster.Statistics.Unrecorded > 0);
            Assert.Equal((0, 0), (cluster.Journal.Run.Resumes, cluster.Statistics.Gaps));
        }
    }

    [Fact]
    public void A_run_whose_last_evaluation_cannot_be_written_stops_and_says_why()
    {
        var faults = new[] { new Fault(FaultKind.FillRecords, Point: Point.Evaluating, Duration: 60_000) };
        foreach (var cluster in Runs(new SimulationSettings { SnapshotEvery = 100, Leases = StartWith(3), Faults = faults }))
        {
            Assert.Equal(StopKind.RecordsFailed, cluster.Journal.Events.OfType<RunStopped>().First().Reason.Kind);
        }
    }

    [Fact]
    public void A_donor_that_dies_is_replaced_by_another()
    {
        var faults = new[] { new Fault(FaultKind.Join, Point: Point.Applied, Occurrence: 12), new Fault(FaultKind.Kill, Point: Point.Giving) };
        foreach (var cluster in Runs(new SimulationSettings { SnapshotEvery = 100, Restarts = 0, Leases = StartWith(3), Faults = faults }))
        {
            Assert.Equal((3, 0), (cluster.Journal.Run.Changes[^1].View.Shares.Count, cluster.Statistics.StepsRepeated));
        }
    }

    [Fact]
    public void A_mixer_that_starts_anew_gets_the_version_that_the_step_calls_for()
    {
        foreach (var cluster in Runs(new SimulationSettings
        {
            RefreshEvery = 3,
            Leases = StartWith(3),
            Faults = [new Fault(FaultKind.KillMixer, Point: Point.Mixed, Occurrence: 70)],
        }))
        {
            Assert.Equal((1, 0), (cluster.Statistics.Views, cluster.Statistics.StepsRepeated));
        }
    }

    [Fact]
    public void An_evaluator_that_dies_over_a_snapshot_is_asked_again_when_it_is_back()
    {
        foreach (var cluster in Runs(new SimulationSettings
        {
            SnapshotEvery = 5,
            EvaluateEvery = 5,
            KeepSnapshots = 1,
            Faults = [new Fault(FaultKind.KillEvaluator, Point: Point.Evaluating, Occurrence: 2)],
        }))
        {
            Assert.Equal(cluster.Settings.Steps, cluster.Records.Evaluations[^1]);
        }
    }

    [Fact]
    public void An_evaluation_that_fails_ends_the_run_only_if_it_is_the_last()
    {
        foreach (var cluster in Runs(new SimulationSettings
        {
            SnapshotEvery = 5,
            EvaluateEvery = 5,
            Faults = [new Fault(FaultKind.FailEvaluation, Point: Point.Saved)],
        }))
        {
            Assert.Equal(0, cluster.Journal.Run.Resumes);
        }

        foreach (var cluster in Runs(new SimulationSettings { SnapshotEvery = 100, Faults = [new Fault(FaultKind.FailEvaluation, At: 0)] }))
        {
            Assert.Equal((1, StopKind.Failed), (cluster.Journal.Run.Resumes, Assert.Single(cluster.Journal.Events.OfType<RunStopped>()).Reason.Kind));
        }
    }

    /// <summary>Seeds 12, 905 and others of random schedules: the evaluation failed again after every resumption.</summary>
    [Fact]
    public void The_last_snapshot_is_written_again_when_it_turns_out_to_be_damaged_at_its_evaluation()
    {
        foreach (var cluster in Runs(new SimulationSettings
        {
            SnapshotEvery = 100,
            Leases = StartWith(3),
            Faults = [new Fault(FaultKind.DamageSnapshot, Point: Point.Evaluating)],
        }))
        {
            Assert.Equal([30, 30], cluster.Journal.Events.OfType<SnapshotCommitted>().Select(snapshot => snapshot.Step));
            Assert.Equal((1, 0), (cluster.Statistics.Views, cluster.Journal.Run.Resumes));
        }
    }

    /// <summary>Seeds 8, 47 and others: the second report made a deleted snapshot count.</summary>
    [Fact]
    public void A_report_that_comes_twice_does_not_bring_a_deleted_snapshot_back()
    {
        foreach (var cluster in Runs(new SimulationSettings
        {
            SnapshotEvery = 1,
            KeepSnapshots = 1,
            Duplicates = 0.5,
            Stragglers = 0.05,
            Leases = StartWith(3),
        }))
        {
            Assert.True(cluster.Statistics.Deleted > 5);
            Assert.All(cluster.Journal.Events.OfType<SnapshotCommitted>().GroupBy(snapshot => snapshot.Directory), reports => Assert.Single(reports));
        }
    }

    /// <summary>
    /// Seeds 23 and 199: what one replica alone had computed wrongly was published as the teacher, and mixers kept it when the others had
    /// outvoted it.
    /// </summary>
    [Fact]
    public void A_wrong_step_of_the_first_trainer_reaches_no_mixer_as_a_version_of_the_teacher()
    {
        var diverged = 0;
        foreach (var cluster in Runs(new SimulationSettings
        {
            RefreshEvery = 1,
            SnapshotEvery = 100,
            Leases = StartWith(3),
            Faults = [new Fault(FaultKind.FlipAtApply, At: 1500, Target: 0)],
        }))
        {
            diverged += cluster.Journal.Events.Count(happened => happened is ReplicaDiverged);
        }

        Assert.True(diverged > Seeds / 2, "The first trainer's steps were hardly ever wrong.");
    }

    private static MembershipOptions StartWith(int trainers) => new SimulationSettings().Leases with { StartTrainers = trainers };

    private static IEnumerable<Cluster> Runs(SimulationSettings settings, int seeds = Seeds)
    {
        for (var seed = 1UL; seed <= (ulong)seeds; seed++)
        {
            yield return Simulation.Run(settings with { Seed = seed });
        }
    }
}
