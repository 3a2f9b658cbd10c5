namespace TiMix.EndToEnd.Tests;

/// <summary>Schedules of faults drawn from seeds, over real processes.</summary>
public sealed class RandomFaultTests(ElasticRuns.Undisturbed undisturbed) : ElasticRuns(undisturbed)
{
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    [InlineData(5)]
    [InlineData(6)]
    [InlineData(7)]
    [InlineData(8)]
    [InlineData(9)]
    [InlineData(10)]
    public async Task Random_faults_do_not_reach_the_weights(int seed) => await RunAsync(2, $"random:{seed}");
}
