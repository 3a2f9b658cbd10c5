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
                if (lie is not (SimulatedLie.TwoFaced or SimulatedLie.Slander))
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

    [Fact]
    public void A_slanderer_that_meets_a_third_trainer_is_found_out()
    {
        foreach (var cluster in Runs(SimulatedLie.Slander, 2, new Fault(FaultKind.Join, Point: Point.Applied, Occurrence: 40)))
        {
            Assert.Equal(RunStatus.Finished, cluster.Journal.Run.Status);
        }
    }

    private static string Trace(Cluster cluster) => string.Join('\n', cluster.Journal.Events);

    private static long LastStepWith(Cluster cluster, string node) => cluster.LastStepOf.GetValueOrDefault(node);

    private static IEnumerable<Cluster> Runs(SimulatedLie lie, int trainers, params Fault[] more)
    {
        for (var seed = 1UL; seed <= Seeds; seed++)
        {
            yield return Simulation.Run(
                new SimulationSettings
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
