using TiMix.Protocol.Coordination;
using TiMix.Protocol.Values;
using static TiMix.Protocol.Messages.CoordinatorEvents;

namespace TiMix.Protocol.Tests.Simulation;

/// <summary>Single faults at chosen points. Every simulation also checks all invariants, and that the run ends with the right weights.</summary>
public sealed class ScenarioTests
{
    private const int Seeds = 20;

    [Fact]
    public void An_undisturbed_run_needs_one_view_for_all_its_steps_and_few_orders()
    {
        foreach (var cluster in Runs(new SimulationSettings { Trainers = 5, Leases = StartWith(5) }))
        {
            Assert.Equal((1, 0, 5 * 30), (cluster.Statistics.Views, cluster.Statistics.Aborts, cluster.Statistics.StepsApplied));
            Assert.InRange(cluster.Statistics.Orders, 10, 25);
            Assert.Equal(3, cluster.Statistics.Written);
        }
    }

    [Fact]
    public void A_trainer_that_dies_in_the_middle_of_a_reduce_leaves_one_ahead_and_the_other_copies_from_it()
    {
        var copied = 0;
        foreach (var cluster in Runs(new SimulationSettings
        {
            Leases = StartWith(3),
            Restarts = 0,
            Faults = [new Fault(FaultKind.Kill, Point: Point.Reducing, Occurrence: 20)],
        }))
        {
            var second = Proposals(cluster)[1];
            copied += second.Sources.Count(source => source.Way == StateWay.Copy);
            Assert.All(second.Sources, source => Assert.True(source.Way is StateWay.Keep or StateWay.Copy));
            Assert.InRange(cluster.Statistics.StepsRepeated, 0, 2);
        }

        Assert.True(copied > 0, "No survivor was ever behind the other.");
    }

    [Fact]
    public void Wherever_the_coordinator_crashes_it_takes_up_what_its_journal_says()
    {
        foreach (var point in new[] { Point.Persisting, Point.Proposed, Point.Installed, Point.Ready, Point.Stopping, Point.Quiet })
        {
            var faults = new[] { new Fault(FaultKind.Join, At: 900), new Fault(FaultKind.KillCoordinator, Point: point, Occurrence: 2, Duration: 700) };
            foreach (var cluster in Runs(new SimulationSettings { Faults = faults }))
            {
                Assert.Equal(0, cluster.Statistics.StepsRepeated);
            }
        }
    }

    [Fact]
    public void A_dead_coordinator_stops_nothing_while_the_view_stands()
    {
        var settings = new SimulationSettings
        {
            Leases = StartWith(3),
            Restarts = 0,
            Launched = false,
            Faults = [new Fault(FaultKind.KillCoordinator, Point: Point.Applied, Occurrence: 3)],
        };
        var cluster = Simulation.Run(settings, cluster => cluster.Statistics.Furthest == settings.Steps);
        Assert.Null(cluster.Coordinators.Working);
    }

    [Fact]
    public void A_zombie_that_comes_back_touches_no_sum_and_joins_again()
    {
        var (fenced, back) = (0, 0);
        foreach (var cluster in Runs(new SimulationSettings
        {
            Steps = 80,
            Leases = StartWith(3),
            Faults = [new Fault(FaultKind.Hang, Point: Point.Gathering, Occurrence: 10, Duration: 5000)],
        }))
        {
            fenced += cluster.Statistics.FencedFrames;
            back += cluster.Journal.Events.OfType<TrainerJoined>().GroupBy(joined => joined.Trainer).Any(joins => joins.Count() > 1) ? 1 : 0;
            Assert.InRange(cluster.Statistics.StepsRepeated, 0, 2);
        }

        Assert.True(fenced > 0 && back > Seeds / 2, $"{fenced} frames fenced, {back} zombies joined again.");
    }

    [Fact]
    public void A_trainer_joins_after_a_whole_step_and_nobody_breaks_off()
    {
        foreach (var cluster in Runs(new SimulationSettings
        {
            Leases = StartWith(3),
            Faults = [new Fault(FaultKind.Join, Point: Point.Applied, Occurrence: 12)],
        }))
        {
            Assert.Equal((2, 0, 0), (cluster.Statistics.Views, cluster.Statistics.Aborts, cluster.Statistics.StepsRepeated));
        }
    }

    [Fact]
    public void A_trainer_that_joins_while_another_one_does_is_in_the_next_view_or_the_one_after_it()
    {
        var faults = new[]
        {
            new Fault(FaultKind.Join, Point: Point.Applied, Occurrence: 12),
            new Fault(FaultKind.Join, Point: Point.Followed),
            new Fault(FaultKind.Join, Point: Point.GoneOver),
        };
        foreach (var cluster in Runs(new SimulationSettings { Steps = 120, Leases = StartWith(3), Faults = faults }))
        {
            Assert.Equal((6, 0), (cluster.Journal.Run.Changes[^1].View.Shares.Count, cluster.Statistics.StepsRepeated));
        }
    }

    [Fact]
    public void The_last_trainer_that_drains_leaves_a_snapshot_of_its_step_and_the_next_goes_on_from_it()
    {
        var faults = new[] { new Fault(FaultKind.Drain, Point: Point.Applied, Occurrence: 7), new Fault(FaultKind.Join, At: 6000) };
        foreach (var cluster in Runs(new SimulationSettings { Trainers = 1, SnapshotEvery = 100, Faults = faults }))
        {
            Assert.Equal(0, cluster.Statistics.StepsRepeated);
            Assert.Equal(StateWay.Restore, Assert.Single(Proposals(cluster)[^1].Sources).Way);
        }
    }

    [Fact]
    public void One_that_wants_to_leave_while_another_joins_leaves_when_that_one_is_there()
    {
        var faults = new[] { new Fault(FaultKind.Join, Point: Point.Applied, Occurrence: 7), new Fault(FaultKind.Drain, Point: Point.Followed, Target: 0) };
        foreach (var cluster in Runs(new SimulationSettings { Trainers = 1, SnapshotEvery = 100, Restarts = 0, Faults = faults }))
        {
            var last = cluster.Journal.Run.Changes[^1];
            Assert.Equal((StateWay.Keep, 0), (Assert.Single(Proposals(cluster)[^1].Sources).Way, cluster.Statistics.StepsRepeated));
            Assert.Equal((1, 0), (cluster.Statistics.ViewsGoneOverTo, cluster.Statistics.Aborts));
            Assert.InRange(last.InstalledAt - last.DetectedAt, 0, 2500);
        }
    }

    [Fact]
    public void All_killed_goes_on_from_the_newest_snapshot_with_any_number_of_trainers()
    {
        foreach (var cluster in Runs(new SimulationSettings
        {
            SnapshotEvery = 5,
            Leases = StartWith(3),
            Faults = [new Fault(FaultKind.KillAll, Point: Point.Reducing, Occurrence: 62, Duration: 1000)],
        }))
        {
            Assert.Equal(1, cluster.Journal.Run.Resumes);
            Assert.True(Assert.Single(cluster.Journal.Events.OfType<RunResumed>()).FromStep > 0);
        }
    }

    [Fact]
    public void Two_that_differ_go_back_to_the_snapshot_since_nobody_can_say_which_is_right()
    {
        foreach (var cluster in Runs(new SimulationSettings
        {
            Trainers = 2,
            SnapshotEvery = 5,
            Leases = StartWith(2),
            Faults = [new Fault(FaultKind.FlipAtApply, Point: Point.Applied, Occurrence: 37)],
        }))
        {
            Assert.Equal(2, cluster.Journal.Events.OfType<ReplicaDiverged>().Count());
            Assert.Contains(cluster.Journal.Run.Changes[1].View.FromStep, new long[] { 10, 15, 20 });
            Assert.Equal(ViewCauseKind.Diverged, cluster.Journal.Run.Changes[1].Reason.Kind);
        }
    }

    [Fact]
    public void One_of_three_that_differs_takes_the_state_of_the_others_over()
    {
        foreach (var cluster in Runs(new SimulationSettings
        {
            Leases = StartWith(3),
            Faults = [new Fault(FaultKind.FlipAtApply, Point: Point.Applied, Occurrence: 35)],
        }))
        {
            var diverged = Assert.Single(cluster.Journal.Events.OfType<ReplicaDiverged>());
            Assert.Equal(StateWay.Copy, Proposals(cluster)[1].Sources.Single(source => source.Trainer == diverged.Trainer).Way);
            Assert.Equal(0, cluster.Statistics.StepsRepeated);
        }
    }

    [Fact]
    public void One_that_differs_is_not_believed_when_those_who_knew_better_have_left()
    {
        var faults = new[]
        {
            new Fault(FaultKind.FlipAtApply, Point: Point.Applied, Occurrence: 35),
            new Fault(FaultKind.Drain, Point: Point.Quiet, Occurrence: 4),
            new Fault(FaultKind.Drain, Point: Point.Quiet, Occurrence: 5),
            new Fault(FaultKind.Drain, Point: Point.Quiet, Occurrence: 6),
        };
        Assert.All(Runs(new SimulationSettings
        {
            Leases = StartWith(3),
            Faults = faults,
        }), cluster => Assert.NotEmpty(cluster.Journal.Events.OfType<ReplicaDiverged>()));
    }

    [Fact]
    public void A_lost_order_to_begin_is_given_again()
    {
        foreach (var cluster in Runs(new SimulationSettings
        {
            Leases = StartWith(3),
            Faults = [new Fault(FaultKind.CutFromCoordinator, Point: Point.Installed, Duration: 1500)],
        }))
        {
            Assert.Equal((1, 0), (cluster.Statistics.Views, cluster.Statistics.Aborts));
        }
    }

    [Fact]
    public void A_pause_ends_with_a_snapshot_of_the_newest_step_and_can_be_continued()
    {
        var settings = new SimulationSettings
        {
            SnapshotEvery = 100,
            Leases = StartWith(3),
            Faults = [new Fault(FaultKind.Stop, Point: Point.Applied, Occurrence: 20, Duration: 4000)],
        };
        for (var seed = 1UL; seed <= Seeds; seed++)
        {
            var paused = Simulation.Run(settings with { Seed = seed }, cluster => cluster.Journal.Run.Status == RunStatus.Stopped);
            Assert.Equal((StopKind.Requested, paused.Statistics.Furthest), (paused.Journal.Run.StopReason!.Kind, paused.Journal.Run.Newest!.Step));
        }

        Assert.All(Runs(settings), cluster => Assert.Equal((1, 0), (cluster.Journal.Run.Resumes, cluster.Statistics.StepsRepeated)));
    }

    [Fact]
    public void Who_holds_still_goes_on_in_the_next_view_without_a_step_or_a_state_lost()
    {
        foreach (var cluster in Runs(new SimulationSettings
        {
            SnapshotEvery = 100,
            Leases = StartWith(3),
            Faults = [new Fault(FaultKind.Pause, Point: Point.Applied, Occurrence: 20, Duration: 9000)],
        }))
        {
            Assert.Equal((2, 0, 0, 0), (cluster.Statistics.Views, cluster.Statistics.StepsRepeated, cluster.Statistics.Aborts, cluster.Journal.Run.Resumes));
            var second = Proposals(cluster)[1];
            Assert.Equal(ViewCauseKind.Continued, second.Reason.Kind);
            Assert.All(second.Sources, source => Assert.Equal(StateWay.Keep, source.Way));
            Assert.Equal(
                [typeof(RunPaused), typeof(RunContinued)],
                cluster.Journal.Events.Where(happened => happened is RunPaused or RunContinued).Select(happened => happened.GetType()));
        }
    }

    [Fact]
    public void A_coordinator_that_starts_anew_while_the_run_is_held_does_not_set_it_going()
    {
        var faults = new[]
        {
            new Fault(FaultKind.Pause, Point: Point.Applied, Occurrence: 20, Duration: 20_000),
            new Fault(FaultKind.KillCoordinator, At: 6000, Duration: 500),
            new Fault(FaultKind.Join, At: 8000),
        };
        foreach (var cluster in Runs(new SimulationSettings { SnapshotEvery = 100, Leases = StartWith(3), Faults = faults }))
        {
            var held = cluster.Journal.Events.SkipWhile(happened => happened is not RunPaused).TakeWhile(happened => happened is not RunContinued);
            Assert.DoesNotContain(held, happened => happened is ViewProposed);
        }
    }

    [Fact]
    public void A_snapshot_that_is_wanted_is_written_once_and_soon()
    {
        foreach (var cluster in Runs(new SimulationSettings
        {
            Steps = 40,
            SnapshotEvery = 100,
            Leases = StartWith(3),
            Faults = [new Fault(FaultKind.WantSnapshot, Point: Point.Applied, Occurrence: 30)],
        }))
        {
            var steps = cluster.Journal.Events.OfType<SnapshotCommitted>().Select(snapshot => snapshot.Step).ToArray();
            Assert.Equal(2, steps.Length);
            Assert.InRange(steps[0], 10, 25);
            Assert.Equal(40, steps[1]);
        }
    }

    [Fact]
    public void A_snapshot_that_is_wanted_while_everybody_holds_still_is_of_that_step()
    {
        var pause = new Fault(FaultKind.Pause, Point: Point.Applied, Occurrence: 30, Duration: 15_000);
        var faults = new[] { pause, new Fault(FaultKind.WantSnapshot, At: 12_000) };
        foreach (var cluster in Runs(new SimulationSettings { Steps = 40, SnapshotEvery = 100, Leases = StartWith(3), Faults = faults }))
        {
            var held = cluster.Journal.Events.SkipWhile(happened => happened is not RunPaused).TakeWhile(happened => happened is not RunContinued).ToList();
            var next = Proposals(cluster)[^1];
            Assert.Equal(next.View.FromStep, Assert.Single(held.OfType<SnapshotCommitted>()).Step);
        }
    }

    [Fact]
    public void A_damaged_snapshot_is_struck_off_and_the_one_before_it_is_used()
    {
        var struckOff = 0;
        var faults = new[]
        {
            new Fault(FaultKind.DamageSnapshot, Point: Point.Applied, Occurrence: 61),
            new Fault(FaultKind.KillAll, Point: Point.Applied, Occurrence: 61),
        };
        foreach (var cluster in Runs(new SimulationSettings { SnapshotEvery = 5, Leases = StartWith(3), Faults = faults }))
        {
            foreach (var discarded in cluster.Journal.Events.OfType<SnapshotDiscarded>().Where(discarded => discarded.Reason != SnapshotDiscarded.Retention))
            {
                var next = cluster.Journal.Events.SkipWhile(happened => !ReferenceEquals(happened, discarded)).OfType<ViewProposed>().First();
                var before = cluster.Journal.Events
                    .TakeWhile(happened => !ReferenceEquals(happened, next))
                    .Aggregate(RunState.Empty, (state, happened) => state.Apply(happened));
                Assert.Equal(before.Newest?.Step ?? 0, next.View.FromStep);
                Assert.InRange(next.View.FromStep, 0, discarded.Step - 1);
                struckOff++;
            }
        }

        Assert.True(struckOff > Seeds / 2, $"{struckOff} snapshots were struck off.");
    }

    [Fact]
    public void When_one_dies_a_spare_has_the_state_and_computes_in_its_place()
    {
        foreach (var cluster in Runs(new SimulationSettings
        {
            Steps = 40,
            MicroBatches = 60,
            Launched = true,
            Trainers = 4,
            Leases = StartWith(4) with { Spares = 1 },
            Faults = [new Fault(FaultKind.Kill, Point: Point.Gathered, Occurrence: 40, Target: 0)],
        }))
        {
            var installed = cluster.Journal.Run.Changes.Where(change => change.InstalledAt > 0).ToList();
            Assert.All(installed, change => Assert.Equal(3, change.View.Shares.Count(share => share.Count > 0)));
            Assert.Equal(4, installed[^1].View.Shares.Count);
            Assert.All(
                Proposals(cluster).Skip(1).SelectMany(proposed => proposed.Sources).Where(source => installed[0].View.Has(source.Trainer)),
                source => Assert.Equal(StateWay.Keep, source.Way));
        }
    }

    private static MembershipOptions StartWith(int trainers) => new SimulationSettings().Leases with { StartTrainers = trainers };

    private static ViewProposed[] Proposals(Cluster cluster) => [.. cluster.Journal.Events.OfType<ViewProposed>()];

    private static IEnumerable<Cluster> Runs(SimulationSettings settings)
    {
        for (var seed = 1UL; seed <= Seeds; seed++)
        {
            yield return Simulation.Run(settings with { Seed = seed });
        }
    }
}
