using System.CommandLine;
using Spectre.Console;
using TiMix.Actors.Recipes;
using TiMix.Actors.Runs;
using TiMix.Node.Reporting;

namespace TiMix.Node.Commands;

/// <summary>Options that several commands share.</summary>
internal static class Shared
{
    public static Option<string> RunsDirectory() => new("--runs-dir") { Description = "Where runs are kept.", DefaultValueFactory = _ => "runs" };

    public static Option<string> DataDirectory() => new("--data-dir") { Description = "Where the sample corpus is kept; composed there if it is absent.", DefaultValueFactory = _ => Path.Combine("data", "sample") };

    public static Option<int> Threads() => new("--threads") { Description = "Compute threads of the trainer. The result does not depend on it.", DefaultValueFactory = _ => Environment.ProcessorCount };

    public static Option<bool> Quiet() => new("--quiet") { Description = "Only the end." };
}

/// <summary><c>timix train</c> and <c>timix resume</c>.</summary>
internal static class TrainCommands
{
    public static Command Train(TextWriter output)
    {
        var recipe = new Argument<string>("RECIPE") { Description = "Name of a recipe that comes with the program, or a file.", DefaultValueFactory = _ => "sample" };
        var run = new Option<string?>("--run") { Description = "Name of the run; default: the recipe's name and the next free number." };
        var steps = new Option<long?>("--steps") { Description = "Short for --set optimization.steps=N." };
        var seed = new Option<ulong?>("--seed") { Description = "Short for --set run.seed=N." };
        var set = new Option<string[]>("--set") { Description = "key=value: changes one key of the recipe; see \"timix recipe\".", AllowMultipleArgumentsPerToken = true };
        var (runs, data, threads, quiet) = (Shared.RunsDirectory(), Shared.DataDirectory(), Shared.Threads(), Shared.Quiet());
        var command = new Command("train", """
            Starts a run: trains, takes snapshots, evaluates, writes DIR/NAME/summary.json.
            Ctrl-C finishes the step, writes a snapshot and ends; "timix resume NAME" goes on.

            Example: timix train sample --run first --steps 500 --set mix.method=timix
            """)
        { recipe, run, runs, data, steps, seed, threads, set, quiet };
        command.SetAction(async (parsed, stop) =>
        {
            var name = parsed.GetValue(recipe)!;
            var changes = new List<string>(parsed.GetValue(set) ?? []);
            if (parsed.GetValue(steps) is { } n)
            {
                changes.Add(FormattableString.Invariant($"optimization.steps={n}"));
            }

            if (parsed.GetValue(seed) is { } s)
            {
                changes.Add(FormattableString.Invariant($"run.seed={s}"));
            }

            var chosen = RecipeFile.Set(RecipeFile.Load(name), changes);
            var options = new RunOptions
            {
                Name = parsed.GetValue(run) ?? NextName(parsed.GetValue(runs)!, Path.GetFileNameWithoutExtension(name)),
                RunsDirectory = parsed.GetValue(runs)!,
                DataDirectory = parsed.GetValue(data)!,
                Recipe = chosen,
                Threads = CheckThreads(parsed.GetValue(threads)),
            };
            return await ExecuteAsync(options, output, parsed.GetValue(quiet), stop).ConfigureAwait(false);
        });
        return command;
    }

    public static Command Resume(TextWriter output)
    {
        var name = new Argument<string>("NAME") { Description = "The run." };
        var (runs, data, threads, quiet) = (Shared.RunsDirectory(), Shared.DataDirectory(), Shared.Threads(), Shared.Quiet());
        var command = new Command("resume", """
            Goes on with a run from its last snapshot, after Ctrl-C, a crash or a power cut.
            The weights at the end are those of a run that nothing happened to.

            Example: timix resume sample-1
            """)
        { name, runs, data, threads, quiet };
        command.SetAction(async (parsed, stop) =>
        {
            var directory = RunDirectory.Look(parsed.GetValue(runs)!, parsed.GetValue(name)!);
            var options = new RunOptions
            {
                Name = parsed.GetValue(name)!,
                RunsDirectory = parsed.GetValue(runs)!,
                DataDirectory = parsed.GetValue(data)!,
                Recipe = RecipeFile.Parse(await File.ReadAllTextAsync(directory.Recipe, stop).ConfigureAwait(false), directory.Recipe),
                Threads = CheckThreads(parsed.GetValue(threads)),
                Resume = true,
            };
            return await ExecuteAsync(options, output, parsed.GetValue(quiet), stop).ConfigureAwait(false);
        });
        return command;
    }

    private static async Task<int> ExecuteAsync(RunOptions options, TextWriter output, bool quiet, CancellationToken stop)
    {
        var terminal = !quiet && ReferenceEquals(output, Console.Out) && !Console.IsOutputRedirected && AnsiConsole.Profile.Capabilities.Interactive;
        RunResult result;
        RunProgress progress;
        if (terminal)
        {
            var live = new LiveReporter(options);
            progress = live.Progress;
            result = await live.WatchAsync(AnsiConsole.Console, () => TrainingRun.ExecuteAsync(options, live, stop)).ConfigureAwait(false);
        }
        else
        {
            var plain = new PlainReporter(options, output, quiet);
            progress = plain.Progress;
            result = await TrainingRun.ExecuteAsync(options, plain, stop).ConfigureAwait(false);
        }

        return FinalReport.Write(options, result, progress, output);
    }

    private static int CheckThreads(int threads) => threads >= 1 ? threads : throw new RunError($"--threads is {threads}; it must be 1 or more.");

    private static string NextName(string runsDirectory, string recipe)
    {
        var number = 1;
        while (Directory.Exists(Path.Combine(runsDirectory, $"{recipe}-{number}")))
        {
            number++;
        }

        return $"{recipe}-{number}";
    }
}
