using System.Text.Json.Nodes;
using TiMix.Node.Processes;
using TiMix.Runs.Recipes;
using TiMix.Work.Training;

namespace TiMix.Node.Tests.Commands;

/// <summary>From the weights of another program to a run, on the tower that tools/compare/towers.py wrote.</summary>
public sealed class ImportCommandTests : IDisposable
{
    private static readonly string Clip = Path.Combine(AppContext.BaseDirectory, "openai-clip.safetensors");
    private readonly TinyData _data = new();

    private string Weights => _data.In("weights.safetensors");

    private string[] Places => ["--data-dir", _data.In("sample")];

    public void Dispose() => _data.Dispose();

    [Fact]
    public async Task A_run_starts_from_imported_weights_and_writes_down_which()
    {
        var recipe = WriteRecipe("quick_gelu");
        var imported = await Cli.RunAsync(["import", recipe, "--image", Clip, "--out", Weights, .. Places]);
        Assert.True(imported.Code == ExitCode.Done, imported.Output + imported.Error);
        Assert.Contains("image tower of OpenAI's CLIP or open_clip", imported.Output, StringComparison.Ordinal);
        Assert.Contains("32 parameters taken", imported.Output, StringComparison.Ordinal);
        Assert.Contains("not used: text_projection", imported.Output, StringComparison.Ordinal);
        Assert.Contains($"--set model.init={Weights}", imported.Output, StringComparison.Ordinal);

        var trained = await Cli.RunAsync(
            ["train", recipe, "--run", "warm", "--threads", "1", "--runs-dir", _data.Runs, "--set", $"model.init={Weights}", .. Places]);
        Assert.True(trained.Code == ExitCode.Done, trained.Output + trained.Error);
        var summary = JsonNode.Parse(await File.ReadAllTextAsync(_data.In("runs", "warm", "summary.json"), TestContext.Current.CancellationToken))!;
        Assert.Equal(InitialWeights.HashOf(Weights), summary["recipe"]!["model"]!["initSha256"]!.GetValue<string>());
    }

    [Fact]
    public async Task Mistakes_are_one_line_and_write_nothing()
    {
        var recipe = WriteRecipe("gelu");
        (await Cli.RunAsync(["import", recipe, .. Places])).IsMistake("nothing to take");
        (await Cli.RunAsync(["import", recipe, "--image", "nowhere.safetensors", "--out", Weights, .. Places]))
            .IsMistake("nowhere.safetensors: the weights cannot be read");
        (await Cli.RunAsync(["import", recipe, "--text", Clip, "--out", Weights, .. Places])).IsMistake("its text tower is CLIP's");
        (await Cli.RunAsync(["import", recipe, "--image", Clip, "--out", Weights, "--set", "model.visionWidth=32", .. Places]))
            .IsMistake("\"visual.class_embedding\" is [16], expected [32]");
        Assert.False(File.Exists(Weights));
        (await Cli.RunAsync(["train", recipe, "--runs-dir", _data.Runs, "--set", "model.init=nowhere.safetensors", .. Places]))
            .IsMistake("nowhere.safetensors cannot be read");
        (await Cli.RunAsync(["train", recipe, "--runs-dir", _data.Runs, "--set", "model.textLayout=clip", .. Places])).IsMistake("CLIP's own tokenizer");
    }

    private string WriteRecipe(string activation)
    {
        var path = _data.In("tiny.json");
        var recipe = _data.Recipe;
        File.WriteAllText(path, RecipeFile.Write(recipe with { Model = recipe.Model with { VisionActivation = activation } }));
        return path;
    }
}
