using TiMix.Base;
using TiMix.Runs.Recipes;

namespace TiMix.Actors.Tests.Recipes;

public sealed class RecipeFileTests
{
    [Fact]
    public void Paths_are_written_in_full_and_the_same_file_by_two_names_is_no_difference()
    {
        static string Here(string file) => Path.Combine(Environment.CurrentDirectory, file);
        var tests = new SortedDictionary<string, string> { ["b"] = "b.tar", ["a"] = "sample:test" };
        var recipe = new Recipe { Data = new DataRecipe { Train = "x/../t-{00..03}.tar", Validation = "", Tests = tests, Answers = "/answers.txt" } };
        var full = recipe.WithFullPaths();
        Assert.Equal((Here("t-{00..03}.tar"), "", "/answers.txt"), (full.Data.Train, full.Data.Validation, full.Data.Answers));
        Assert.Equal([("a", "sample:test"), ("b", Here("b.tar"))], full.Data.Tests.Select(test => (test.Key, test.Value)));
        Assert.Empty(RecipeFile.Differences(recipe, full));
        Assert.Equal((true, false), (recipe.HasRelativePaths(), full.HasRelativePaths()));
        Assert.All(RecipeFile.Names.Select(RecipeFile.Load), known => Assert.Equal(RecipeFile.Write(known), RecipeFile.Write(known.WithFullPaths())));
    }

    [Fact]
    public void The_sample_recipe_that_comes_along_loads()
    {
        var recipe = RecipeFile.Load("sample");
        Assert.Equal("timix", recipe.Mix.Method);
        Assert.Equal(["heldout", "test"], recipe.Data.Tests.Keys.Order());
    }

    [Theory]
    [InlineData("sample-captioning", "captioning")]
    [InlineData("sample-vqa", "vqa")]
    [InlineData("sample-grounding", "grounding")]
    [InlineData("sample-retrieval", "retrieval")]
    public void The_recipes_of_the_tasks_load(string name, string task) => Assert.Equal(task, RecipeFile.Load(name).Data.Task);

    [Fact]
    public void What_is_written_reads_back_the_same()
    {
        var recipe = RecipeFile.Set(new Recipe(), ["run.seed=18446744073709551615", "mix.weight=0.5", "data.tests.mine=a.tar"]);
        Assert.Equal(ulong.MaxValue, recipe.Run.Seed);
        var again = RecipeFile.Parse(RecipeFile.Write(recipe), "again");
        Assert.Empty(RecipeFile.Differences(recipe, again));
        Assert.Equal("a.tar", again.Data.Tests["mine"]);
    }

    [Fact]
    public void Differences_are_named_by_key()
    {
        var other = RecipeFile.Set(new Recipe(), ["optimization.learningRate=0.5", "mix.method=none"]);
        Assert.Equal(["optimization.learningRate", "mix.method"], RecipeFile.Differences(new Recipe(), other));
    }

    [Fact]
    public void Every_key_is_documented()
    {
        Assert.NotEmpty(RecipeKeys.All);
        Assert.All(RecipeKeys.All, key => Assert.True(key.Meaning.Length > 5, key.Name));
        Assert.Contains(RecipeKeys.All, key => key is { Name: "data.augmentation.maxShift", Type: "whole number", Default: "0" });
    }

    [Theory]
    [InlineData("""{ "optimization": { "learningrte": 1 } }""", "unknown key \"optimization.learningrte\"; did you mean \"optimization.learningRate\"?")]
    [InlineData("""{ "mixx": { } }""", "unknown key \"mixx\"")]
    [InlineData("""{ "mix": 3 }""", "\"mix\" must be a section")]
    [InlineData("""{ "optimization": { "steps": "many" } }""", "\"optimization.steps\" is \"many\"; expected a whole number")]
    [InlineData("""{ "optimization": { "steps": 0 } }""", "\"optimization.steps\" is 0; it must be a whole number from 1")]
    [InlineData("""{ "optimization": { "steps": 2.5 } }""", "expected a whole number")]
    [InlineData("""{ "optimization": { "microBatchSize": 7 } }""", "it must be even")]
    [InlineData("""{ "optimization": { "learningRate": 0 } }""", "larger than 0")]
    [InlineData("""{ "optimization": { "beta2": 1 } }""", "below 1")]
    [InlineData("""{ "optimization": { "pretrainedLearningRate": 1e-5 } }""", "must be null as long as model.init names no file")]
    [InlineData("""{ "optimization": { "pretrainedLearningRate": 0 }, "model": { "init": "a.safetensors" } }""",
        "\"optimization.pretrainedLearningRate\" is 0; it must be larger than 0")]
    [InlineData("""{ "mix": { "method": "magic" } }""", "\"mix.method\" is \"magic\"; it must be one of none, mixup")]
    [InlineData("""{ "mix": { "method": "second-pass", "labels": "self" } }""", "\"mix.labels\" is \"self\"; it must be hard with \"mix.method\" second-pass")]
    [InlineData("""{ "mix": { "labels": "soft" } }""", "hard, self, blend")]
    [InlineData("""{ "mix": { "minSide": 0.8 } }""", "\"mix.maxSide\" is 0.75; it must be at least mix.minSide")]
    [InlineData("""{ "objective": { "captionRegion": "all" } }""", "phrases, whole, none")]
    [InlineData("""{ "objective": { "mlmWeight": 1 } }""", "\"model.fusionLayers\" is 0; it must be 1 or more, or the preset's")]
    [InlineData("""{ "objective": { "prefixLmWeight": 1 }, "model": { "fusionLayers": 2 } }""", "\"model.decoderLayers\" is 0")]
    [InlineData("""{ "objective": { "itmWeight": -1 } }""", "\"objective.itmWeight\" is -1")]
    [InlineData("""{ "objective": { "mlmShare": 1 } }""", "larger than 0, below 1")]
    [InlineData("""{ "data": { "task": "chess" } }""", "\"data.task\" is \"chess\"; it must be one of retrieval, captioning, grounding, vqa")]
    [InlineData("""{ "data": { "task": "captioning" } }""", "\"objective.prefixLmWeight\" is 0; it must be larger than 0 with \"data.task\" captioning")]
    [InlineData("""{ "data": { "task": "grounding" }, "objective": { "alignmentWeight": 0 } }""", "\"objective.alignmentWeight\" is 0")]
    [InlineData("""{ "data": { "task": "vqa" }, "model": { "preset": "sample-full" }, "objective": { "prefixLmWeight": 1 } }""", "\"data.answers\" is \"\"")]
    [InlineData("""{ "data": { "task": "vqa", "answers": "a.txt" }, "model": { "preset": "sample-full" }, "objective": { "prefixLmWeight": 1 } }""",
        "\"mix.method\" is \"timix\"; it must be none")]
    [InlineData("""{ "objective": { "itcWeight": -1 } }""", "\"objective.itcWeight\" is -1")]
    [InlineData("""{ "run": { "beams": 0 } }""", "\"run.beams\" is 0")]
    [InlineData("""{ "data": { "phraseLength": 30 } }""", "\"data.phraseLength\" is 30")]
    [InlineData("""{ "data": { "train": "" } }""", "\"data.train\"")]
    [InlineData("""{ "data": { "train": null } }""", "\"data.train\"")]
    [InlineData("""{ "run": { "keepSnapshots": 0 } }""", "\"run.keepSnapshots\" is 0")]
    [InlineData("""[]""", "a recipe is a JSON object")]
    [InlineData("""{ "run": """, "not JSON")]
    public void A_mistake_is_named_with_what_would_be_right(string text, string expected)
    {
        var error = Assert.Throws<RunError>(() => RecipeFile.Parse(text, "mine.json"));
        Assert.StartsWith("mine.json: ", error.Message, StringComparison.Ordinal);
        Assert.Contains(expected, error.Message, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', error.Message);
    }

    [Theory]
    [InlineData("steps", "key=value")]
    [InlineData("optimization.stps=3", "did you mean \"optimization.steps\"")]
    [InlineData("optimization.steps=three", "expected a whole number")]
    [InlineData("nothing.here=1", "unknown key")]
    public void A_wrong_set_is_named(string assignment, string expected) =>
        Assert.Contains(expected, Assert.Throws<RunError>(() => RecipeFile.Set(new Recipe(), [assignment])).Message, StringComparison.Ordinal);

    [Fact]
    public void A_recipe_that_is_not_there_is_said_with_those_that_are() =>
        Assert.Contains("sample", Assert.Throws<RunError>(() => RecipeFile.Load("smple")).Message, StringComparison.Ordinal);

    [Fact]
    public void Comments_are_allowed() => Assert.Equal(3, RecipeFile.Parse("{ // why\n \"optimization\": { \"steps\": 3, } }", "x").Optimization.Steps);
}
