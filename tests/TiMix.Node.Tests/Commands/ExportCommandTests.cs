using System.Diagnostics;
using TiMix.Data.Text;
using TiMix.Learning.Weights;
using TiMix.Node.Processes;
using TiMix.Runs.Recipes;

namespace TiMix.Node.Tests.Commands;

/// <summary>From a run to a directory of another program, and back.</summary>
public sealed class ExportCommandTests(ExportCommandTests.TinyRuns runs) : IClassFixture<ExportCommandTests.TinyRuns>
{
    /// <summary>A run of each text layout that can be trained.</summary>
    public sealed class TinyRuns : IAsyncLifetime
    {
        internal TinyData Data { get; } = new();

        public async ValueTask InitializeAsync()
        {
            foreach (var layout in new[] { "timix", "bert" })
            {
                var recipe = Data.Recipe;
                await File.WriteAllTextAsync(Data.In(layout + ".json"), RecipeFile.Write(recipe with
                {
                    Model = recipe.Model with { TextLayout = layout },
                    Optimization = recipe.Optimization with { Steps = 4 },
                    Run = recipe.Run with { EvaluateEvery = 0 },
                }));
                var trained = await Cli.RunAsync(["train", Data.In(layout + ".json"), "--run", layout, "--quiet", "--threads", "1", .. Places]);
                Assert.True(trained.Code == ExitCode.Done, trained.Output + trained.Error);
            }
        }

        public ValueTask DisposeAsync()
        {
            Data.Dispose();
            return ValueTask.CompletedTask;
        }

        internal string[] Places => ["--runs-dir", Data.Runs, "--data-dir", Data.In("sample")];

        internal string Out(string name) => Data.In("exported", name);
    }

    [Theory]
    [InlineData("timix", "transformers", "model.safetensors", "config.json")]
    [InlineData("bert", "transformers", "model.safetensors", "config.json")]
    [InlineData("bert", "open-clip", "open_clip_model.safetensors", "open_clip_config.json")]
    public async Task A_run_is_exported_with_its_vocabulary_and_imported_again_bit_for_bit(string run, string format, string weights, string config)
    {
        var directory = runs.Out($"{run}-{format}");
        var check = runs.Out($"{run}-{format}.check");
        var exported = await Cli.RunAsync(["export", run, "--format", format, "--out", directory, "--check", check, .. runs.Places]);
        Assert.True(exported.Code == ExitCode.Done, exported.Output + exported.Error);
        Assert.Contains($"{run} after 4 steps", exported.Output, StringComparison.Ordinal);
        Assert.Contains("left out: predictor (10 parameters)", exported.Output, StringComparison.Ordinal);
        Assert.Contains(Path.GetFullPath(directory), exported.Output, StringComparison.Ordinal);
        Assert.True(File.Exists(Path.Combine(directory, config)));
        Assert.DoesNotContain(
            Directory.GetFileSystemEntries(Path.GetDirectoryName(directory)!), path => path.EndsWith(".unfinished", StringComparison.Ordinal));

        var (there, here) = (WordPieceTokenizer.Open(Path.Combine(directory, "vocab.txt")), WordPieceTokenizer.Open(runs.Data.In("vocab.txt")));
        Assert.Equal(here.Pieces, there.Pieces);
        Assert.Contains(
            "\"model_max_length\": 10", await File.ReadAllTextAsync(Path.Combine(directory, "tokenizer_config.json"), TestContext.Current.CancellationToken),
            StringComparison.Ordinal);
        var note = await File.ReadAllTextAsync(Path.Combine(directory, "EXPORT.md"), TestContext.Current.CancellationToken);
        Assert.Contains("no punctuation", note, StringComparison.Ordinal);
        Assert.Contains("- predictor (10 parameters)", note, StringComparison.Ordinal);

        var file = runs.Out($"{run}-{format}.back");
        var imported = await Cli.RunAsync(["import", runs.Data.In(run + ".json"), "--image", Path.Combine(directory, weights), "--text",
            Path.Combine(directory, weights), "--out", file, "--data-dir", runs.Data.In("sample")]);
        Assert.True(imported.Code == ExitCode.Done, imported.Output + imported.Error);
        Assert.DoesNotContain("from the seed", imported.Output, StringComparison.Ordinal);
        using var trained = SafetensorsFile.Open(Snapshot(run, 4, "model"));
        using var back = SafetensorsFile.Open(file);
        Assert.Equal(
            trained.Tensors.Keys.Where(name => !name.StartsWith("predictor.", StringComparison.Ordinal)).Order(StringComparer.Ordinal),
            back.Tensors.Keys.Order(StringComparer.Ordinal));
        Assert.All(back.Tensors.Keys, name => Assert.Equal(trained.Read(name), back.Read(name)));

        var (code, output) = await ComparedByPyTorch(directory, check);
        Assert.SkipWhen(code == NoTorch, "NOT CHECKED AGAINST PYTORCH: /usr/bin/python3 has no torch (Debian: python3-torch)");
        Assert.True(code == 0, output);
    }

    [Fact]
    public async Task The_snapshot_of_a_step_and_the_average_are_others_than_the_newest_weights()
    {
        foreach (var (name, more) in new[] { ("new", Array.Empty<string>()), ("old", ["--snapshot", "2"]), ("mean", ["--average"]) })
        {
            var exported = await Cli.RunAsync(["export", "bert", "--format", "open-clip", "--out", runs.Out(name), .. more, .. runs.Places]);
            Assert.True(exported.Code == ExitCode.Done, exported.Output + exported.Error);
        }

        using var old = SafetensorsFile.Open(Snapshot("bert", 2, "model"));
        using var teacher = SafetensorsFile.Open(Snapshot("bert", 4, "teacher"));
        Assert.Equal(old.Read("visual.proj"), Projection("old"));
        Assert.NotEqual(Projection("new"), Projection("old"));
        Assert.NotEqual(Projection("new"), Projection("mean"));
        Assert.Contains(Projection("mean")[0], teacher.Read("ema"));
        Assert.Contains(
            "teacher's average", await File.ReadAllTextAsync(Path.Combine(runs.Out("mean"), "EXPORT.md"), TestContext.Current.CancellationToken),
            StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_directory_that_is_not_empty_is_written_into_only_by_force_and_keeps_what_else_is_there()
    {
        var directory = runs.Out("taken");
        Directory.CreateDirectory(directory);
        string[] order = ["export", "timix", "--format", "transformers", "--out", directory, .. runs.Places];
        await File.WriteAllTextAsync(Path.Combine(directory, "mine.txt"), "mine", TestContext.Current.CancellationToken);
        await File.WriteAllTextAsync(Path.Combine(directory, "config.json"), "{}", TestContext.Current.CancellationToken);
        (await Cli.RunAsync(order)).IsMistake($"{directory} is not empty; choose another --out, or let --force replace");
        Assert.Equal("{}", await File.ReadAllTextAsync(Path.Combine(directory, "config.json"), TestContext.Current.CancellationToken));
        var forced = await Cli.RunAsync([.. order, "--force"]);
        Assert.True(forced.Code == ExitCode.Done, forced.Output + forced.Error);
        Assert.Contains(
            "vision-text-dual-encoder", await File.ReadAllTextAsync(Path.Combine(directory, "config.json"), TestContext.Current.CancellationToken),
            StringComparison.Ordinal);
        Assert.Equal("mine", await File.ReadAllTextAsync(Path.Combine(directory, "mine.txt"), TestContext.Current.CancellationToken));
    }

    [Theory]
    [InlineData("timix --format open-clip", "export with --format transformers")]
    [InlineData("timix --format onnx", "it can be open-clip or transformers")]
    [InlineData("timix", "--format")]
    [InlineData("nobody --format transformers", "there is no run \"nobody\"")]
    [InlineData("timix --format transformers --snapshot 3", "no snapshot of step 3; it has step-00000002, step-00000004")]
    public async Task A_mistake_is_one_line_and_writes_nothing(string arguments, string expected)
    {
        var directory = runs.Out("never");
        (await Cli.RunAsync(["export", .. arguments.Split(' '), "--out", directory, .. runs.Places])).IsMistake(expected);
        Assert.False(Directory.Exists(directory));
    }

    [Fact]
    public async Task A_vocabulary_that_was_changed_after_the_run_is_refused()
    {
        var vocabulary = runs.Data.In("changing.txt");
        File.Copy(runs.Data.In("vocab.txt"), vocabulary);
        var trained = await Cli.RunAsync(["train", runs.Data.In("timix.json"), "--run", "changing", "--quiet", "--steps", "1", "--threads", "1", "--set",
            $"data.vocabulary={vocabulary}", .. runs.Places]);
        Assert.True(trained.Code == ExitCode.Done, trained.Output + trained.Error);
        await File.AppendAllTextAsync(vocabulary, "another\n", TestContext.Current.CancellationToken);
        (await Cli.RunAsync(["export", "changing", "--format", "transformers", "--out", runs.Out("changed"), .. runs.Places]))
            .IsMistake("has 15 pieces now; the snapshot was trained with 14");
    }

    private const int NoTorch = 77;

    private string Snapshot(string run, int step, string file) => runs.Data.In("runs", run, "snapshots", $"step-{step:D8}", file + ".safetensors");

    private float[] Projection(string name)
    {
        using var file = SafetensorsFile.Open(Path.Combine(runs.Out(name), "open_clip_model.safetensors"));
        return file.Read("visual.proj");
    }

    private static async Task<(int Code, string Output)> ComparedByPyTorch(string directory, string check)
    {
        if (!File.Exists("/usr/bin/python3"))
        {
            return (NoTorch, "");
        }

        var script = Path.Combine(AppContext.BaseDirectory, "towers.py");
        using var process = Process.Start(new ProcessStartInfo(
            "/bin/sh", ["-c", $"/usr/bin/python3 -c 'import torch' || exit {NoTorch}; exec /usr/bin/python3 \"$0\" check \"$1\" \"$2\"", script, directory,
                check])
        { RedirectStandardOutput = true, RedirectStandardError = true })!;
        var (output, error) = (process.StandardOutput.ReadToEndAsync(), process.StandardError.ReadToEndAsync());
        await process.WaitForExitAsync();
        return (process.ExitCode, await output + await error);
    }
}
