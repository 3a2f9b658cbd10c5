using System.CommandLine;
using TiMix.Actors.Runs;
using TiMix.Data;
using TiMix.Data.Sample;

namespace TiMix.Node.Commands;

/// <summary><c>timix data</c>.</summary>
internal static class DataCommands
{
    private const int ShownProblems = 20;
    private const long MaxPixels = 64L << 20;

    public static Command Data(TextWriter output)
    {
        var command = new Command("data", "Makes and inspects training data.") { Sample(output), Inspect(output) };
        return command;
    }

    private static Command Sample(TextWriter output)
    {
        var directory = Shared.DataDirectory();
        var seed = new Option<ulong>("--seed") { Description = "The same seed gives the same bytes.", DefaultValueFactory = _ => RunData.SampleSeed };
        var command = new Command("sample", """
            Composes the sample corpus: 8,000 training scenes, 1,000 each for validation, test and the held-out style.

            Example: timix data sample --data-dir data/sample
            """)
        { directory, seed };
        command.SetAction((parsed, stop) =>
        {
            var (path, number) = (parsed.GetValue(directory)!, parsed.GetValue(seed));
            var there = SampleCorpus.IsComplete(path, number);
            if (!there)
            {
                SampleCorpus.Compose(path, number, null, stop);
            }

            output.WriteLine($"{(there ? "Is there already" : "Composed")}: {Path.GetFullPath(path)}");
            return Task.FromResult(ExitCode.Done);
        });
        return command;
    }

    private static Command Inspect(TextWriter output)
    {
        var pattern = new Argument<string>("PATTERN") { Description = "WebDataset shards, for example \"shards/train-{000..099}.tar\"." };
        var command = new Command("inspect", """
            Reads every sample and says how many pairs, captions and boxes there are, and what is broken.

            Example: timix data inspect "data/sample/train-{000..007}.tar"
            """)
        { pattern };
        command.SetAction((parsed, stop) =>
        {
            using var index = ShardIndex.Open(parsed.GetValue(pattern)!, null);
            var problems = new List<DataProblem>(index.Problems);
            var (captions, regions, words) = (0, 0, 0L);
            for (var i = 0; i < index.Count; i++)
            {
                stop.ThrowIfCancellationRequested();
                try
                {
                    var sample = index.Read(i);
                    ImageDecoder.Decode(sample.Image, MaxPixels).Dispose();
                    if (string.IsNullOrWhiteSpace(sample.Caption))
                    {
                        problems.Add(new DataProblem(index.NameOf(i), "no caption"));
                        continue;
                    }

                    captions++;
                    regions += sample.Regions.Count;
                    words += sample.Caption.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries).Length;
                }
                catch (SampleException error)
                {
                    problems.Add(new DataProblem(index.NameOf(i), error.Message));
                }
            }

            output.WriteLine($"samples   {index.Count}");
            output.WriteLine($"captions  {captions} ({(captions == 0 ? 0 : words / (double)captions):F1} words on average)");
            output.WriteLine($"boxes     {regions}");
            output.WriteLine($"problems  {problems.Count}");
            foreach (var problem in problems.Take(ShownProblems))
            {
                output.WriteLine($"  {problem.Where}: {problem.What}");
            }

            return Task.FromResult(ExitCode.Done);
        });
        return command;
    }
}
