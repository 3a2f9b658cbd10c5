using TiMix.Node.Processes;
using TiMix.Runs.Recipes;

namespace TiMix.Node.Tests.Commands;

public sealed class HelpTests
{
    private const int ScreenLines = 50;

    [Theory]
    [InlineData("")]
    [InlineData("train")]
    [InlineData("resume")]
    [InlineData("node")]
    [InlineData("status")]
    [InlineData("scale")]
    [InlineData("drain")]
    [InlineData("pause")]
    [InlineData("continue")]
    [InlineData("snapshot")]
    [InlineData("stop")]
    [InlineData("runs")]
    [InlineData("logs")]
    [InlineData("report")]
    [InlineData("chaos")]
    [InlineData("audit")]
    [InlineData("eval")]
    [InlineData("mix")]
    [InlineData("search")]
    [InlineData("classify")]
    [InlineData("import")]
    [InlineData("export")]
    [InlineData("data")]
    [InlineData("data sample")]
    [InlineData("data inspect")]
    [InlineData("data pack")]
    [InlineData("recipe")]
    public async Task Every_command_explains_itself_with_an_example(string command)
    {
        var help = await Cli.RunAsync([.. command.Split(' ', StringSplitOptions.RemoveEmptyEntries), "--help"]);
        Assert.Equal(ExitCode.Done, help.Code);
        Assert.Contains("Example", help.Output, StringComparison.Ordinal);
        Assert.Empty(help.Error);
        Assert.InRange(help.Output.Split('\n').Length, 5, ScreenLines);
    }

    [Fact]
    public async Task All_keys_of_a_recipe_are_explained()
    {
        var explained = await Cli.RunAsync("recipe");
        Assert.Equal(ExitCode.Done, explained.Code);
        Assert.All(RecipeKeys.All, key => Assert.Contains($"{key.Name}  ({key.Type}", explained.Output, StringComparison.Ordinal));
        Assert.All(RecipeKeys.All, key => Assert.Contains(key.Meaning, explained.Output, StringComparison.Ordinal));
        Assert.Contains("sample", explained.Output.TrimEnd().Split('\n')[^1], StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_recipe_is_printed_as_it_reads_back()
    {
        var printed = await Cli.RunAsync("recipe", "sample");
        Assert.Empty(RecipeFile.Differences(RecipeFile.Load("sample"), RecipeFile.Parse(printed.Output, "printed")));
    }
}
