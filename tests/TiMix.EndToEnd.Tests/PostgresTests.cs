namespace TiMix.EndToEnd.Tests;

/// <summary>The journal in PostgreSQL: what must hold anywhere, and what happens when the server itself dies.</summary>
[Trait("suite", "deep")]
public sealed class PostgresTests(ElasticRuns.Undisturbed undisturbed, PostgresServer server)
    : ElasticSuite(undisturbed, server), IClassFixture<PostgresServer>
{
    private readonly PostgresServer _server = server;

    [Fact]
    public async Task A_database_that_dies_and_comes_back_does_not_reach_the_weights()
    {
        using var run = TimixProcess.Elastic(Runs, "run", ["--threads", "1", "--trainers", "2", "--faults", "kill:trainer@33", .. Journal]);
        await run.StepAsync(15);
        await _server.KillAsync();
        await run.LineAsync(line => line.Contains("journal cannot be", StringComparison.Ordinal));
        await _server.StartAsync();
        await EndAsync(run);
    }

    [Fact]
    public async Task A_run_goes_on_only_where_its_journal_is()
    {
        using (var run = TimixProcess.Elastic(Runs, "run", ["--threads", "1", .. Journal]))
        {
            await run.StepAsync(3);
            await run.KillAsync();
        }

        using var without = TimixProcess.Resume(Runs, "run", "--threads", "1");
        Assert.Equal(2, await without.ExitAsync());
        Assert.Contains($"is in {_server.Printable}: give its address", without.Output, StringComparison.Ordinal);
        using var wrong = TimixProcess.Resume(
            Runs, "run", "--threads", "1", "--journal", _server.Address.Replace(Uri.EscapeDataString(":"), "", StringComparison.Ordinal));
        Assert.Equal(2, await wrong.ExitAsync());
        Assert.Contains($"the journal in {_server.Printable} cannot be used: password authentication failed", wrong.Output, StringComparison.Ordinal);
        Assert.DoesNotContain("   at ", wrong.Output, StringComparison.Ordinal);
        using var right = TimixProcess.Resume(Runs, "run", ["--threads", "1", .. Journal]);
        Assert.True(await right.ExitAsync() == 0, right.Output);
        Assert.Equal(Expected, TimixProcess.Fingerprint(Runs, "run"));
    }

    [Fact]
    public async Task A_run_whose_journal_is_lost_goes_on_from_its_snapshots()
    {
        using (var run = TimixProcess.Elastic(Runs, "run", ["--threads", "1", .. Journal]))
        {
            await run.StepAsync(45);
            await run.KillAsync();
        }

        await _server.ExecuteAsync("DROP TABLE timix_journal, timix_coordinator");
        using var resumed = TimixProcess.Resume(Runs, "run", ["--threads", "1", .. Journal]);
        Assert.True(await resumed.ExitAsync() == 0, resumed.Output);
        Assert.Contains(
            "The journal knew nothing of this run, but 2 of its snapshots are here: it goes on after step 40.", resumed.Output, StringComparison.Ordinal);
        Assert.DoesNotContain("step 40/60", resumed.Output, StringComparison.Ordinal);
        Assert.Equal(Expected, TimixProcess.Fingerprint(Runs, "run"));
    }

    [Fact]
    public async Task Two_clusters_cannot_work_on_one_run()
    {
        using var run = TimixProcess.Elastic(Runs, "run", ["--threads", "1", .. Journal]);
        await run.StepAsync(1);
        using var second = TimixProcess.StartShell("env", ["TIMIX_TOKEN=another-of-this-test", "dotnet", TimixProcess.Program,
            "node", "--roles", "coordinator", "--run", "run", "--runs-dir", Runs, "--data-dir", TimixProcess.DataDirectory, "--continue", .. Journal]);
        Assert.Equal(2, await second.ExitAsync());
        Assert.Contains("another cluster is at work on", second.Output, StringComparison.Ordinal);
        await EndAsyncOfOneProcess(run);
    }

    private async Task EndAsyncOfOneProcess(TimixProcess run)
    {
        Assert.True(await run.ExitAsync() == 0, run.Output);
        Assert.Equal(Expected, TimixProcess.Fingerprint(Runs, "run"));
    }
}
