using System.Text.Json.Nodes;

namespace TiMix.EndToEnd.Tests;

/// <summary>Two hosts with a real network between them that breaks: the run goes on, and its weights are those of a run that nothing happened to.</summary>
[Trait("suite", "deep")]
public sealed class NetworkTests : IDisposable
{
    private readonly string _runs = Directory.CreateTempSubdirectory("timix-network-").FullName;

    public void Dispose() => Directory.Delete(_runs, recursive: true);

    /// <summary>What is left goes on alone, is paused so that the run is not over when the minute is, and goes on with whoever comes back.</summary>
    [Fact]
    public async Task A_network_that_parts_for_a_minute_and_joins_again_does_not_reach_the_weights()
    {
        var expected = await UndisturbedAsync("--steps", "100");
        using var hosts = TwoHosts.TryMake(out var reason);
        Assert.SkipWhen(hosts is null, $"Network namespaces cannot be made here: {reason}");
        using var first = hosts.StartFirst(_runs, "parted", RecipeOf("undisturbed"), "left");
        using var second = hosts.StartSecond(_runs, "parted", "right");
        await first.StepAsync(10);
        hosts.Part();
        var healed = Task.Delay(TimeSpan.FromMinutes(1), TestContext.Current.CancellationToken);
        await first.LineAsync(line => line.StartsWith("right was lost", StringComparison.Ordinal));
        using (var pause = hosts.Ask(_runs, "parted", "pause"))
        {
            Assert.True(await pause.ExitAsync() == 0, pause.Output);
        }

        await healed;
        hosts.Join();
        using var status = hosts.Ask(_runs, "parted", "status", "--watch", "--json");
        await status.LineAsync(line => Trainers(line) == 2);
        using (var goOn = hosts.Ask(_runs, "parted", "continue"))
        {
            Assert.True(await goOn.ExitAsync() == 0, goOn.Output);
        }

        Assert.True(await first.ExitAsync() == 0, first.Output);
        AssertSame(expected, "parted", first);
        Assert.True(first.Output.Contains("right 3–5 (continued on request)", StringComparison.Ordinal), first.Output);
        Assert.True(TimixProcess.Audit(_runs, "parted"), first.Output);
    }

    [Fact]
    public async Task Packets_that_are_lost_do_not_reach_the_weights()
    {
        var expected = await UndisturbedAsync();
        using var hosts = TwoHosts.TryMake(out var reason);
        Assert.SkipWhen(hosts is null, $"Network namespaces cannot be made here: {reason}");
        Assert.SkipUnless(hosts.Lose(5), "Packets cannot be dropped here (iptables with the statistic match is needed).");
        using var first = hosts.StartFirst(_runs, "lossy", RecipeOf("undisturbed"), "left");
        using var second = hosts.StartSecond(_runs, "lossy", "right");
        Assert.True(await first.ExitAsync() == 0, first.Output);
        AssertSame(expected, "lossy", first);
        Assert.Contains("right", first.Output, StringComparison.Ordinal);
        Assert.True(TimixProcess.Audit(_runs, "lossy"), first.Output);
    }

    private async Task<string> UndisturbedAsync(params string[] more)
    {
        using var run = TimixProcess.Elastic(_runs, "undisturbed", ["--threads", "1", .. more]);
        Assert.True(await run.ExitAsync() == 0, run.Output);
        return TimixProcess.Fingerprint(_runs, "undisturbed");
    }

    private static int Trainers(string status) =>
        status.StartsWith('{') ? JsonNode.Parse(status)!["trainers"]!.AsArray().Count : 0;

    private string RecipeOf(string run) => Path.Combine(_runs, run, "recipe.json");

    private void AssertSame(string expected, string run, TimixProcess process) => Assert.True(expected == TimixProcess.Fingerprint(_runs, run), process.Output);
}
