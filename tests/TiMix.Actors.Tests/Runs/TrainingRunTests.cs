using System.Text.Json.Nodes;
using TiMix.Actors.Nodes;
using TiMix.Base;
using TiMix.Protocol.Values;
using TiMix.Runs.Observing;
using TiMix.Runs.Recipes;
using TiMix.Work.Evaluation;

namespace TiMix.Actors.Tests.Runs;

/// <summary>Whole runs in this process, on tiny data.</summary>
public sealed class TrainingRunTests : IClassFixture<TrainingRunTests.Undisturbed>, IDisposable
{
    private const int Broken = 5;
    private readonly TinyData _data = new();
    private readonly Undisturbed _undisturbed;

    public TrainingRunTests(Undisturbed undisturbed) => _undisturbed = undisturbed;

    /// <summary>The run that nothing happens to.</summary>
    public sealed class Undisturbed : IAsyncLifetime
    {
        internal TinyData Data { get; } = new();

        internal RecordingObserver Seen { get; } = new();

        public RunResult Result { get; private set; } = null!;

        public async ValueTask InitializeAsync() => Result = await TrainingRun.ExecuteAsync(Data.Options("plain"), Seen, Seen.Stop);

        public ValueTask DisposeAsync()
        {
            Seen.Dispose();
            Data.Dispose();
            return ValueTask.CompletedTask;
        }
    }

    public void Dispose() => _data.Dispose();

    [Fact]
    public void It_finishes_and_says_how_it_ended()
    {
        Assert.Equal((RunOutcome.Finished, null), (_undisturbed.Result.Outcome, _undisturbed.Result.Error));
        var summary = Summary(_undisturbed.Data, "plain");
        foreach (var key in new[] { "run", "recipe", "seed", "steps", "samples", "fingerprint", "samplesPerSecond", "wallSeconds", "finalLosses", "evaluation",
            "replacedSamples", "resumes" })
        {
            Assert.True(summary[key] is not null, key);
        }

        Assert.Equal(_undisturbed.Result.Fingerprint, summary["fingerprint"]!.GetValue<string>());
        Assert.Equal((48, 0), (summary["samples"]!.GetValue<int>(), summary["resumes"]!.GetValue<int>()));
        Assert.Empty(RecipeFile.Differences(_undisturbed.Data.Recipe, RecipeFile.Parse(summary["recipe"]!.ToJsonString(), "summary")));
        foreach (var split in new[] { "validation", "test" })
        {
            Assert.Equal(8, summary["evaluation"]![split]!["pairs"]!.GetValue<int>());
            foreach (var metric in new[] { "imageToTextR1", "textToImageR10", "meanRecall", "medianRank", "miLowerBoundNats", "pointingGame",
                "energyInBoxRandom" })
            {
                Assert.True(summary["evaluation"]![split]![metric] is not null, $"{split} {metric}");
            }
        }

        Assert.All(new[] { "total", "itc", "mix", "alignment" }, loss => Assert.True(summary["finalLosses"]![loss]!.GetValue<double>() > 0, loss));
    }

    [Fact]
    public void Every_step_is_reported_and_written_down_once()
    {
        var lines = Lines(_undisturbed.Data, "plain", "metrics.jsonl");
        Assert.Equal([1L, 2, 3, 4, 5, 6], lines.Select(line => line["step"]!.GetValue<long>()));
        Assert.Equal([0, 0, 1, 1, 2, 2], lines.Select(line => line["epoch"]!.GetValue<int>()));
        Assert.Equal(_undisturbed.Seen.Steps.Select(step => step.Loss), lines.Select(line => line["loss"]!.GetValue<double>()));
        Assert.Equal(6, _undisturbed.Seen.Evaluations[^1].Step);
        Assert.True(_undisturbed.Seen.Evaluations.Any(evaluation => evaluation.Step == 3), string.Join("; ", _undisturbed.Seen.Notices));
    }

    [Fact]
    public void A_broken_picture_is_replaced_counted_and_listed()
    {
        var lines = Lines(_undisturbed.Data, "plain", "replacements.jsonl");
        Assert.Equal(3, lines.Count);
        Assert.Equal(3, Summary(_undisturbed.Data, "plain")["replacedSamples"]!.GetValue<int>());
        Assert.All(lines, line =>
        {
            Assert.Equal(Broken, line["sampleIndex"]!.GetValue<int>());
            Assert.NotEqual(Broken, line["replacedBy"]!.GetValue<int>());
            Assert.Contains("0005", line["key"]!.GetValue<string>(), StringComparison.Ordinal);
            Assert.NotEmpty(line["reason"]!.GetValue<string>());
        });
        Assert.Equal([0, 1, 2], lines.Select(line => (int)((line["step"]!.GetValue<long>() - 1) / 2)));
    }

    [Fact]
    public async Task A_stopped_run_that_is_resumed_ends_with_the_same_weights()
    {
        await StopAsync();
        using var seen = new RecordingObserver();
        var resumed = await TrainingRun.ExecuteAsync(_data.Options("stopped", resume: true, threads: 2), seen, seen.Stop);
        Assert.True(
            resumed.Outcome == RunOutcome.Finished,
            $"{resumed.Error}; {string.Join("; ", seen.Notices)}; {File.ReadAllText(_data.In("runs", "stopped", "log.txt"))}");
        Assert.Equal((RunOutcome.Finished, _undisturbed.Result.Fingerprint), (resumed.Outcome, resumed.Fingerprint));
        Assert.Equal(1, Summary(_data, "stopped")["resumes"]!.GetValue<int>());
        Assert.Equal(Losses(_undisturbed.Data, "plain"), Losses(_data, "stopped"));
        Assert.Equal(3, Summary(_data, "stopped")["replacedSamples"]!.GetValue<int>());
    }

    [Theory]
    [InlineData("model.safetensors")]
    [InlineData("teacher.safetensors")]
    public async Task A_damaged_snapshot_is_named_and_does_not_change_the_weights(string file)
    {
        await StopAsync();
        var path = Path.Combine(Directory.GetDirectories(_data.In("runs", "stopped", "snapshots")).Max(StringComparer.Ordinal)!, file);
        var bytes = await File.ReadAllBytesAsync(path);
        bytes[^3] ^= 1;
        await File.WriteAllBytesAsync(path, bytes);
        using var seen = new RecordingObserver();
        var resumed = await TrainingRun.ExecuteAsync(_data.Options("stopped", resume: true), seen, seen.Stop);
        Assert.Equal((RunOutcome.Finished, _undisturbed.Result.Fingerprint), (resumed.Outcome, resumed.Fingerprint));
        Assert.Contains(seen.Notices, notice => notice.Contains($"{file} is damaged", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("run.prefetch=1", 2)]
    [InlineData("run.prefetch=64", 1)]
    [InlineData("run.graphsInMemory=0", 2)]
    [InlineData("run.snapshotEvery=5", 1)]
    public async Task What_must_not_reach_the_weights_does_not(string setting, int threads)
    {
        using var seen = new RecordingObserver();
        var result = await TrainingRun.ExecuteAsync(_data.Options("other", RecipeFile.Set(_data.Recipe, [setting]), threads: threads), seen, seen.Stop);
        Assert.True(
            result.Outcome == RunOutcome.Finished,
            $"{result.Error}; {string.Join("; ", seen.Notices)}; {File.ReadAllText(_data.In("runs", "other", "log.txt"))}");
        Assert.Equal((RunOutcome.Finished, _undisturbed.Result.Fingerprint), (result.Outcome, result.Fingerprint));
    }

    [Fact]
    public async Task Another_seed_gives_other_weights()
    {
        using var seen = new RecordingObserver();
        var result = await TrainingRun.ExecuteAsync(_data.Options("other", RecipeFile.Set(_data.Recipe, ["run.seed=2"])), seen, seen.Stop);
        Assert.Equal(RunOutcome.Finished, result.Outcome);
        Assert.NotEqual(_undisturbed.Result.Fingerprint, result.Fingerprint);
    }

    [Fact]
    public async Task A_second_pass_is_a_method_of_its_own_that_another_thread_count_does_not_change()
    {
        async Task<string> Fingerprint(string name, int threads, params string[] settings)
        {
            using var seen = new RecordingObserver();
            var result = await TrainingRun.ExecuteAsync(_data.Options(name, RecipeFile.Set(_data.Recipe, settings), threads: threads), seen, seen.Stop);
            Assert.True(result.Outcome == RunOutcome.Finished, $"{result.Error}; {string.Join("; ", seen.Notices)}");
            return result.Fingerprint!;
        }

        var none = await Fingerprint("none", 1, "mix.method=none");
        var second = await Fingerprint("second", 1, "mix.method=second-pass");
        Assert.NotEqual(none, second);
        Assert.NotEqual(_undisturbed.Result.Fingerprint, second);
        Assert.Equal(second, await Fingerprint("second-again", 2, "mix.method=second-pass"));
        Assert.Equal(none, await Fingerprint("never", 1, "mix.method=second-pass", "mix.until=0"));
    }

    [Fact]
    public void A_preview_pastes_the_partner_where_the_plan_says()
    {
        var preview = SnapshotEvaluation.Preview("plain", _undisturbed.Data.Runs, _undisturbed.Data.In("sample"), 8, null, CancellationToken.None);
        var (size, places, patch) = (preview.ImageSize, preview.Grid - preview.Side + 1, preview.ImageSize / preview.Grid);
        Assert.Equal(8, preview.Captions.Length);
        Assert.InRange(preview.Side, 1, preview.Grid - 1);
        for (var i = 0; i < 8; i++)
        {
            var (targetX, targetY) = (preview.Target[i] % places * patch, preview.Target[i] / places * patch);
            var (sourceX, sourceY) = (preview.Source[i] % places * patch, preview.Source[i] / places * patch);
            for (var at = 0; at < 3 * size * size; at++)
            {
                var (plane, y, x) = (at / (size * size), at / size % size, at % size);
                var (dx, dy) = (x - targetX, y - targetY);
                var inside = dx >= 0 && dy >= 0 && dx < preview.Side * patch && dy < preview.Side * patch;
                var expected = inside
                    ? preview.Pixels[(((((preview.Partner[i] * 3) + plane) * size) + sourceY + dy) * size) + sourceX + dx]
                    : preview.Pixels[(i * 3 * size * size) + at];
                Assert.Equal(expected, preview.Mixed[(i * 3 * size * size) + at]);
            }
        }
    }

    [Fact]
    public async Task An_existing_run_is_not_overwritten_and_a_missing_shard_leaves_nothing()
    {
        var before = await File.ReadAllTextAsync(_undisturbed.Data.In("runs", "plain", "metrics.jsonl"));
        using var seen = new RecordingObserver();
        var error = await Assert.ThrowsAsync<RunError>(() => TrainingRun.ExecuteAsync(_undisturbed.Data.Options("plain"), seen, seen.Stop));
        Assert.Contains("resume plain", error.Message, StringComparison.Ordinal);
        Assert.Equal(before, await File.ReadAllTextAsync(_undisturbed.Data.In("runs", "plain", "metrics.jsonl")));
        var missing = _data.Recipe with { Data = _data.Recipe.Data with { Train = _data.In("absent.tar") } };
        await Assert.ThrowsAsync<TiMix.Data.DataException>(() => TrainingRun.ExecuteAsync(_data.Options("x", missing), seen, seen.Stop));
        Assert.Empty(Directory.GetFileSystemEntries(_data.Runs));
    }

    private async Task StopAsync()
    {
        using var seen = new RecordingObserver(stopAt: 1);
        var stopped = await TrainingRun.ExecuteAsync(_data.Options("stopped"), seen, seen.Stop);
        Assert.Equal((RunOutcome.Stopped, null), (stopped.Outcome, stopped.Error));
        Assert.False(File.Exists(_data.In("runs", "stopped", "summary.json")));
        Assert.NotEmpty(Directory.GetDirectories(_data.In("runs", "stopped", "snapshots")));
    }

    private static JsonNode Summary(TinyData data, string run) => JsonNode.Parse(File.ReadAllText(data.In("runs", run, "summary.json")))!;

    private static List<JsonNode> Lines(TinyData data, string run, string file) =>
        [.. File.ReadLines(data.In("runs", run, file)).Select(line => JsonNode.Parse(line)!)];

    private static List<string> Losses(TinyData data, string run) =>
        [.. Lines(data, run, "metrics.jsonl").Select(line => $"{line["step"]} {line["epoch"]} {line["loss"]} {line["itc"]} {line["mix"]} {line["alignment"]} "
            + $"{line["gradientNorm"]}")];
}
