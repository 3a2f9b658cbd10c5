using TiMix.Runs.Records;
using TiMix.Testing.Live;

namespace TiMix.Node.Tests.Launching;

/// <summary>No fault, and every fault by itself.</summary>
public sealed class SingleFaultTests(UndisturbedRun undisturbed) : LiveRuns(undisturbed)
{
    [Theory]
    [InlineData(1, Traits = ["suite", "deep"])]
    [InlineData(2, Traits = ["suite", "deep"])]
    [InlineData(3)]
    public async Task The_number_of_trainers_does_not_reach_the_weights(int trainers)
    {
        var result = await RunAsync(trainers, "");
        Assert.Equal(trainers, result.Examination!.State.Changes[^1].View.Shares.Count);
    }

    [Theory]
    [InlineData(1, "join@8,join@16,drain:trainer@36")]
    [InlineData(2, "kill:trainer@12", Traits = ["suite", "deep"])]
    [InlineData(1, "kill:trainer@12", Traits = ["suite", "deep"])]
    [InlineData(2, "join@20", Traits = ["suite", "deep"])]
    [InlineData(2, "drain:trainer@28", Traits = ["suite", "deep"])]
    [InlineData(2, "hang:trainer@33", Traits = ["suite", "deep"])]
    [InlineData(2, "hang:trainer@15/3s")]
    [InlineData(2, "kill:mixer@40", Traits = ["suite", "deep"])]
    [InlineData(2, "kill:loader@25")]
    [InlineData(2, "kill:coordinator@46", Traits = ["suite", "deep"])]
    [InlineData(2, "hang:coordinator@20/2s", Traits = ["suite", "deep"])]
    [InlineData(2, "partition:trainer@20/3s")]
    [InlineData(2, "flip:trainer@55", Traits = ["suite", "deep"])]
    [InlineData(3, "kill:trainer@10,kill:trainer@10", Traits = ["suite", "deep"])]
    public async Task One_fault_does_not_reach_the_weights(int trainers, string faults)
    {
        await RunAsync(trainers, faults);
        Assert.NotEmpty(FaultLog.Read(RunDirectory.Of(Undisturbed.Data.Runs, Name)));
    }

    [Fact]
    public async Task A_spare_takes_the_micro_batches_of_a_dead_trainer_over_without_copying_anything()
    {
        var result = await RunAsync(3, "kill:trainer@12", spares: 1);
        var views = result.Examination!.State.Changes.Where(change => change.InstalledAt > 0).Select(change => change.View).ToList();
        Assert.All(views, view => Assert.Equal(2, view.Shares.Count(share => share.Count > 0)));
        Assert.Contains(views, view => view.Shares.Count == 2);
    }

    [Fact]
    public async Task A_flipped_bit_is_found_and_healed()
    {
        var result = await RunAsync(3, "flip:trainer@20");
        Assert.Contains(Seen.Notices, notice => notice.Contains("memory was damaged", StringComparison.Ordinal));
        Assert.True(result.Examination!.State.Changes.Count >= 2);
    }
}
