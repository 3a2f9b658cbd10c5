using System.Text.Json.Nodes;
using TiMix.Node.Processes;
using TiMix.Runs.Sources;

namespace TiMix.Node.Tests.Commands;

/// <summary>A run goes on by the recipe that it began with, or not at all.</summary>
public sealed class EditedRecipeTests : IDisposable
{
    private readonly FirstEdition _old = new();

    private string[] Places => ["--runs-dir", _old.Runs, "--data-dir", _old.Data];

    public void Dispose() => _old.Dispose();

    [Theory]
    [InlineData("resume stopped --http off")]
    [InlineData("resume stopped --http off --trainers 2")]
    [InlineData("node --roles coordinator,loader,mixer,trainer,evaluator --run stopped --continue --http off --token-file TOKEN")]
    public async Task A_run_whose_recipe_was_edited_is_refused_with_the_keys(string arguments)
    {
        Edit("stopped", "optimization", "weightDecay", 0.4375);
        Edit("stopped", "mix", "weight", 0.625);
        var before = Files("stopped");
        var token = _old.In("token");
        await File.WriteAllTextAsync(token, "a secret of this test");
        var refused = await Cli.RunAsync([.. arguments.Replace("TOKEN", token, StringComparison.Ordinal).Split(' '), .. Places]);
        refused.IsMistake("optimization.weightDecay (");
        Assert.Contains(", now 0.4375), mix.weight (", refused.Error, StringComparison.Ordinal);
        Assert.Contains(", now 0.625)", refused.Error, StringComparison.Ordinal);
        Assert.DoesNotContain("learningRate", refused.Error, StringComparison.Ordinal);
        Assert.Equal(before, Files("stopped"));
    }

    [Fact]
    public async Task A_copy_whose_journal_knows_nothing_is_refused_by_its_snapshots()
    {
        Copy("stopped", "copy");
        Edit("copy", "run", "seed", 77);
        (await Cli.RunAsync(["resume", "copy", "--http", "off", .. Places])).IsMistake("run.seed (");
    }

    [Fact]
    public async Task The_audit_proves_no_run_whose_recipe_was_edited()
    {
        Edit("faulted", "teacher", "decay", 0.75);
        var audit = await Cli.RunAsync(["audit", "faulted", .. Places]);
        Assert.Equal(ExitCode.Failed, audit.Code);
        Assert.Matches(@"recipe +NOT PROVEN: .*teacher\.decay \(0\.\d+, now 0\.75\)", audit.Output);
        var json = JsonNode.Parse((await Cli.RunAsync(["audit", "faulted", "--json", .. Places])).Output)!;
        Assert.False(json["proven"]!.GetValue<bool>());
        Assert.StartsWith("teacher.decay (", json["recipeChange"]!.GetValue<string>(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Shards_that_were_exchanged_are_named_by_the_audit_and_nothing_goes_on_with_them()
    {
        foreach (var run in new[] { "faulted", "stopped" })
        {
            new RunData(_old.Run(run).ReadRecipe(), _old.Data).Manifest().Settle(_old.Run(run));
        }

        var before = await Cli.RunAsync(["audit", "faulted", .. Places]);
        Assert.Equal(ExitCode.Done, before.Code);
        Assert.Matches("data +8 shards and the vocabulary are those that the run began with, digest [0-9a-f]{12}", before.Output);
        var (first, second) = (Path.Combine(_old.Data, "train-000.tar"), Path.Combine(_old.Data, "train-001.tar"));
        File.Move(first, first + ".aside");
        File.Move(second, first);
        File.Move(first + ".aside", second);
        (await Cli.RunAsync(["resume", "stopped", "--http", "off", .. Places])).IsMistake(
            "run \"stopped\" began with other data: train-000.tar (");
        var audit = await Cli.RunAsync(["audit", "faulted", .. Places]);
        Assert.Equal(ExitCode.Failed, audit.Code);
        Assert.Matches(@"data +NOT PROVEN: .*train-000\.tar \(.*, train-001\.tar \(", audit.Output);
        var json = JsonNode.Parse((await Cli.RunAsync(["audit", "faulted", "--json", .. Places])).Output)!;
        Assert.False(json["proven"]!.GetValue<bool>());
        Assert.StartsWith("train-000.tar (", json["dataChange"]!.GetValue<string>(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("audit faulted")]
    [InlineData("resume stopped --http off")]
    public async Task A_corpus_that_is_somewhere_else_is_asked_for_and_not_made_again(string arguments)
    {
        (await Cli.RunAsync([.. arguments.Split(' '), "--runs-dir", _old.Runs, "--data-dir", _old.In("other")])).IsMistake("by --data-dir");
        Assert.False(Directory.Exists(_old.In("other")));
    }

    private void Edit(string run, string section, string key, double value)
    {
        var file = _old.In("runs", run, "recipe.json");
        var recipe = JsonNode.Parse(File.ReadAllText(file))!;
        recipe[section]![key] = value;
        File.WriteAllText(file, recipe.ToJsonString());
    }

    private void Copy(string run, string name)
    {
        foreach (var file in Directory.GetFiles(_old.In("runs", run), "*", SearchOption.AllDirectories))
        {
            var target = _old.In("runs", name, Path.GetRelativePath(_old.In("runs", run), file));
            Directory.CreateDirectory(Path.GetDirectoryName(target)!);
            File.Copy(file, target);
        }
    }

    private string[] Files(string run) => [.. Directory.GetFiles(_old.In("runs", run), "*", SearchOption.AllDirectories)
        .Where(file => Path.GetFileName(file) is not "run.lock" && !file.Contains("journal.db-", StringComparison.Ordinal))
        .Order(StringComparer.Ordinal).Select(file => $"{file} {new FileInfo(file).Length}")];
}
