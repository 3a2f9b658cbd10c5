namespace TiMix.EndToEnd.Tests;

/// <summary>The journal in a file of the run. Every fault by itself, and random ones, are in TiMix.Node.Tests, over nodes in one process.</summary>
public sealed class ElasticTests(ElasticRuns.Undisturbed undisturbed) : ElasticSuite(undisturbed)
{
    [Theory]
    [Trait("suite", "deep")]
    [InlineData(2, "hang:coordinator@20/5s")]
    [InlineData(3, "kill:trainer@12,join@20,drain:trainer@28,hang:trainer@33,kill:loader@40,partition:trainer@46/3s,flip:trainer@50,kill:coordinator@55")]
    public Task Faults_do_not_reach_the_weights(int trainers, string faults) => RunWithFaultsAsync(trainers, faults);

    [Fact]
    [Trait("suite", "deep")]
    public async Task A_run_of_several_processes_is_stopped_and_goes_on_in_one()
    {
        using (var run = TimixProcess.Elastic(Runs, "stopped", "--threads", "1", "--trainers", "2"))
        {
            await run.StepAsync(20);
            Assert.True(await run.InterruptAsync() == 0, run.Output);
            Assert.Contains("timix resume stopped", run.Output, StringComparison.Ordinal);
        }

        using var resumed = TimixProcess.Resume(Runs, "stopped", "--threads", "1");
        Assert.True(await resumed.ExitAsync() == 0, resumed.Output);
        Assert.Equal(Expected, TimixProcess.Fingerprint(Runs, "stopped"));
    }
}
