namespace TiMix.EndToEnd.Tests;

/// <summary>Nodes that cannot take part, beside a run that is well: each hears why, so does the run's user, and the run is none the worse.</summary>
public sealed class MisfitTests(ElasticRuns.Undisturbed undisturbed) : ElasticRuns(undisturbed)
{
    private const string Helpers = "coordinator,loader,mixer,evaluator";
    private readonly string _elsewhere = Directory.CreateTempSubdirectory("timix-elsewhere-").FullName;

    [Fact]
    [Trait("suite", "deep")]
    public async Task Whoever_cannot_take_part_is_refused_with_a_reason_on_both_sides_and_costs_the_run_nothing()
    {
        var address = $"127.0.0.1:{TestPorts.Next()}";
        using var first = Start("first", Helpers, "run", Runs, "--listen", address, "--recipe", Recipe, "--start-trainers", "2");
        await first.LineAsync(line => line.Contains(" is at ", StringComparison.Ordinal));
        using var t1 = Start("t1", "trainer", "run", Runs, "--join", address);
        using var t2 = Start("t2", "trainer", "run", Runs, "--join", address);
        await first.StepAsync(5);
        await LiveRun.Of(Runs, "run").AskAsync("pause");

        Directory.CreateDirectory(Path.Combine(_elsewhere, "run"));
        await File.WriteAllTextAsync(Path.Combine(_elsewhere, "run", "run.id"), "0123456789abcdef\n", TestContext.Current.CancellationToken);
        using var other = Start("t3", "trainer", "other", Runs, "--join", address);
        using var astray = Start("t4", "trainer", "run", _elsewhere, "--join", address);
        using var namesake = Start("t1", "trainer", "run", Runs, "--join", address);
        using var elsewhere = Start("l2", "loader", "run", _elsewhere, "--join", address, "--data-dir", Path.Combine(_elsewhere, "data"));
        using var exchanged = Start("l3", "loader", "run", Runs, "--join", address, "--data-dir", CopyWithExchangedShards());
        await IsRefused(other, first, "t3", "it was started with --run other, and this is the cluster of run run");
        await IsRefused(astray, first, "t4", $"its {Path.Combine(_elsewhere, "run")} is not the directory of this run, which the coordinator has in");
        await IsRefused(namesake, first, "t1", "there is a node t1 already, at 127.0.0.1:");
        await GivesUp(elsewhere, first, "l2", "the sample corpus of this run is not in");
        await GivesUp(exchanged, first, "l3", "the run began with other data than this node has: train-002.tar (");

        await LiveRun.Of(Runs, "run").AskAsync("continue");
        await first.StepAsync(12);
        await t1.KillAsync();
        await first.LineAsync(line => line.StartsWith("t1 was lost", StringComparison.Ordinal));

        // Its successor takes longer to start than the run to its end.
        await LiveRun.Of(Runs, "run").AskAsync("pause");
        using var back = Start("t1", "trainer", "run", Runs, "--join", address);
        await LiveRun.Of(Runs, "run").StateAsync(state => state["trainers"]!.AsArray().Any(trainer => trainer!["node"]!.GetValue<string>() == "t1"));
        await LiveRun.Of(Runs, "run").AskAsync("continue");
        await first.LineAsync(line => line.StartsWith("view ", StringComparison.Ordinal) && line.Contains(": t1 0", StringComparison.Ordinal)
            && !line.StartsWith("view 1 ", StringComparison.Ordinal) && !line.StartsWith("view 2 ", StringComparison.Ordinal));
        Assert.True(await first.ExitAsync() == 0, first.Output);
        Assert.True(await back.ExitAsync() == 0, back.Output);
        Assert.Equal(0, await t2.ExitAsync());
        Assert.Equal(Expected, TimixProcess.Fingerprint(Runs, "run"));
        AssertAudited("run");
        Assert.Equal(["t1.jsonl", "t2.jsonl"], Directory.GetFiles(Path.Combine(Runs, "run", "audit")).Select(Path.GetFileName).Order());
        Directory.Delete(_elsewhere, recursive: true);
    }

    private static async Task IsRefused(TimixProcess node, TimixProcess run, string name, string why)
    {
        Assert.True(await node.ExitAsync() == 2, node.Output);
        Assert.Contains($"failed: the coordinator has refused this node: {why}", node.Output, StringComparison.Ordinal);
        await run.LineAsync(line => line.StartsWith($"warning: {name}, at 127.0.0.1:", StringComparison.Ordinal)
            && line.Contains($", was refused: {why}", StringComparison.Ordinal));
    }

    private static async Task GivesUp(TimixProcess node, TimixProcess run, string name, string why)
    {
        Assert.True(await node.ExitAsync() == 2, node.Output);
        Assert.Contains($"failed: {why}", node.Output, StringComparison.Ordinal);
        await run.LineAsync(line => line.StartsWith($"warning: {name} has given up: {why}", StringComparison.Ordinal));
    }

    private string CopyWithExchangedShards()
    {
        var copy = Directory.CreateDirectory(Path.Combine(_elsewhere, "exchanged", "sample")).FullName;
        foreach (var file in Directory.GetFiles(TimixProcess.DataDirectory))
        {
            var name = Path.GetFileName(file);
            File.Copy(file, Path.Combine(copy, name switch { "train-002.tar" => "train-005.tar", "train-005.tar" => "train-002.tar", _ => name }));
        }

        return copy;
    }

    private static TimixProcess Start(string name, string roles, string run, string runs, params string[] more) =>
        TimixProcess.Node(["TIMIX_TOKEN=of-this-test-alone"], name, roles, run, runs, more);
}
