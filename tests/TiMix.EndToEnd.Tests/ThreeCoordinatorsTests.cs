using Npgsql;

namespace TiMix.EndToEnd.Tests;

/// <summary>Three coordinators on one database, started alike, without a launcher: when the one that works is gone, another takes over.</summary>
public sealed class ThreeCoordinatorsTests(ElasticRuns.Undisturbed undisturbed, PostgresServer server)
    : ElasticRuns(undisturbed, server), IClassFixture<PostgresServer>
{
    private readonly PostgresServer _server = server;
    private readonly string[] _seeds = [.. Enumerable.Range(0, 3).Select(_ => $"127.0.0.1:{TestPorts.Next()}")];

    [Theory]
    [InlineData(false)]
    [InlineData(true, Traits = ["suite", "deep"])]
    public async Task When_the_active_one_is_killed_or_hangs_another_takes_over(bool hangs)
    {
        Assert.SkipWhen(_server.Missing.Length > 0, _server.Missing);
        using var first = Coordinator(0);
        await Up(first);
        using var second = Coordinator(1);
        using var third = Coordinator(2);
        using var helpers = Start("helpers", "loader,mixer,evaluator,trainer", "127.0.0.1:0");
        using var trainer = Start("trainer", "trainer", "127.0.0.1:0");
        await Task.WhenAll(Up(second), Up(third));
        await second.StepAsync(15);
        Assert.Equal((1, "coordinator-0"), await HolderAsync());

        if (hangs)
        {
            first.StandStill();
        }
        else
        {
            await first.KillAsync();
        }

        TimixProcess[] others = [second, third, helpers, trainer];
        Assert.All(
            await Task.WhenAll(others.Select(async process => (Code: await process.ExitAsync(), process.Output))),
            end => Assert.True(end.Code == 0, end.Output));
        Assert.True(Expected == TimixProcess.Fingerprint(Runs, "run"), second.Output + third.Output);
        AssertAudited("run");
        var (term, holder) = await HolderAsync();
        Assert.True(term >= 2 && holder is "coordinator-1" or "coordinator-2", $"{term} {holder}");
        if (hangs)
        {
            await AssertHarmlessAsync(first);
        }

        others.ToList().ForEach(process => AssertNoSecret(process, "run"));
    }

    /// <summary>
    /// The one that slept through it all wakes up in a run that is over: it says so, ends, and has written nothing. What it notices
    /// first, that another holds its term or that nobody of its cluster is there any more, is chance.
    /// </summary>
    private async Task AssertHarmlessAsync(TimixProcess sleeper)
    {
        var before = await EventsAsync();
        sleeper.GoOn();
        Assert.Equal(1, await sleeper.ExitAsync());
        Assert.True(
            sleeper.Output.Contains("has been replaced by coordinator-", StringComparison.Ordinal)
                || sleeper.Output.Contains("the cluster has put this node out", StringComparison.Ordinal), sleeper.Output);
        Assert.Equal(before, await EventsAsync());
        Assert.Equal(
            Enumerable.Range(1, 60).Select(step => $"{{\"step\":{step},"),
            File.ReadLines(Path.Combine(Runs, "run", "metrics.jsonl")).Select(line => line[..(line.IndexOf(',', StringComparison.Ordinal) + 1)]));
    }

    private Task<string> Up(TimixProcess process) => process.LineAsync(line => line.Contains(" is at ", StringComparison.Ordinal));

    private TimixProcess Coordinator(int number) => Start($"coordinator-{number}", "coordinator", _seeds[number], "--recipe", Recipe, "--start-trainers", "2");

    private TimixProcess Start(string name, string roles, string listen, params string[] more) => TimixProcess.Node(
        ["TIMIX_TOKEN=of-this-test-alone", $"TIMIX_JOURNAL={_server.Address}"], name, roles, "run", Runs,
        [
            "--listen", listen, "--join", string.Join(',', _seeds),
            "--config", Path.Combine(Path.GetDirectoryName(TimixProcess.Program)!, "cluster-config", "three-coordinators.conf"), .. more,
        ]);

    private Task<(long Term, string Node)> HolderAsync() =>
        AskAsync("SELECT term, node FROM timix_coordinator ORDER BY taken DESC LIMIT 1", reader => (reader.GetInt64(0), reader.GetString(1)));

    private Task<long> EventsAsync() => AskAsync("SELECT count(*) FROM timix_journal", reader => reader.GetInt64(0));

    private async Task<T> AskAsync<T>(string question, Func<NpgsqlDataReader, T> read)
    {
        await using var connection = new NpgsqlConnection(_server.ConnectionString);
        await connection.OpenAsync();
        await using var command = new NpgsqlCommand(question, connection);
        await using var reader = await command.ExecuteReaderAsync();
        return await reader.ReadAsync() ? read(reader) : throw new InvalidOperationException($"No answer to {question}.");
    }
}
