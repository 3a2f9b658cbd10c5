using System.CommandLine;
using TiMix.Node.Processes;
using TiMix.Runs.Snapshots;

namespace TiMix.Node.Commands;

/// <summary><c>timix export</c>.</summary>
internal static class ExportCommand
{
    public static Command Export(TextWriter output)
    {
        var name = new Argument<string>("NAME|SNAPSHOT") { Description = "A run, or a snapshot's directory." };
        var step = new Option<long?>("--snapshot") { Description = "The run's snapshot of that step; default: its newest." };
        var format = new Option<string>("--format") { Description = "open-clip or transformers.", Required = true };
        var directory = new Option<string>("--out") { Description = "The directory to write.", Required = true };
        var average = new Option<bool>("--average") { Description = "The teacher's average instead of the trained weights." };
        var check = new Option<string?>("--check") { Description = "Also write inputs and their features to this file, to hold the other program's against." };
        var force = new Option<bool>("--force") { Description = "Replace what has the same name in a directory that is not empty." };
        var (runs, data) = (Shared.RunsDirectory(), Shared.DataDirectory());
        var command = new Command("export", """
            Writes a snapshot's image and text encoder, with the vocabulary, as open_clip or transformers opens it.

            Example: timix export sample-1 --format transformers --out exported
            """)
        { name, step, format, directory, average, check, force, runs, data };
        command.SetAction((parsed, stop) =>
        {
            var order = new ExportOrder(parsed.GetValue(name)!, parsed.GetValue(format)!, parsed.GetValue(directory)!)
            {
                Step = parsed.GetValue(step), Average = parsed.GetValue(average), Check = parsed.GetValue(check), Force = parsed.GetValue(force),
            };
            Write(SnapshotExport.Export(order, parsed.GetValue(runs)!, parsed.GetValue(data)!, stop), order, output);
            return Task.FromResult(ExitCode.Done);
        });
        return command;
    }

    private static void Write(ExportedSnapshot exported, ExportOrder order, TextWriter output)
    {
        var model = exported.Model;
        output.WriteLine($"{order.NameOrSnapshot} after {exported.Step} steps: {model.Weights.Count} tensors, "
            + $"{model.Weights.Sum(tensor => (long)tensor.Values.Length):N0} numbers");
        foreach (var (part, count) in model.PartsLeftOut)
        {
            output.WriteLine($"  left out: {part} ({count} parameters)");
        }

        foreach (var note in exported.Notes)
        {
            output.WriteLine($"  note: {note}");
        }

        output.WriteLine($"Wrote {exported.Directory}");
        output.WriteLine($"It is opened by {model.OpenedBy.Replace("DIR", exported.Directory, StringComparison.Ordinal)}");
        if (order.Check is { } check)
        {
            output.WriteLine($"Features to compare are in {Path.GetFullPath(check)}");
        }
    }
}
