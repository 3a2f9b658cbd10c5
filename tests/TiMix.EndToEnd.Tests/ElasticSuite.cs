namespace TiMix.EndToEnd.Tests;

/// <summary>What must hold wherever the journal is: joining, draining, kills of everybody, resuming.</summary>
public abstract class ElasticSuite(ElasticRuns.Undisturbed undisturbed, PostgresServer? server = null) : ElasticRuns(undisturbed, server)
{
    [Theory]
    [InlineData(2, "kill:trainer@12,join@20,drain:trainer@28,kill:coordinator@36")]
    public async Task The_usual_faults_do_not_reach_the_weights(int trainers, string faults)
    {
        var summary = await RunAsync(trainers, faults);
        Assert.Equal(faults.Split(',').Length, summary["faults"]!.AsArray().Count);
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
}
