using System.Text.Json.Nodes;

namespace TiMix.EndToEnd.Tests;

/// <summary>
/// Runs over real processes, any of which may come, go or die: the weights at the end are those of an undisturbed run in one
/// process, and what the trainers saw summed proves that nothing was lost or seen twice.
/// </summary>
public abstract class ElasticRuns(ElasticRuns.Undisturbed undisturbed) : IDisposable
{
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

    protected string Runs { get; } = Directory.CreateTempSubdirectory("timix-elastic-").FullName;

    protected string Expected => undisturbed.Fingerprint;

    public void Dispose()
    {
        Directory.Delete(Runs, recursive: true);
        GC.SuppressFinalize(this);
    }

    protected Task<JsonNode> RunAsync(int trainers, string faults) => RunAsync(trainers, faults, out _);

    private protected Task<JsonNode> RunAsync(int trainers, string faults, out TimixProcess run)
    {
        TestContext.Current.TestOutputHelper?.WriteLine($"{trainers} trainers, faults \"{faults}\"");
        run = TimixProcess.Elastic(Runs, "run", ["--threads", "1", "--trainers", $"{trainers}", .. faults.Length == 0 ? Array.Empty<string>() : ["--faults", faults]]);
        return EndAsync(run);
    }

    private async Task<JsonNode> EndAsync(TimixProcess run)
    {
        Assert.True(await run.ExitAsync() == 0, run.Output);
        Assert.True(Expected == TimixProcess.Fingerprint(Runs, "run"), run.Output);
        AssertAudited("run");
        return TimixProcess.Summary(Runs, "run");
    }

    protected void AssertAudited(string name)
    {
        var audit = TimixProcess.Summary(Runs, name)["audit"]!;
        Assert.True(audit["samplesOnce"]!.GetValue<bool>() && audit["stepsOnce"]!.GetValue<bool>(), audit.ToJsonString());
    }
}
