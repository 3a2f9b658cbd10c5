using System.CommandLine;
using TiMix.Node.Processes;
using TiMix.Runs.Recipes;

namespace TiMix.Node.Commands;

/// <summary><c>timix recipe</c>.</summary>
internal static class RecipeCommand
{
    public static Command Recipe(TextWriter output)
    {
        var name = new Argument<string?>("RECIPE") { Description = "Print this recipe with every key.", DefaultValueFactory = _ => null };
        var command = new Command("recipe", """
            Explains every key of a recipe, or prints one in full.

            Example: timix recipe sample
            """)
        { name };
        command.SetAction((parsed, _) =>
        {
            if (parsed.GetValue(name) is { } recipe)
            {
                output.WriteLine(RecipeFile.Write(RecipeFile.Load(recipe)));
                return Task.FromResult(ExitCode.Done);
            }

            foreach (var key in RecipeKeys.All)
            {
                output.WriteLine($"{key.Name}  ({key.Type}; default {key.Default.ReplaceLineEndings(" ")})");
                output.WriteLine($"    {key.Meaning}");
            }

            output.WriteLine();
            output.WriteLine($"Recipes here: {string.Join(", ", RecipeFile.Names)}");
            return Task.FromResult(ExitCode.Done);
        });
        return command;
    }
}
