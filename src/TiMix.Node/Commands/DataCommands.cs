using System.CommandLine;
using TiMix.Data.Sample;
using TiMix.Node.Processes;
using TiMix.Runs.Sources;

namespace TiMix.Node.Commands;

/// <summary><c>timix data</c>.</summary>
internal static class DataCommands
{
    public static Command Data(TextWriter output)
    {
        var command = new Command("data", "Makes, inspects and packs training data.")
        {
            Sample(output),
            InspectCommand.Inspect(output),
            PackCommand.Pack(output),
        };
        return command;
    }

    private static Command Sample(TextWriter output)
    {
        var directory = Shared.DataDirectory();
        var seed = new Option<ulong>("--seed") { Description = "The same seed gives the same bytes.", DefaultValueFactory = _ => RunData.SampleSeed };
        var tasks = new Option<bool>("--tasks")
        {
            Description = "Also the small downstream tasks made from it: five captions a scene, boxes, questions with answers.",
        };
        var command = new Command("sample", """
            Composes the sample corpus: 8,000 training scenes, 1,000 each for validation, test and the held-out style.

            Example: timix data sample --data-dir data/sample
            """)
        { directory, seed, tasks };
        command.SetAction((parsed, stop) =>
        {
            var (path, number) = (parsed.GetValue(directory)!, parsed.GetValue(seed));
            var there = SampleCorpus.IsComplete(path, number);
            if (!there)
            {
                SampleCorpus.Compose(path, number, null, stop);
            }

            output.WriteLine($"{(there ? "Is there already" : "Composed")}: {Path.GetFullPath(path)}");
            if (parsed.GetValue(tasks))
            {
                there = SampleTasks.IsComplete(path, number);
                SampleTasks.Compose(path, number, stop);
                output.WriteLine($"{(there ? "Are there already" : "Composed")}: {Path.GetFullPath(SampleTasks.DirectoryOf(path))}");
            }

            return Task.FromResult(ExitCode.Done);
        });
        return command;
    }
}
