using System.Text.Json.Nodes;

namespace TiMix.EndToEnd.Tests;

/// <summary>What must hold wherever the journal is: faults of every kind in one run, those of the coordinator alone, kills of everybody, runs that end early and go on.</summary>
public abstract class ElasticSuite(ElasticRuns.Undisturbed undisturbed, PostgresServer? server = null) : ElasticRuns(undisturbed, server)
{
    [Fact]
    public Task The_number_of_trainers_does_not_reach_the_weights() => RunUndisturbedAsync(3);

    [Theory]
    [InlineData(2, "kill:coordinator@46")]
    [InlineData(2, "hang:coordinator@20/5s")]
    [InlineData(2, "kill:trainer@12,join@20,drain:trainer@28,kill:coordinator@36")]
    [InlineData(3, "kill:trainer@12,join@20,drain:trainer@28,hang:trainer@33,kill:mixer@40,kill:coordinator@46,partition:trainer@50/3s,flip:trainer@55")]
    [InlineData(3, "kill:trainer@12,join@20,drain:trainer@28,hang:trainer@33,kill:loader@40,partition:trainer@46/3s,flip:trainer@50,kill:coordinator@55")]
    public Task Faults_do_not_reach_the_weights(int trainers, string faults) => RunWithFaultsAsync(trainers, faults);

    [Fact]
    public async Task A_run_of_several_processes_is_stopped_and_goes_on_in_one()
    {
        using (var run = TimixProcess.Elastic(Runs, "stopped", ["--threads", "1", "--trainers", "2", .. Journal]))
        {
            await run.StepAsync(20);
            Assert.True(await run.InterruptAsync() == 0, run.Output);
            Assert.Contains("timix resume stopped", run.Output, StringComparison.Ordinal);
        }

        using var resumed = TimixProcess.Resume(Runs, "stopped", ["--threads", "1", .. Journal]);
        Assert.True(await resumed.ExitAsync() == 0, resumed.Output);
        Assert.Equal(Expected, TimixProcess.Fingerprint(Runs, "stopped"));
    }

    [Fact]
    public async Task Every_step_stands_in_the_metrics_once_whoever_died()
    {
        await RunAsync(2, "kill:trainer@10,kill:coordinator@20,kill:trainer@30,kill:coordinator@40,kill:trainer@50");
        Assert.Equal(Enumerable.Range(1, 60).Select(step => (long)step), File.ReadLines(Path.Combine(Runs, "run", "metrics.jsonl")).Select(line => JsonNode.Parse(line)!["step"]!.GetValue<long>()));
    }

    [Fact]
    public async Task Everything_killed_at_once_is_resumed_with_another_number_of_trainers()
    {
        using (var run = TimixProcess.Elastic(Runs, "killed", ["--threads", "1", "--trainers", "3", .. Journal]))
        {
            await run.StepAsync(30);
            await run.KillAsync();
        }

        using var resumed = TimixProcess.Resume(Runs, "killed", ["--threads", "1", "--trainers", "2", .. Journal]);
        Assert.True(await resumed.ExitAsync() == 0, resumed.Output);
        Assert.Equal(Expected, TimixProcess.Fingerprint(Runs, "killed"));
        Assert.Equal(1, TimixProcess.Summary(Runs, "killed")["resumes"]!.GetValue<int>());
        AssertAudited("killed");
    }

    protected async Task RunUndisturbedAsync(int trainers)
    {
        var summary = await RunAsync(trainers, "");
        Assert.Equal(trainers, summary["trainers"]!.GetValue<int>());
    }

    protected async Task RunWithFaultsAsync(int trainers, string faults)
    {
        var summary = await RunAsync(trainers, faults);
        string[] wanted = faults.Split(',');

        // Training goes on without a coordinator: by the time that another one tells of the steps, the run may be over.
        var least = Array.FindIndex(wanted, fault => fault.Contains(":coordinator", StringComparison.Ordinal)) is >= 0 and var at ? at + 1 : wanted.Length;
        Assert.InRange(summary["faults"]!.AsArray().Count, least, wanted.Length);
    }
}
