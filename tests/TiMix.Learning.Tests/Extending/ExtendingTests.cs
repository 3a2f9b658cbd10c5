using System.Text.RegularExpressions;
using TiMix.Learning.Mixing;
using TiMix.Learning.Objectives;

namespace TiMix.Learning.Tests.Extending;

/// <summary>What docs/extending.md says holds: its code is that of the tests, and what is added stands where it says and nowhere else.</summary>
public sealed partial class ExtendingTests
{
    private static readonly string Root = RootOf(AppContext.BaseDirectory);

    [Fact]
    public void The_code_of_the_page_is_that_which_the_tests_compile()
    {
        var page = File.ReadAllText(Path.Combine(Root, "docs", "extending.md"));
        var blocks = Block().Matches(page);
        Assert.Equal(["SideBySide.cs", "ClosenessObjective.cs", "TokenFileFormat.cs"], blocks.Select(block => Path.GetFileName(block.Groups["file"].Value)));
        Assert.All(blocks, block => Assert.Equal(File.ReadAllText(Path.Combine(Root, block.Groups["file"].Value)), block.Groups["code"].Value));
        Assert.Equal(blocks.Count, page.Split("```csharp").Length - 1);
    }

    [Fact]
    public void A_methods_name_stands_in_its_own_file_alone()
    {
        // The default of recipes is named there too.
        foreach (var name in MixMethods.Names.Except(["none", "timix"]))
        {
            Assert.Single(FilesWith($"\"{name}\""));
        }
    }

    [Fact]
    public void An_objectives_name_stands_in_its_own_file_alone()
    {
        // That of the patches has always been on, and the screen says so.
        foreach (var name in KnownObjectives.All.Select(objective => objective.Name).Except(["alignment"]))
        {
            Assert.Single(FilesWith($"\"{name}\""));
        }
    }

    private static List<string> FilesWith(string text) =>
        [.. Directory.EnumerateFiles(Path.Combine(Root, "src"), "*.cs", SearchOption.AllDirectories)
            .Where(file => !file.Contains($"{Path.DirectorySeparatorChar}obj{Path.DirectorySeparatorChar}", StringComparison.Ordinal))
            .Where(file => File.ReadAllText(file).Contains(text, StringComparison.Ordinal))];

    private static string RootOf(string directory) => File.Exists(Path.Combine(directory, "TiMix.Actors.sln"))
        ? directory
        : RootOf(Path.GetDirectoryName(directory) ?? throw new InvalidOperationException("The tests do not lie within the repository."));

    [GeneratedRegex(@"\]\(\.\./(?<file>tests/[^)]+\.cs)\):\n\n```csharp\n(?<code>.*?)```", RegexOptions.Singleline)]
    private static partial Regex Block();
}
