namespace TiMix.EndToEnd.Tests;

/// <summary>What must hold over processes wherever the journal is: faults of every kind in one run, and the death of everybody.</summary>
public abstract class ElasticSuite(ElasticRuns.Undisturbed undisturbed, PostgresServer? server = null) : ElasticRuns(undisturbed, server)
{
    [Fact]
    public Task Every_fault_in_one_run_does_not_reach_the_weights() => RunWithFaultsAsync(
        3, "kill:trainer@12,join@20,drain:trainer@28,hang:trainer@33,kill:mixer@40,kill:coordinator@46,partition:trainer@50/3s,flip:trainer@55");

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

    protected async Task RunWithFaultsAsync(int trainers, string faults)
    {
        var summary = await RunAsync(trainers, faults);
        string[] wanted = faults.Split(',');

        // Training goes on without a coordinator: by the time that another one tells of the steps, the run may be over.
        var least = Array.FindIndex(wanted, fault => fault.Contains(":coordinator", StringComparison.Ordinal)) is >= 0 and var at ? at + 1 : wanted.Length;
        Assert.InRange(summary["faults"]!.AsArray().Count, least, wanted.Length);
    }
}
