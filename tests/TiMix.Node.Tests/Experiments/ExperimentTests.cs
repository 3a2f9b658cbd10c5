using System.Text.Json.Nodes;
using TiMix.Node.Experiments;
using TiMix.Node.Processes;
using TiMix.Runs.Recipes;
using TiMix.Runs.Records;

namespace TiMix.Node.Tests.Experiments;

public sealed class ExperimentTests : IDisposable
{
    private readonly string _directory = Directory.CreateTempSubdirectory("timix-experiment-").FullName;

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    [Fact]
    public void Runs_of_the_main_contrasts_come_first_pair_by_pair()
    {
        var runs = ExperimentPlan.Runs(ExperimentFile.Load("mixing"));
        Assert.Equal(
            ["none-25pct-500-s1", "random-window-25pct-500-s1", "timix-25pct-500-s1", "oracle-25pct-500-s1", "none-25pct-500-s2"],
            runs.Take(5).Select(run => run.Name));
        Assert.Equal(runs.Count, runs.Select(run => run.Name).Distinct().Count());
        // 10 arms × 5 seeds, none at the work of timix × 5 (the others already are), 3 arms × 3 fractions × 3 seeds
        Assert.Equal(50 + 5 + 27, runs.Count);
        var equal = runs.Single(run => run.Name == "none-25pct-680-s1");
        Assert.Equal((680, 68, 136), (equal.Recipe.Optimization.Steps, equal.Recipe.Optimization.WarmupSteps, equal.Recipe.Mix.RampSteps));
        Assert.Equal(
            (0.1, 2UL, "timix"),
            runs.Where(run => run.Name == "timix-10pct-500-s2").Select(run => (run.Recipe.Data.Fraction, run.Recipe.Run.Seed, run.Recipe.Mix.Method)).Single());
    }

    [Fact]
    public async Task The_report_says_what_the_pairs_tell_and_what_they_do_not()
    {
        WriteFinished(("none", 1, 10), ("timix", 1, 11), ("none", 2, 12), ("timix", 2, 14));
        var cli = await Cli.RunAsync("experiment", "quick", "--dir", _directory, "--report-only");
        Assert.True(cli.Code == ExitCode.Done, cli.Error);
        Assert.Contains(
            "timix - none: +1.50 test.meanRecall (-4.85 to +7.85, 2 pairs): not resolved: would need about 4 seeds", cli.Output, StringComparison.Ordinal);
        var report = await File.ReadAllTextAsync(Path.Combine(_directory, "report", "report.md"), TestContext.Current.CancellationToken);
        Assert.Contains(
            "| timix − none | 2 | +1.50 | −4.85 to +7.85 | + + | 0.205 | not resolved: would need about 4 seeds |", report, StringComparison.Ordinal);
        Assert.True(new FileInfo(Path.Combine(_directory, "report", "arms.png")).Length > 5000);
        Assert.Contains(
            "none-10pct-30-s1,none,1,0.1,30,finished,abc,10",
            await File.ReadAllTextAsync(Path.Combine(_directory, "report", "results.csv"), TestContext.Current.CancellationToken), StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_is_missing_is_said_loudly()
    {
        WriteFinished(("none", 1, 10), ("timix", 1, 11), ("none", 2, 12));
        var cli = await Cli.RunAsync("experiment", "quick", "--dir", _directory, "--report-only");
        Assert.Contains("INCOMPLETE: 1 of 4 runs are missing: timix-10pct-30-s2", cli.Output, StringComparison.Ordinal);
        Assert.Contains("timix - none: +1.00 test.meanRecall (1 pairs): not tested: fewer than two pairs", cli.Output, StringComparison.Ordinal);
        Assert.Contains("3 finished", (await Cli.RunAsync("experiment", "quick", "--dir", _directory, "--dry-run")).Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_run_of_another_recipe_in_the_place_of_a_planned_one_is_refused_with_the_keys()
    {
        WriteFinished(("none", 1, 10));
        var place = Path.Combine(_directory, "none-10pct-30-s1", "recipe.json");
        await File.WriteAllTextAsync(place, (await File.ReadAllTextAsync(place, TestContext.Current.CancellationToken)).Replace(
            "\"warmupSteps\": 4", "\"warmupSteps\": 5", StringComparison.Ordinal), TestContext.Current.CancellationToken);
        (await Cli.RunAsync("experiment", "quick", "--dir", _directory, "--dry-run")).IsMistake("optimization.warmupSteps");
    }

    [Theory]
    [InlineData("\"arms\"", "\"arm\"", "unknown key \"arm\"")]
    [InlineData("\"mix.method\": \"timix\"", "\"mix.metod\": \"timix\"", "mix.metod")]
    [InlineData("[\"test.meanRecall\"]", "[\"tset.meanRecall\"]", "SPLIT.NAME")]
    [InlineData("[\"none\"]", "[\"nothing\"]", "a list of none, timix")]
    [InlineData("[1, 2]", "[1, -2]", "whole numbers from 0 up")]
    [InlineData("\"seeds\"", "\"seeds", "not JSON")]
    public async Task Mistakes_in_the_file_are_named(string right, string wrong, string expected)
    {
        var file = Path.Combine(_directory, "wrong.json");
        var text = await File.ReadAllTextAsync(Path.Combine(ExperimentFile.Directory, "quick.json"), TestContext.Current.CancellationToken);
        Assert.Contains(right, text, StringComparison.Ordinal);
        await File.WriteAllTextAsync(file, text.Replace(right, wrong, StringComparison.Ordinal), TestContext.Current.CancellationToken);
        (await Cli.RunAsync("experiment", file, "--dir", _directory, "--dry-run")).IsMistake(expected);
    }

    [Fact]
    public async Task A_choice_that_the_experiment_does_not_have_is_refused()
    {
        (await Cli.RunAsync("experiment", "quick", "--dir", _directory, "--arms", "oracle", "--dry-run"))
            .IsMistake("there is no oracle in this experiment; it has none, timix");
        (await Cli.RunAsync("experiment", "nothing", "--dir", _directory, "--dry-run")).IsMistake("there is no experiment \"nothing\"");
    }

    private void WriteFinished(params (string Arm, ulong Seed, double Recall)[] runs)
    {
        var planned = ExperimentPlan.Runs(ExperimentFile.Load("quick"));
        foreach (var (arm, seed, recall) in runs)
        {
            var run = planned.Single(candidate => candidate.Arm.Name == arm && candidate.Seed == seed);
            var place = RunDirectory.Of(_directory, run.Name);
            Directory.CreateDirectory(place.Path);
            File.WriteAllText(place.Recipe, RecipeFile.Write(run.Recipe));
            File.WriteAllText(place.Summary, new JsonObject
            {
                ["fingerprint"] = "abc", ["recipe"] = JsonNode.Parse(RecipeFile.Write(run.Recipe)),
                ["evaluation"] = new JsonObject { ["test"] = new JsonObject { ["meanRecall"] = recall } },
            }.ToJsonString());
        }
    }
}
