using System.Globalization;

namespace TiMix.Protocol.Tests.Simulation;

/// <summary>
/// The membership protocol under thousands of random schedules. A failing seed is replayed by adding it to
/// <see cref="A_seed_that_once_failed_does_not_fail_again"/>, or by TIMIX_SIM_SEED=… (one seed) and TIMIX_SIM_COUNT=… (so many from there).
/// </summary>
public sealed class MembershipSimulationTests(ITestOutputHelper output)
{
    private const int Schedules = 3000;

    [Fact]
    public void Whatever_joins_leaves_or_dies_every_state_is_that_of_the_undisturbed_run_and_the_run_ends()
    {
        var first = ulong.Parse(Environment.GetEnvironmentVariable("TIMIX_SIM_SEED") ?? "1", CultureInfo.InvariantCulture);
        var count = int.Parse(Environment.GetEnvironmentVariable("TIMIX_SIM_COUNT") ?? (Environment.GetEnvironmentVariable("TIMIX_SIM_SEED") is null ? $"{Schedules}" : "1"), CultureInfo.InvariantCulture);
        output.WriteLine($"seeds {first} to {first + (ulong)count - 1}");
        long views = 0, steps = 0, fenced = 0;
        for (var seed = first; seed < first + (ulong)count; seed++)
        {
            var statistics = Simulation.Run(RandomSchedule.Of(seed)).Statistics;
            views += statistics.Views;
            steps += statistics.StepsApplied;
            fenced += statistics.FencedFrames;
        }

        output.WriteLine($"{views} views, {steps} steps applied, {fenced} frames of other generations dropped");
        Assert.True(views > count && steps > 20 * count, "The schedules hardly disturb anything.");
    }

    [Theory]
    [InlineData(8)]
    [InlineData(16)]
    [InlineData(25)]
    [InlineData(27)]
    [InlineData(250)]
    public void A_seed_that_once_failed_does_not_fail_again(ulong seed) => Simulation.Run(RandomSchedule.Of(seed));

    [Theory]
    [InlineData(7)]
    [InlineData(42)]
    public void The_same_seed_gives_the_same_run_event_for_event(ulong seed)
    {
        var first = new Cluster(RandomSchedule.Of(seed), trace: true).Run();
        var second = new Cluster(RandomSchedule.Of(seed), trace: true).Run();
        Assert.Equal(first.Log!.ToString(), second.Log!.ToString());
        Assert.Equal(first.Time.Now, second.Time.Now);
    }
}
