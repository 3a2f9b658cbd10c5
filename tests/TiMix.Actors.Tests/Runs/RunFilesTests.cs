using TiMix.Base;
using TiMix.Protocol.Values;
using TiMix.Runs.Recipes;
using TiMix.Runs.Records;

namespace TiMix.Actors.Tests.Runs;

public sealed class RunFilesTests : IDisposable
{
    private readonly string _runs = Directory.CreateTempSubdirectory("timix-runs-").FullName;

    public void Dispose() => Directory.Delete(_runs, recursive: true);

    [Fact]
    public void A_second_process_is_kept_out_until_the_first_is_done()
    {
        using (RunDirectory.Create(_runs, "a", "{}"))
        {
            Assert.Contains("another process", Assert.Throws<RunError>(() => RunDirectory.Open(_runs, "a")).Message, StringComparison.Ordinal);
        }

        using var again = RunDirectory.Open(_runs, "a");
        Assert.Equal("{}", File.ReadAllText(again.Recipe));
    }

    [Fact]
    public void A_run_is_not_made_twice()
    {
        RunDirectory.Create(_runs, "a", "{}").Dispose();
        Assert.Contains("timix resume a", Assert.Throws<RunError>(() => RunDirectory.Create(_runs, "a", "{ }")).Message, StringComparison.Ordinal);
        Assert.Equal("{}", File.ReadAllText(Path.Combine(_runs, "a", "recipe.json")));
    }

    [Fact]
    public void Those_who_start_at_once_get_a_name_each_and_give_back_what_they_do_not_use()
    {
        Directory.CreateDirectory(Path.Combine(_runs, "r-3"));
        var names = new string[8];
        Parallel.For(0, names.Length, new ParallelOptions { MaxDegreeOfParallelism = names.Length }, at => names[at] = RunDirectory.Claim(_runs, "r"));
        Assert.Equal([1, 2, 4, 5, 6, 7, 8, 9], names.Select(name => int.Parse(name["r-".Length..])).Order());
        RunDirectory.Create(_runs, "r-2", "{}").Dispose();
        RunDirectory.Of(_runs, "r-2").GiveBack();
        RunDirectory.Of(_runs, "r-4").GiveBack();
        Assert.True(RunDirectory.Of(_runs, "r-2").IsBegun);
        Assert.Equal("r-4", RunDirectory.Claim(_runs, "r"));
    }

    [Theory]
    [InlineData("journal.db")]
    [InlineData("snapshots")]
    public void A_run_of_which_only_the_recipe_is_missing_is_not_written_over(string left)
    {
        Directory.CreateDirectory(Path.Combine(_runs, "a", left));
        Assert.Contains($"holds {left} of a run, but no recipe.json", Assert.Throws<RunError>(() => RunDirectory.Create(_runs, "a", "{}")).Message);
        Assert.Contains($"holds {left} of a run", Assert.Throws<RunError>(() => RunDirectory.Share(_runs, "a", new Recipe())).Message);
    }

    [Fact]
    public void Whether_a_run_is_held_is_seen_without_taking_it()
    {
        using (var held = RunDirectory.Create(_runs, "a", "{}"))
        {
            Assert.True(RunDirectory.Of(_runs, "a").IsHeld);
        }

        Assert.False(RunDirectory.Of(_runs, "a").IsHeld);
        Assert.False(RunDirectory.Of(_runs, "b").IsHeld);
    }

    [Theory]
    [InlineData("runs", null, "", "timix resume a")]
    [InlineData("/big/my runs", "data/sample", "--trainers 2", "timix resume a --trainers 2 --runs-dir '/big/my runs'")]
    [InlineData("runs", "/corpus", "", "timix resume a --data-dir /corpus")]
    public void A_hint_names_the_directories_that_were_given(string runs, string? data, string more, string hint) =>
        Assert.Equal(hint, RunHint.Resume("a", runs, data, more));

    [Fact]
    public void A_run_that_is_not_there_is_said_with_those_that_are()
    {
        Assert.Contains("it holds none", Assert.Throws<RunError>(() => RunDirectory.Look(_runs, "c")).Message, StringComparison.Ordinal);
        RunDirectory.Create(_runs, "b", "{}").Dispose();
        RunDirectory.Create(_runs, "a", "{}").Dispose();
        Assert.Contains("it holds a, b", Assert.Throws<RunError>(() => RunDirectory.Look(_runs, "c")).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("")]
    [InlineData(".")]
    [InlineData("..")]
    [InlineData("../elsewhere")]
    [InlineData("a/b")]
    [InlineData("/tmp")]
    public void A_name_is_one_path_segment(string name) => Assert.Throws<RunError>(() => RunDirectory.Of(_runs, name));

    [Fact]
    public void A_place_that_takes_no_directory_is_the_users_mistake()
    {
        var file = Path.Combine(_runs, "file");
        File.WriteAllText(file, "");
        Assert.Contains("cannot be made", Assert.Throws<RunError>(() => RunDirectory.Create(file, "a", "{}")).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Records_are_cut_back_to_the_step_that_training_goes_on_from()
    {
        using var directory = RunDirectory.Create(_runs, "a", "{}");
        using (var records = new RunRecords(directory))
        {
            records.CutBack(0);
            for (var step = 1; step <= 5; step++)
            {
                records.Add(Report(step), step % 2 == 0 ? [new Replacement(step, step + 1, "k", "why")] : []);
            }

            // One that was looked at again after it was found damaged comes after those of later steps.
            records.Add(Evaluation(4));
            records.Add(Evaluation(2));
            records.Add(Evaluation(1));
            Assert.Equal(4, records.LastEvaluation!.Step);
            Assert.Equal((2, 2.5), (records.Replaced, records.Seconds));
        }

        File.AppendAllText(directory.Metrics, "{\"step\":3,\"lo");
        using var again = new RunRecords(directory);
        again.CutBack(3);
        Assert.Equal((1L, 1.5, 3L, 2L), (again.Replaced, again.Seconds, again.Last!.Step, again.LastEvaluation!.Step));
        Assert.Equal(Report(3), again.Last);
        Assert.Equal(12.5, again.LastEvaluation.Splits[0].Metrics["meanRecall"]);
        again.Add(Report(4), []);
        again.Dispose();
        Assert.Equal(["1", "2", "3", "4"], File.ReadLines(directory.Metrics).Select(line => System.Text.Json.Nodes.JsonNode.Parse(line)!["step"]!.ToString()));
        Assert.Equal(2, File.ReadLines(directory.Evaluations).Count());
        Assert.Single(File.ReadLines(directory.Replacements));
    }

    [Fact]
    public void Cutting_back_to_the_beginning_leaves_nothing()
    {
        using var directory = RunDirectory.Create(_runs, "a", "{}");
        using var records = new RunRecords(directory);
        records.CutBack(0);
        records.Add(Report(1), [new Replacement(0, 1, "k", "why")]);
        records.CutBack(0);
        Assert.Equal((0L, 0.0, null), (records.Replaced, records.Seconds, records.Last));
        records.Dispose();
        Assert.Empty(File.ReadAllText(directory.Metrics));
        Assert.Empty(File.ReadAllText(directory.Replacements));
    }

    [Fact]
    public void Splits_are_validation_then_tests_in_order()
    {
        var recipe = new Recipe { Data = new DataRecipe { Validation = "v.tar", Tests = new Dictionary<string, string> { ["z"] = "z.tar", ["b"] = "b.tar" } } };
        Assert.Equal(["validation", "b", "z"], Splits.All(recipe));
        Assert.Equal(
            ("v.tar", "z.tar", "sample:train"), (Splits.PatternOf(recipe, "validation"), Splits.PatternOf(recipe, "z"), Splits.PatternOf(recipe, "train")));
        var without = recipe with { Data = recipe.Data with { Validation = "" } };
        Assert.Equal(["b", "z"], Splits.All(without));
        Assert.Contains("b, z", Assert.Throws<RunError>(() => Splits.PatternOf(without, "validation")).Message, StringComparison.Ordinal);
        Assert.Contains("\"tset\"", Assert.Throws<RunError>(() => Splits.PatternOf(recipe, "tset")).Message, StringComparison.Ordinal);
    }

    private static StepReport Report(long step) =>
        new(step, 9, 0, 1.5, new(("itc", 1), ("mix", 0.25), ("alignment", 0.25), ("alignmentAccuracy", 0.9)), 0.07, 1e-3, 2, 0.5, 16);

    private static EvaluationReport Evaluation(long step) =>
        new(step, [new SplitEvaluation("test", 8, new Dictionary<string, double> { ["meanRecall"] = 12.5 })]);
}
