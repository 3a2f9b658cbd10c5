using System.Text.Json.Nodes;
using TiMix.Actors.Nodes;
using TiMix.Protocol.Values;
using TiMix.Runs.Recipes;

namespace TiMix.Actors.Tests.Runs;

/// <summary>Whole runs with fusion encoder, matching, masked and prefix language modelling, all distilled.</summary>
public sealed class AllObjectivesTests : IDisposable
{
    private readonly TinyData _data = new();

    public void Dispose() => _data.Dispose();

    [Fact]
    public async Task Neither_threads_nor_dropped_graphs_nor_a_stop_reach_the_weights()
    {
        var plain = await RunAsync("plain", Recipe, 1);
        var lines = File.ReadAllLines(_data.In("runs", "plain", "metrics.jsonl")).Select(line => JsonNode.Parse(line)!).ToList();
        Assert.Equal(6, lines.Count);
        foreach (var key in new[] { "itm", "mlm", "prefixLm" })
        {
            Assert.All(lines, line => Assert.True(line[key]!.GetValue<double>() > 0, key));
        }

        var summary = JsonNode.Parse(await File.ReadAllTextAsync(_data.In("runs", "plain", "summary.json")))!;
        Assert.Equal(lines[^1]["itm"]!.GetValue<double>(), summary["finalLosses"]!["itm"]!.GetValue<double>());
        Assert.InRange(summary["evaluation"]!["test"]!["rerankedMeanRecall"]!.GetValue<double>(), 0, 100);

        Assert.Equal(plain, await RunAsync("threads", Recipe with { Run = Recipe.Run with { GraphsInMemory = 0 } }, 2));
        using (var stopping = new RecordingObserver(stopAt: 3))
        {
            Assert.Equal(RunOutcome.Stopped, (await TrainingRun.ExecuteAsync(_data.Options("stopped", Recipe), stopping, stopping.Stop)).Outcome);
        }

        using var seen = new RecordingObserver();
        Assert.Equal(plain, (await TrainingRun.ExecuteAsync(_data.Options("stopped", Recipe, resume: true), seen, seen.Stop)).Fingerprint);
    }

    private Recipe Recipe => _data.Recipe with
    {
        Model = _data.Recipe.Model with { FusionLayers = 1, DecoderLayers = 1 },
        Objective = _data.Recipe.Objective.With("itmWeight", 1).With("mlmWeight", 0.5).With("prefixLmWeight", 0.5),
    };

    private async Task<string?> RunAsync(string name, Recipe recipe, int threads)
    {
        using var seen = new RecordingObserver();
        var result = await TrainingRun.ExecuteAsync(_data.Options(name, recipe, threads: threads), seen, seen.Stop);
        Assert.True(result.Outcome == RunOutcome.Finished, result.Error);
        return result.Fingerprint;
    }
}
