using System.Net.Http.Json;
using System.Text.Json.Nodes;

namespace TiMix.EndToEnd.Tests;

/// <summary>What changes of trainers leave behind in those that stay.</summary>
public sealed class MemoryTests : IDisposable
{
    private const int Changes = 20;

    /// <summary>Heaps and buffers have found their size by then.</summary>
    private const int Settled = 10;
    private const double MostMegabytes = 30;

    /// <summary>For each change: a connection to one that has left is refused, and keeps its socket until garbage is collected.</summary>
    private const int MostFiles = 1;
    private readonly string _runs = Directory.CreateTempSubdirectory("timix-memory-").FullName;

    public void Dispose() => Directory.Delete(_runs, recursive: true);

    [Fact]
    [Trait("suite", "deep")]
    public async Task Twenty_changes_of_trainers_leave_no_memory_and_no_open_files_in_those_that_stay()
    {
        using var run = TimixProcess.Elastic(_runs, "run", "--threads", "1", "--trainers", "1", "--steps", "100000", "--set", "run.snapshotEvery=100000");
        await run.LineAsync(line => line.StartsWith("view 1 ", StringComparison.Ordinal));
        var live = LiveRun.Of(_runs, "run");
        using var http = new HttpClient();
        var (before, files) = (await MemoryAsync(live, 1), 0);
        for (var change = 1; change <= Changes; change++)
        {
            var trainers = change % 2 == 0 ? 1 : 2;
            using var asked = await http.PostAsJsonAsync(
                new Uri(live.Url + "/api/scale"), new { trainers }, TestContext.Current.CancellationToken);
            Assert.True(asked.IsSuccessStatusCode, await asked.Content.ReadAsStringAsync(TestContext.Current.CancellationToken));
            var memory = await MemoryAsync(live, trainers);
            var said = string.Join(", ", memory.Select(node => $"{node.Key} {node.Value:F0} MB"));
            TestContext.Current.TestOutputHelper?.WriteLine($"{change}: {said}; {run.OpenFiles} files of the launcher");
            (before, files) = change == Settled ? (memory, run.OpenFiles) : (before, files);
            if (change == Changes)
            {
                Assert.All(memory.Where(node => before.ContainsKey(node.Key)), node => Assert.InRange(node.Value - before[node.Key], -1000, MostMegabytes));
                Assert.InRange(run.OpenFiles, 1, files + (MostFiles * (Changes - Settled)));
            }
        }

        Assert.True(await run.TerminateAsync() == 0, run.Output);
    }

    /// <summary>Of each node, as it says itself, once so many trainers have done a step together.</summary>
    private static async Task<IReadOnlyDictionary<string, double>> MemoryAsync(LiveRun live, int trainers)
    {
        var state = await live.StateAsync(state => state["views"]!.AsArray() is [.., { } view] && view["shares"]!.AsArray().Count == trainers
            && view["firstStepAt"]!.GetValue<long>() > 0);
        return state["nodes"]!.AsArray().OfType<JsonNode>().Where(node => node["alive"]!.GetValue<bool>())
            .ToDictionary(node => node["name"]!.GetValue<string>(), node => node["residentBytes"]!.GetValue<long>() / (1024.0 * 1024));
    }
}
