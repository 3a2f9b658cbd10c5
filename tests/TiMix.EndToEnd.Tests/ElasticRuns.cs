using System.Text.Json.Nodes;

namespace TiMix.EndToEnd.Tests;

/// <summary>
/// Runs over real processes, any of which may come, go or die: the weights at the end are those of an undisturbed run in one
/// process, and what the trainers saw summed proves that nothing was lost or seen twice.
/// </summary>
/// <param name="undisturbed">The run that nothing happens to.</param>
/// <param name="server">Where the disturbed runs have their journal; null: a file of each run.</param>
public abstract class ElasticRuns(ElasticRuns.Undisturbed undisturbed, PostgresServer? server = null) : IDisposable
{
    /// <summary>The run that nothing happens to, in one process.</summary>
    public sealed class Undisturbed : IAsyncLifetime
    {
        private readonly string _runs = Directory.CreateTempSubdirectory("timix-elastic-").FullName;

        public string Fingerprint { get; private set; } = "";

        /// <summary>A file with its recipe.</summary>
        public string Recipe => Path.Combine(_runs, "undisturbed", "recipe.json");

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

    protected string Recipe => undisturbed.Recipe;

    public void Dispose()
    {
        Directory.Delete(Runs, recursive: true);
        GC.SuppressFinalize(this);
    }

    /// <summary>What tells the program where the journal is.</summary>
    private protected string[] Journal
    {
        get
        {
            Assert.SkipWhen(server is { Missing.Length: > 0 }, server?.Missing ?? "");
            return server is null ? [] : ["--journal", server.Address];
        }
    }

    protected Task<JsonNode> RunAsync(int trainers, string faults) => RunAsync(trainers, faults, out _);

    private protected Task<JsonNode> RunAsync(int trainers, string faults, out TimixProcess run)
    {
        TestContext.Current.TestOutputHelper?.WriteLine($"{trainers} trainers, faults \"{faults}\"");
        run = TimixProcess.Elastic(
            Runs, "run", ["--threads", "1", "--trainers", $"{trainers}", .. Journal, .. faults.Length == 0 ? Array.Empty<string>() : ["--faults", faults]]);
        return EndAsync(run);
    }

    private protected async Task<JsonNode> EndAsync(TimixProcess run)
    {
        Assert.True(await run.ExitAsync() == 0, run.Output);
        Assert.True(Expected == TimixProcess.Fingerprint(Runs, "run"), run.Output);
        AssertAudited("run");
        AssertNoSecret(run, "run");
        return TimixProcess.Summary(Runs, "run");
    }

    /// <summary>The database's password is in nothing that a run says or leaves.</summary>
    private protected void AssertNoSecret(TimixProcess run, string name)
    {
        var said = Directory.EnumerateFiles(Path.Combine(Runs, name), "*", SearchOption.AllDirectories)
            .Where(file => Path.GetExtension(file) is ".txt" or ".log" or ".json" or ".jsonl").Select(File.ReadAllText);
        Assert.All(
            said.Append(run.Output), text => Assert.All(PostgresServer.Secrets, secret => Assert.DoesNotContain(secret, text, StringComparison.Ordinal)));
    }

    protected void AssertAudited(string name)
    {
        var audit = TimixProcess.Summary(Runs, name)["audit"]!;
        Assert.True(audit["samplesOnce"]!.GetValue<bool>() && audit["stepsOnce"]!.GetValue<bool>(), audit.ToJsonString());
    }
}
