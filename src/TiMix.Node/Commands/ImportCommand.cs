using System.CommandLine;
using TiMix.Base;
using TiMix.Learning.Weights;
using TiMix.Node.Processes;
using TiMix.Runs.Recipes;
using TiMix.Work.Evaluation;

namespace TiMix.Node.Commands;

/// <summary><c>timix import</c>.</summary>
internal static class ImportCommand
{
    public static Command Import(TextWriter output)
    {
        var recipe = new Argument<string>("RECIPE")
        {
            Description = "Whose model the weights are for: name of a recipe that comes with the program, or a file.",
            DefaultValueFactory = _ => "sample",
        };
        var image = new Option<string?>("--image") { Description = "Safetensors file with an image tower: CLIP of OpenAI, open_clip or transformers." };
        var text = new Option<string?>("--text") { Description = "Safetensors file with a text tower: BERT of transformers." };
        var file = new Option<string>("--out") { Description = "The file to write.", DefaultValueFactory = _ => "weights.safetensors" };
        var set = new Option<string[]>("--set")
        {
            Description = "key=value: changes one key of the recipe; see \"timix recipe\".",
            AllowMultipleArgumentsPerToken = true,
        };
        var data = Shared.DataDirectory();
        var command = new Command("import", """
            Takes pre-trained towers of other programs, for a run to start from.

            Example: timix import my.json --image clip.safetensors --text bert.safetensors
            """)
        { recipe, image, text, file, set, data };
        command.SetAction((parsed, stop) =>
        {
            var (from, to) = (parsed.GetValue(image), parsed.GetValue(file)!);
            if (from is null && parsed.GetValue(text) is null)
            {
                throw new RunError("import: nothing to take; give --image FILE, --text FILE or both.");
            }

            var chosen = RecipeFile.Set(RecipeFile.Load(parsed.GetValue(recipe)!), parsed.GetValue(set) ?? []);
            foreach (var report in PretrainedWeights.Import(chosen, parsed.GetValue(data)!, from, parsed.GetValue(text), to, stop))
            {
                Write(report, output);
            }

            output.WriteLine($"Wrote {Path.GetFullPath(to)}");
            output.WriteLine($"A run starts from it with --set model.init={to}");
            return Task.FromResult(ExitCode.Done);
        });
        return command;
    }

    private static void Write(ImportedWeights report, TextWriter output)
    {
        output.WriteLine($"{report.Path}: {string.Join(", ", report.Towers)}");
        output.WriteLine($"  {report.Taken.Count} parameters taken");
        List("from the seed", report.Seeded);
        List("not used", report.Unused);
        foreach (var note in report.Notes)
        {
            output.WriteLine($"  note: {note}");
        }

        void List(string what, IReadOnlyList<string> names)
        {
            foreach (var (name, count) in WeightImport.Grouped(names))
            {
                output.WriteLine(count == 1 ? $"  {what}: {name}" : $"  {what}: {name} ({count})");
            }
        }
    }
}
