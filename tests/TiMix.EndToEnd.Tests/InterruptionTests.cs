namespace TiMix.EndToEnd.Tests;

/// <summary>Real processes, real signals, one promise: the same weights, bit for bit.</summary>
public sealed class InterruptionTests : IClassFixture<InterruptionTests.Undisturbed>, IDisposable
{
    private readonly string _runs = Directory.CreateTempSubdirectory("timix-runs-").FullName;
    private readonly Undisturbed _undisturbed;

    public InterruptionTests(Undisturbed undisturbed) => _undisturbed = undisturbed;

    /// <summary>The run that nothing happens to.</summary>
    public sealed class Undisturbed : IAsyncLifetime
    {
        private readonly string _runs = Directory.CreateTempSubdirectory("timix-runs-").FullName;

        public string Fingerprint { get; private set; } = "";

        public string[] Metrics { get; private set; } = [];

        public async ValueTask InitializeAsync()
        {
            using var run = TimixProcess.Train(_runs, "undisturbed", "--threads", "1");
            Assert.True(await run.ExitAsync() == 0, run.Output);
            Fingerprint = TimixProcess.Fingerprint(_runs, "undisturbed");
            Metrics = Losses(_runs, "undisturbed");
        }

        public ValueTask DisposeAsync()
        {
            Directory.Delete(_runs, recursive: true);
            return ValueTask.CompletedTask;
        }
    }

    public void Dispose() => Directory.Delete(_runs, recursive: true);

    [Theory]
    [InlineData(1, Traits = ["suite", "deep"])]
    [InlineData(12)]
    [InlineData(24, Traits = ["suite", "deep"])]
    public async Task A_run_killed_at_a_step_and_resumed_ends_with_the_same_weights(int step)
    {
        using (var run = TimixProcess.Train(_runs, "killed", "--threads", "2"))
        {
            await run.StepAsync(step);
            Assert.Equal(128 + 9, await run.KillAsync());
        }

        using var resumed = TimixProcess.Resume(_runs, "killed", "--threads", "1");
        Assert.True(await resumed.ExitAsync() == 0, resumed.Output);
        Assert.Equal(_undisturbed.Fingerprint, TimixProcess.Fingerprint(_runs, "killed"));
        Assert.Equal(_undisturbed.Metrics, Losses(_runs, "killed"));
        Assert.Equal(1, TimixProcess.Summary(_runs, "killed")["resumes"]!.GetValue<int>());
    }

    [Fact]
    [Trait("suite", "deep")]
    public async Task A_run_killed_again_and_again_at_random_moments_ends_with_the_same_weights()
    {
        const int seed = 20261124;
        TestContext.Current.TestOutputHelper?.WriteLine($"seed {seed}");
        var random = new Random(seed);
        using (var first = TimixProcess.Train(_runs, "hunted"))
        {
            await first.StepAsync(random.Next(1, 6));
            await first.KillAsync();
        }

        for (var step = 7; step < 24; step += random.Next(4, 8))
        {
            using var run = TimixProcess.Resume(_runs, "hunted");
            await run.StepAsync(step);
            await run.KillAsync();
        }

        using var last = TimixProcess.Resume(_runs, "hunted");
        Assert.True(await last.ExitAsync() == 0, last.Output);
        Assert.Equal(_undisturbed.Fingerprint, TimixProcess.Fingerprint(_runs, "hunted"));
        Assert.Equal(_undisturbed.Metrics, Losses(_runs, "hunted"));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false, Traits = ["suite", "deep"])]
    public async Task Ctrl_C_and_SIGTERM_finish_the_step_write_a_snapshot_and_end_with_0(bool interrupt)
    {
        using (var run = TimixProcess.Train(_runs, "stopped"))
        {
            await run.StepAsync(7);
            Assert.Equal(0, interrupt ? await run.InterruptAsync() : await run.TerminateAsync());
            Assert.Contains("timix resume stopped", run.Output, StringComparison.Ordinal);
        }

        var newest = Directory.GetDirectories(Path.Combine(_runs, "stopped", "snapshots")).Select(path => Path.GetFileName(path)).Max(StringComparer.Ordinal)!;
        Assert.True(string.CompareOrdinal(newest, "step-00000006") > 0, newest);
        Assert.False(File.Exists(Path.Combine(_runs, "stopped", "summary.json")));
        using var resumed = TimixProcess.Resume(_runs, "stopped");
        Assert.True(await resumed.ExitAsync() == 0, resumed.Output);
        Assert.Equal(_undisturbed.Fingerprint, TimixProcess.Fingerprint(_runs, "stopped"));
    }

    [Fact]
    [Trait("suite", "deep")]
    public async Task A_damaged_snapshot_is_named_and_the_one_before_it_is_used()
    {
        using (var run = TimixProcess.Train(_runs, "damaged"))
        {
            await run.StepAsync(13);
            await run.KillAsync();
        }

        var newest = Directory.GetDirectories(Path.Combine(_runs, "damaged", "snapshots"), "step-????????").Max(StringComparer.Ordinal)!;
        var file = Path.Combine(newest, "model.safetensors");
        var bytes = await File.ReadAllBytesAsync(file);
        bytes[^5] ^= 1;
        await File.WriteAllBytesAsync(file, bytes);

        using var resumed = TimixProcess.Resume(_runs, "damaged");
        Assert.True(await resumed.ExitAsync() == 0, resumed.Output);
        Assert.Contains("model.safetensors is damaged", resumed.Output, StringComparison.Ordinal);
        Assert.Equal(_undisturbed.Fingerprint, TimixProcess.Fingerprint(_runs, "damaged"));
    }

    [Fact]
    public async Task A_full_disk_costs_no_step_and_no_snapshot_that_was_there()
    {
        using var run = TimixProcess.TrainOnSmallDisk(_runs, "full", kilobytes: 4000);
        var code = await run.ExitAsync();
        Assert.SkipWhen(code == 77 || run.Output.StartsWith("unshare:", StringComparison.Ordinal), $"No mount namespace may be made here: {run.Output}");
        Assert.True(code == 0, run.Output);
        Assert.Contains("first exit code 1", run.Output, StringComparison.Ordinal);
        Assert.Contains("could not be written", run.Output, StringComparison.Ordinal);
        Assert.Contains("No space left on device", run.Output, StringComparison.Ordinal);
        Assert.Matches("full exit code [12]", run.Output);
        var full = run.Output[run.Output.IndexOf("on the full disk:", StringComparison.Ordinal)..];
        full = full[..full.IndexOf("full exit code", StringComparison.Ordinal)];
        Assert.DoesNotContain("   at ", full, StringComparison.Ordinal);
        TestContext.Current.TestOutputHelper?.WriteLine(full);
        Assert.Contains("second exit code 0", run.Output, StringComparison.Ordinal);
        Assert.Contains(_undisturbed.Fingerprint, run.Output[run.Output.IndexOf("second exit code", StringComparison.Ordinal)..], StringComparison.Ordinal);
    }

    [Fact]
    public async Task Two_processes_cannot_work_on_one_run()
    {
        using var run = TimixProcess.Train(_runs, "mine");
        await run.StepAsync(1);
        using var second = TimixProcess.Resume(_runs, "mine");
        Assert.Equal(2, await second.ExitAsync());
        Assert.Contains("another process", second.Output, StringComparison.Ordinal);
        await run.KillAsync();
    }

    /// <summary>Every step once, with its losses and without its times.</summary>
    private static string[] Losses(string runs, string name) =>
    [
        .. File.ReadLines(Path.Combine(runs, name, "metrics.jsonl")).Select(line => System.Text.Json.Nodes.JsonNode.Parse(line)!)
            .Select(line => $"{line["step"]} {line["epoch"]} {line["loss"]} {line["itc"]} {line["mix"]} {line["alignment"]} {line["gradientNorm"]}"),
    ];
}
