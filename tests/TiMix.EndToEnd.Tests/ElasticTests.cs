namespace TiMix.EndToEnd.Tests;

/// <summary>The journal in a file of the run. Every fault by itself, and random ones, are in TiMix.Node.Tests, over nodes in one process.</summary>
public sealed class ElasticTests(ElasticRuns.Undisturbed undisturbed) : ElasticSuite(undisturbed)
{
    [Theory]
    [Trait("suite", "deep")]
    [InlineData(2, "hang:coordinator@20/5s")]
    public Task Faults_do_not_reach_the_weights(int trainers, string faults) => RunWithFaultsAsync(trainers, faults);

    [Fact]
    [Trait("suite", "deep")]
    public async Task Every_kind_of_bad_machine_is_named_and_put_out_and_does_not_reach_the_weights()
    {
        using var run = TimixProcess.Elastic(
            Runs, "run", "--threads", "1", "--trainers", "6", "--step-deadline", "5", "--faults",
            "nan:trainer-6@6,shape:trainer-5@12,lie:trainer-4@18,stall:trainer-3@24");
        await EndAsync(run);
        Assert.Contains("trainer-6 gave numbers that are not finite in step", run.Output, StringComparison.Ordinal);
        foreach (var (node, what) in new[]
        {
            ("trainer-6", "it gave numbers that are not finite"), ("trainer-5", "it gave what cannot be a part of the step"),
            ("trainer-4", "it had another state than the others"),
        })
        {
            Assert.Matches($@"{node} \(on [^)]*\) is put out: {what}", run.Output);
        }

        Assert.Matches("trainer-3 was lost: it stood still in a step for [0-9]+ s", run.Output);
        Assert.DoesNotMatch("trainer-[12] (was lost|.* is put out)", run.Output);
    }

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
