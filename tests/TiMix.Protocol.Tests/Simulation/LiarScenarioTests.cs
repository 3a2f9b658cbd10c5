using TiMix.Protocol.Values;
using static TiMix.Protocol.Messages.CoordinatorEvents;

namespace TiMix.Protocol.Tests.Simulation;

/// <summary>One bad machine: whatever it says or keeps to itself, the run ends with the right weights, and nobody else is put out.</summary>
public sealed class LiarScenarioTests
{
    private const int Seeds = 8;
    private const int Steps = 60;

    /// <summary>Steps that may be applied from the first lie until the liar is out.</summary>
    private const int Within = 10;

    public static TheoryData<string> Lies => [.. Enum.GetNames<SimulatedLie>()];

    [Theory]
    [MemberData(nameof(Lies))]
    public void One_liar_among_honest_trainers_is_put_out_within_ten_steps(string name)
    {
        var lie = Enum.Parse<SimulatedLie>(name);
        var shows = new Fault(FaultKind.Pause, Point: Point.Applied, Occurrence: 24, Duration: 4000);
        foreach (var trainers in new[] { 3, 4, 5 })
        {
            foreach (var cluster in Runs(lie, trainers, shows))
            {
                var (began, views) = (cluster.Liar!.Value.Node, cluster.Statistics.Views);
                var last = LastStepWith(cluster, began);
                Assert.True(cluster.LiesFrom >= 0, "It never lied.");
                Assert.True(
                    last - cluster.LiesFrom <= Within, $"{began} lies from step {cluster.LiesFrom} on, and is in a view at step {last}.\n{Trace(cluster)}");
                Assert.True(views <= 14, $"{views} views.");
                if (lie is not (SimulatedLie.TwoFaced or SimulatedLie.Slander or SimulatedLie.SlanderOne))
                {
                    Assert.True(
                        cluster.Journal.Events.OfType<TrainerLost>().Any(
                            lost => lost.Node == began && lost.Reason.Kind is LossKind.Offended or LossKind.Stuck),
                        Trace(cluster));
                }
            }
        }
    }

    [Theory]
    [MemberData(nameof(Lies))]
    public void One_of_two_that_lies_keeps_the_run_from_nothing_but_itself_or_the_run_says_that_nobody_can_tell(string name)
    {
        var lie = Enum.Parse<SimulatedLie>(name);
        foreach (var cluster in Runs(lie, 2))
        {
            Assert.True(cluster.Statistics.Views <= 30, $"{cluster.Statistics.Views} views.");
            if (cluster.Journal.Run.Status == RunStatus.Stopped)
            {
                Assert.True(lie is SimulatedLie.StateInStatus or SimulatedLie.StateWhenReady);
                Assert.Contains(
                    "trainer-1 and trainer-2 had other weights than each other 3 times", $"{cluster.Journal.Run.StopReason}", StringComparison.Ordinal);
            }
        }
    }

    /// <summary>States are compared where trainers hold still.</summary>
    [Theory]
    [InlineData(SimulatedLie.StateInStatus)]
    [InlineData(SimulatedLie.StateWhenReady)]
    public void Two_whose_states_differ_again_and_again_end_the_run_and_are_named(object lie)
    {
        foreach (var cluster in Runs((SimulatedLie)lie, 2, new Fault(FaultKind.Pause, Point: Point.Applied, Occurrence: 24, Duration: 4000)))
        {
            Assert.Contains(
                "trainer-1 and trainer-2 had other weights than each other 3 times", $"{cluster.Journal.Run.StopReason}", StringComparison.Ordinal);
            Assert.InRange(cluster.Statistics.Views, 2, 4);
        }
    }

    /// <summary>Somebody stands still for a moment between two frames, so that one peer has all of them before the others have.</summary>
    [Theory]
    [InlineData(SimulatedLie.Features, Point.Gathering)]
    [InlineData(SimulatedLie.Gradients, Point.Reducing)]
    public void Whoever_sees_what_is_wrong_has_said_so_before_all_hold_still(object lie, object point)
    {
        for (var occurrence = 20; occurrence < 27; occurrence++)
        {
            foreach (var cluster in Runs((SimulatedLie)lie, 3, new Fault(FaultKind.Hang, Point: (Point)point, Occurrence: occurrence, Duration: 200)))
            {
                Assert.Empty(cluster.Journal.Run.Book.Disagreements);
                Assert.Equal([cluster.Liar!.Value.Node], cluster.Journal.Run.Book.Offences.Keys);
            }
        }
    }

    [Theory]
    [InlineData(3)]
    [InlineData(4)]
    public void Whoever_is_slandered_goes_on_without_the_slanderer(int trainers)
    {
        foreach (var cluster in Runs(SimulatedLie.SlanderOne, trainers))
        {
            var last = cluster.Journal.Run.Changes[^1].View.Shares.Select(share => share.Node).ToList();
            Assert.Equal(trainers - 1, last.Count);
            Assert.DoesNotContain(cluster.Liar!.Value.Node, last);
        }
    }

    /// <summary>The order to end may be lost.</summary>
    [Fact]
    public void The_process_of_whoever_stood_still_ends_whenever_it_says_something()
    {
        var ended = 0;
        foreach (var cluster in Runs(SimulatedLie.Stall, 3, new SimulationSettings { Loss = 0.3, FaultsEndAfter = 60_000 }))
        {
            foreach (var stuck in cluster.Journal.Events.OfType<TrainerLost>().Where(lost => lost.Reason.Kind == LossKind.Stuck))
            {
                Assert.False(cluster.Trainers.Single(trainer => trainer.Id == stuck.Trainer).Process.Alive, stuck.Trainer);
                ended++;
            }
        }

        Assert.True(ended > 0);
    }

    /// <summary>Nobody waits for it, and nobody wants in.</summary>
    [Fact]
    public void A_trainer_that_stands_still_alone_is_put_out_and_the_next_one_goes_on()
    {
        var joins = new Fault(FaultKind.Join, At: 1_000_000);
        foreach (var cluster in Runs(SimulatedLie.Stall, 1, new SimulationSettings { FaultsEndAfter = 2_000_000 }, joins))
        {
            var lost = cluster.Journal.Events.OfType<TrainerLost>().First();
            Assert.Equal(LossKind.Stuck, lost.Reason.Kind);
            Assert.InRange(lost.At, VirtualTime.Beginning, VirtualTime.Beginning + joins.At - 1);
            Assert.Equal(RunStatus.Finished, cluster.Journal.Run.Status);
        }
    }

    [Fact]
    public void A_slanderer_that_meets_a_third_trainer_is_found_out()
    {
        foreach (var cluster in Runs(SimulatedLie.Slander, 2, new Fault(FaultKind.Join, Point: Point.Applied, Occurrence: 40)))
        {
            Assert.Equal(RunStatus.Finished, cluster.Journal.Run.Status);
        }
    }

    /// <summary>
    /// Found by a random schedule: whoever stood aside has the only state when the other one's memory is damaged, steps back in the same
    /// lineage; the versions of the teacher that follow were thrown away as old ones, and a mixer that was new got none.
    /// </summary>
    [Fact]
    public void A_run_that_goes_back_to_the_state_of_one_that_stood_aside_serves_a_new_mixer()
    {
        var wentBack = 0;
        for (var flips = 30; flips <= 42; flips += 4)
        {
            Fault[] faults =
            [
                new Fault(FaultKind.FlipAtRest, Point: Point.Applied, Occurrence: flips),
                new Fault(FaultKind.KillMixer, Point: Point.Applied, Occurrence: flips + 3),
            ];
            foreach (var cluster in Runs(SimulatedLie.Shape, 2, new SimulationSettings { RefreshEvery = 1, Prefetch = 1, SnapshotEvery = 100 }, faults))
            {
                wentBack += cluster.Statistics.StepsRepeated;
            }
        }

        Assert.True(wentBack > 0);
    }

    private static string Trace(Cluster cluster) => string.Join('\n', cluster.Journal.Events);

    private static long LastStepWith(Cluster cluster, string node) => cluster.LastStepOf.GetValueOrDefault(node);

    private static IEnumerable<Cluster> Runs(SimulatedLie lie, int trainers, params Fault[] more) => Runs(lie, trainers, new SimulationSettings(), more);

    private static IEnumerable<Cluster> Runs(SimulatedLie lie, int trainers, SimulationSettings settings, params Fault[] more)
    {
        for (var seed = 1UL; seed <= Seeds; seed++)
        {
            yield return Simulation.Run(
                settings with
                {
                    Seed = seed,
                    Steps = Steps,
                    Trainers = trainers,
                    Leases = new SimulationSettings().Leases with { StartTrainers = trainers },
                    Faults = [new Fault(FaultKind.Lie, Point: Point.Applied, Occurrence: 20, Lie: lie), .. more],
                },
                cluster => cluster.Journal.Run is { Status: RunStatus.Stopped, StopReason.Kind: StopKind.Failed });
        }
    }
}
