using System.Text.Json.Nodes;

namespace TiMix.EndToEnd.Tests;

/// <summary>
/// Runs over real processes, any of which may come, go or die: the weights at the end are those of an undisturbed run in one
/// process, and what the trainers saw summed proves that nothing was lost or seen twice.
/// </summary>
public sealed class ElasticTests(ElasticTests.Undisturbed undisturbed) : IClassFixture<ElasticTests.Undisturbed>, IDisposable
{
    private readonly string _runs = Directory.CreateTempSubdirectory("timix-elastic-").FullName;

    /// <summary>The run that nothing happens to, in one process.</summary>
    public sealed class Undisturbed : IAsyncLifetime
    {
        private readonly string _runs = Directory.CreateTempSubdirectory("timix-elastic-").FullName;

        public string Fingerprint { get; private set; } = "";

        public async ValueTask InitializeAsync()
        {
            using var run = TimixProcess.Elastic(_runs, "undisturbed", "--threads", "1");
            Assert.True(await run.ExitAsync() == 0, run.Output);
            Fingerprint = TimixProcess.Fingerprint(_runs, "undisturbed");
        }

        public ValueTask DisposeAsync()
        {
            Directory.Delete(_runs, recursive: true);
            return ValueTask.CompletedTask;
        }
    }

    public void Dispose() => Directory.Delete(_runs, recursive: true);

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public async Task The_number_of_trainers_does_not_reach_the_weights(int trainers)
    {
        var summary = await RunAsync(trainers, "");
        Assert.Equal(trainers, summary["trainers"]!.GetValue<int>());
    }

    [Theory]
    [InlineData(1, "join@8,join@16,drain:trainer@36")]
    [InlineData(2, "kill:trainer@12")]
    [InlineData(1, "kill:trainer@12")]
    [InlineData(2, "join@20")]
    [InlineData(2, "drain:trainer@28")]
    [InlineData(2, "hang:trainer@33")]
    [InlineData(2, "hang:trainer@15/6s")]
    [InlineData(2, "kill:mixer@40")]
    [InlineData(2, "kill:loader@25")]
    [InlineData(2, "kill:coordinator@46")]
    [InlineData(2, "partition:trainer@20/5s")]
    [InlineData(2, "flip:trainer@55")]
    [InlineData(3, "flip:trainer@30")]
    [InlineData(3, "kill:trainer@10,kill:trainer@10")]
    [InlineData(3, "kill:trainer@12,join@20,drain:trainer@28,hang:trainer@33,kill:mixer@40,kill:coordinator@46,partition:trainer@50/3s,flip:trainer@55")]
    public async Task Faults_do_not_reach_the_weights(int trainers, string faults)
    {
        var summary = await RunAsync(trainers, faults);
        Assert.Equal(faults.Split(',').Length, summary["faults"]!.AsArray().Count);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    [InlineData(5)]
    [InlineData(6)]
    [InlineData(7)]
    [InlineData(8)]
    [InlineData(9)]
    [InlineData(10)]
    public async Task Random_faults_do_not_reach_the_weights(int seed) => await RunAsync(2, $"random:{seed}");

    [Fact]
    public async Task A_flipped_bit_is_found_and_healed()
    {
        var summary = await RunAsync(3, "flip:trainer@20", out var run);
        Assert.Contains("memory was damaged", run.Output, StringComparison.Ordinal);
        Assert.Equal(2, summary["views"]!.GetValue<int>());
    }

    [Fact]
    public async Task Everything_killed_at_once_is_resumed_with_another_number_of_trainers()
    {
        using (var run = TimixProcess.Elastic(_runs, "killed", "--threads", "1", "--trainers", "3"))
        {
            await run.StepAsync(30);
            await run.KillAsync();
        }

        using var resumed = TimixProcess.Resume(_runs, "killed", "--threads", "1", "--trainers", "2");
        Assert.True(await resumed.ExitAsync() == 0, resumed.Output);
        Assert.Equal(undisturbed.Fingerprint, TimixProcess.Fingerprint(_runs, "killed"));
        Assert.Equal(1, TimixProcess.Summary(_runs, "killed")["resumes"]!.GetValue<int>());
        AssertAudited("killed");
    }

    [Fact]
    public async Task A_run_of_several_processes_is_stopped_and_goes_on_in_one()
    {
        using (var run = TimixProcess.Elastic(_runs, "stopped", "--threads", "1", "--trainers", "2"))
        {
            await run.StepAsync(20);
            Assert.True(await run.InterruptAsync() == 0, run.Output);
            Assert.Contains("timix resume stopped", run.Output, StringComparison.Ordinal);
        }

        using var resumed = TimixProcess.Resume(_runs, "stopped", "--threads", "1");
        Assert.True(await resumed.ExitAsync() == 0, resumed.Output);
        Assert.Equal(undisturbed.Fingerprint, TimixProcess.Fingerprint(_runs, "stopped"));
    }

    [Fact]
    public async Task Every_step_stands_in_the_metrics_once_whoever_died()
    {
        await RunAsync(2, "kill:trainer@10,kill:coordinator@20,kill:trainer@30,kill:coordinator@40,kill:trainer@50");
        Assert.Equal(Enumerable.Range(1, 60).Select(step => (long)step), File.ReadLines(Path.Combine(_runs, "run", "metrics.jsonl")).Select(line => JsonNode.Parse(line)!["step"]!.GetValue<long>()));
    }

    private Task<JsonNode> RunAsync(int trainers, string faults) => RunAsync(trainers, faults, out _);

    private Task<JsonNode> RunAsync(int trainers, string faults, out TimixProcess run)
    {
        TestContext.Current.TestOutputHelper?.WriteLine($"{trainers} trainers, faults \"{faults}\"");
        run = TimixProcess.Elastic(_runs, "run", ["--threads", "1", "--trainers", $"{trainers}", .. faults.Length == 0 ? Array.Empty<string>() : ["--faults", faults]]);
        return EndAsync(run);
    }

    private async Task<JsonNode> EndAsync(TimixProcess run)
    {
        Assert.True(await run.ExitAsync() == 0, run.Output);
        Assert.True(undisturbed.Fingerprint == TimixProcess.Fingerprint(_runs, "run"), run.Output);
        AssertAudited("run");
        return TimixProcess.Summary(_runs, "run");
    }

    private void AssertAudited(string name)
    {
        var audit = TimixProcess.Summary(_runs, name)["audit"]!;
        Assert.True(audit["samplesOnce"]!.GetValue<bool>() && audit["stepsOnce"]!.GetValue<bool>(), audit.ToJsonString());
    }
}
