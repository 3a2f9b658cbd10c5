namespace TiMix.EndToEnd.Tests;

/// <summary>The journal in a file of the run: what must hold anywhere, and every fault by itself.</summary>
public sealed class ElasticTests(ElasticRuns.Undisturbed undisturbed) : ElasticSuite(undisturbed)
{
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public Task Fewer_trainers_do_not_reach_the_weights_either(int trainers) => RunUndisturbedAsync(trainers);

    [Theory]
    [InlineData(1, "join@8,join@16,drain:trainer@36")]
    [InlineData(2, "kill:trainer@12")]
    [InlineData(1, "kill:trainer@12")]
    [InlineData(2, "join@20")]
    [InlineData(2, "drain:trainer@28")]
    [InlineData(2, "hang:trainer@33")]
    [InlineData(2, "hang:trainer@15/6s")]
    [InlineData(2, "kill:mixer@40")]
    [InlineData(2, "kill:loader@25")]
    [InlineData(2, "partition:trainer@20/5s")]
    [InlineData(2, "flip:trainer@55")]
    [InlineData(3, "kill:trainer@10,kill:trainer@10")]
    public Task One_fault_does_not_reach_the_weights(int trainers, string faults) => RunWithFaultsAsync(trainers, faults);

    [Fact]
    public async Task A_flipped_bit_is_found_and_healed()
    {
        var summary = await RunAsync(3, "flip:trainer@20", out var run);
        Assert.Contains("memory was damaged", run.Output, StringComparison.Ordinal);
        Assert.Equal(2, summary["views"]!.GetValue<int>());
    }
}
