using System.Globalization;

namespace TiMix.Protocol.Tests.Simulation;

/// <summary>
/// All cores under random schedules. TIMIX_SCHEDULES: so many; TIMIX_SCHEDULE: a seed that failed, to be replayed alone, with
/// all that happens in it.
/// </summary>
public sealed class RandomScheduleTests(ITestOutputHelper output)
{
    private const int Schedules = 1000;

    [Fact]
    public void Whatever_happens_every_state_is_that_of_the_undisturbed_run_and_the_run_ends()
    {
        if (Environment.GetEnvironmentVariable("TIMIX_SCHEDULE") is { } wanted)
        {
            var settings = RandomSchedule.Of(ulong.Parse(wanted, CultureInfo.InvariantCulture));
            output.WriteLine(Simulation.Explain(settings));
            Simulation.Run(settings);
            return;
        }

        Many(int.Parse(Environment.GetEnvironmentVariable("TIMIX_SCHEDULES") ?? $"{Schedules}", CultureInfo.InvariantCulture));
    }

    [Fact]
    [Trait("suite", "deep")]
    public void Ten_thousand_schedules_end_as_the_undisturbed_run_does() => Many(10_000);

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

    private void Many(int count)
    {
        output.WriteLine($"seeds 1 to {count}");
        var sum = new SimulationStatistics();
        for (var seed = 1UL; seed <= (ulong)count; seed++)
        {
            sum.Add(Simulation.Run(RandomSchedule.Of(seed)).Statistics);
        }

        output.WriteLine(sum.ToString());
        if (count >= Schedules)
        {
            Assert.True(sum.Views > 2 * count && sum.StepsApplied > 30 * count && sum.Deleted > count, "The schedules hardly disturb anything.");
            Assert.True(
                sum.Refused > count / 20 && sum.Damaged > count / 10 && sum.Unwritten > count / 10,
                "The schedules leave journal, memory and disk as they are.");
        }
    }
}
