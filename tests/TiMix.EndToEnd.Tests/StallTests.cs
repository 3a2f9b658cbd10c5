namespace TiMix.EndToEnd.Tests;

/// <summary>A run that lacks a role says so wherever it is looked at, and hears whoever wants it to stop.</summary>
public sealed class StallTests(ElasticRuns.Undisturbed undisturbed) : ElasticRuns(undisturbed)
{
    [Fact]
    [Trait("suite", "deep")]
    public async Task A_run_without_a_mixer_says_that_it_is_stalled_and_stops_leaves_and_goes_on_as_any_other()
    {
        var address = $"127.0.0.1:{TestPorts.Next()}";
        using var first = Start("first", "coordinator,loader,evaluator", "--listen", address, "--recipe", Recipe, "--start-trainers", "2");
        await first.LineAsync(line => line.Contains(" is at ", StringComparison.Ordinal));
        using (var mixer = Start("m1", "mixer", "--join", address))
        {
            using var t1 = Start("t1", "trainer", "--join", address);
            using var t2 = Start("t2", "trainer", "--join", address);
            await first.StepAsync(3);
            await mixer.KillAsync();
            await first.LineAsync(line => line == "warning: Waiting: no mixer is there.");
            using var status = TimixProcess.Start("status", "--run", "run", "--runs-dir", Runs);
            Assert.Equal(0, await status.ExitAsync());
            Assert.Matches("(?m)^run .* waiting  step [0-9]+/60", status.Output);
            Assert.Matches("(?m)^stalled for [0-9]+ s: no mixer is there$", status.Output);
            Assert.Matches("0 samples/s", status.Output);
            using var http = new HttpClient();
            Assert.Matches(
                @"(?m)^timix_stalled_seconds\{[^}]*\} [1-9]",
                await http.GetStringAsync(new Uri(LiveRun.Of(Runs, "run").Url + "/metrics"), TestContext.Current.CancellationToken));

            Assert.True(await t2.TerminateAsync() == 0, t2.Output);
            await LiveRun.Of(Runs, "run").AskAsync("stop");
            Assert.True(await first.ExitAsync() == 0, first.Output);
            Assert.True(await t1.ExitAsync() == 0, t1.Output);
        }

        using var resumed = TimixProcess.Resume(Runs, "run", "--threads", "1");
        Assert.True(await resumed.ExitAsync() == 0, resumed.Output);
        Assert.Equal(Expected, TimixProcess.Fingerprint(Runs, "run"));
        Assert.Equal(1, TimixProcess.Summary(Runs, "run")["resumes"]!.GetValue<int>());
    }

    [Fact]
    [Trait("suite", "deep")]
    public async Task A_coordinator_that_was_killed_alone_joins_the_others_and_takes_up_what_they_do()
    {
        var (address, helpers, trainer) = ($"127.0.0.1:{TestPorts.Next()}", $"127.0.0.1:{TestPorts.Next()}", $"127.0.0.1:{TestPorts.Next()}");
        using var first = Start("first", "coordinator", "--listen", address, "--recipe", Recipe);
        await first.LineAsync(line => line.Contains(" is at ", StringComparison.Ordinal));
        using var helper = Start("helpers", "loader,mixer,evaluator", "--listen", helpers, "--join", address);
        using var t1 = Start("t1", "trainer", "--listen", trainer, "--links-port", $"{TestPorts.Next()}", "--join", address);
        await first.StepAsync(3);
        await first.KillAsync();
        using var again = Start("first", "coordinator", "--listen", address, "--continue", "--join", $"{trainer},{helpers}");
        Assert.True(await again.ExitAsync() == 0, again.Output + t1.Output);
        Assert.True(await t1.ExitAsync() == 0, t1.Output);
        Assert.Equal(0, await helper.ExitAsync());
        Assert.Equal(Expected, TimixProcess.Fingerprint(Runs, "run"));
        Assert.Equal((0, 1), (TimixProcess.Summary(Runs, "run")["resumes"]!.GetValue<int>(), TimixProcess.Summary(Runs, "run")["views"]!.GetValue<int>()));
    }

    private TimixProcess Start(string name, string roles, params string[] more) =>
        TimixProcess.Node(["TIMIX_TOKEN=of-this-test-alone"], name, roles, "run", Runs, more);
}
