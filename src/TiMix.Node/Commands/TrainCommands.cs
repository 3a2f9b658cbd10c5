using System.CommandLine;
using System.Net;
using TiMix.Base;
using TiMix.Node.Launching;
using TiMix.Node.Operations;
using TiMix.Node.Processes;
using TiMix.Node.Reporting;
using TiMix.Runs.Journals;
using TiMix.Runs.Observing;
using TiMix.Runs.Recipes;
using TiMix.Runs.Records;
using TiMix.Work.Training;

namespace TiMix.Node.Commands;

/// <summary>Options that several commands share.</summary>
internal static class Shared
{
    public static Option<string> RunsDirectory() => new("--runs-dir")
    {
        Description = "Where runs are kept.",
        DefaultValueFactory = _ => RunHint.RunsDirectory,
    };

    public static Option<string> DataDirectory() => new("--data-dir")
    {
        Description = "Where the sample corpus is kept; composed there if it is absent.",
        DefaultValueFactory = _ => RunHint.DataDirectory,
    };

    public static Option<string?> Journal() => new("--journal")
    {
        Description =
            "PostgreSQL database for the run's journal, postgresql://USER@HOST/DATABASE; default: the variable TIMIX_JOURNAL, else a file of the run.",
    };

    public static Option<int?> Threads() =>
        new("--threads") { Description = "Compute threads of a trainer; default: all processors, 1 with --trainers. The result does not depend on it." };

    public static Option<bool> Quiet() => new("--quiet") { Description = "Only the end." };
}

/// <summary>The options by which a command says which run it starts.</summary>
internal sealed class NewRunOptions
{
    private readonly Argument<string> _recipe = new("RECIPE")
    {
        Description = "Name of a recipe that comes with the program, or a file.",
        DefaultValueFactory = _ => "sample",
    };
    private readonly Option<string?> _run = new("--run") { Description = "Name of the run; default: the recipe's name and the next free number." };
    private readonly Option<long?> _steps = new("--steps") { Description = "Short for --set optimization.steps=N." };
    private readonly Option<ulong?> _seed;
    private readonly Option<string[]> _set = new("--set")
    {
        Description = "key=value: changes one key of the recipe; see \"timix recipe\".",
        AllowMultipleArgumentsPerToken = true,
    };
    private readonly Option<string> _runs = Shared.RunsDirectory();
    private readonly Option<string> _data = Shared.DataDirectory();
    private readonly Option<int?> _threads = Shared.Threads();
    private readonly Option<string?> _journal = Shared.Journal();

    /// <param name="seed">Name of the option for the run's seed.</param>
    public NewRunOptions(string seed = "--seed") => _seed = new Option<ulong?>(seed) { Description = "Short for --set run.seed=N." };

    public void AddTo(Command command)
    {
        command.Add(_recipe);
        Option[] all = [_run, _runs, _data, _steps, _seed, _threads, _set, _journal];
        Array.ForEach(all, command.Add);
    }

    /// <summary>Reads what is said; a name that is claimed for it is given back if no run comes of it.</summary>
    /// <param name="parsed">The command line.</param>
    /// <param name="cluster">Whether the run is spread over processes.</param>
    /// <param name="start">Starts the run.</param>
    /// <exception cref="RunError">A value cannot be right.</exception>
    public async Task<int> UseAsync(ParseResult parsed, bool cluster, Func<RunOptions, Task<int>> start)
    {
        var options = Read(parsed, cluster);
        try
        {
            return await start(options).ConfigureAwait(false);
        }
        finally
        {
            if (parsed.GetValue(_run) is null)
            {
                RunDirectory.Of(options.RunsDirectory, options.Name).GiveBack();
            }
        }
    }

    private RunOptions Read(ParseResult parsed, bool cluster)
    {
        var name = parsed.GetValue(_recipe)!;
        var changes = new List<string>(parsed.GetValue(_set) ?? []);
        if (parsed.GetValue(_steps) is { } n)
        {
            changes.Add(FormattableString.Invariant($"optimization.steps={n}"));
        }

        if (parsed.GetValue(_seed) is { } s)
        {
            changes.Add(FormattableString.Invariant($"run.seed={s}"));
        }

        var chosen = InitialWeights.Pin(RecipeFile.Set(RecipeFile.Load(name), changes).WithFullPaths());
        var count = CheckThreads(parsed.GetValue(_threads), cluster);
        var journal = JournalAddress.Of(parsed.GetValue(_journal));
        return new RunOptions
        {
            Name = parsed.GetValue(_run) ?? RunDirectory.Claim(parsed.GetValue(_runs)!, Path.GetFileNameWithoutExtension(name)),
            RunsDirectory = parsed.GetValue(_runs)!,
            DataDirectory = parsed.GetValue(_data)!,
            Recipe = chosen,
            Threads = count,
            Journal = journal,
        };
    }

    public static int CheckThreads(int? threads, bool cluster) => ClusterOptions.AtLeast(1, "--threads", threads ?? (cluster ? 1 : Environment.ProcessorCount));
}

/// <summary><c>timix train</c> and <c>timix resume</c>.</summary>
internal static class TrainCommands
{
    public static Command Train(TextWriter output)
    {
        var (run, cluster, quiet, http) = (new NewRunOptions(), new ClusterOptions(needsTrainers: false), Shared.Quiet(), HttpOption.New());
        var command = new Command("train", """
            Starts a run: trains, takes snapshots, evaluates, writes DIR/NAME/summary.json.
            Ctrl-C finishes the step, writes a snapshot and ends; "timix resume NAME" goes on.

            Example: timix train sample --run first --steps 500 --set mix.method=timix
                     timix train --steps 60 --trainers 3 --faults kill:trainer@12,join@20
            """);
        run.AddTo(command);
        cluster.AddTo(command, faults: true);
        command.Add(http);
        command.Add(quiet);
        command.Add(ChildControl.NewOption());
        command.SetAction(async (parsed, stop) =>
        {
            BeginIfChild(parsed, output);
            var (wanted, endpoint) = (cluster.Wanted(parsed), HttpOption.Parse(parsed.GetValue(http)!));
            return await run.UseAsync(parsed, wanted, options => ExecuteAsync(
                options, wanted ? cluster.Read(parsed, options) : null, endpoint, output, parsed.GetValue(quiet), stop)).ConfigureAwait(false);
        });
        return command;
    }

    public static Command Resume(TextWriter output)
    {
        var name = new Argument<string>("NAME") { Description = "The run." };
        var (runs, data, threads, quiet, journal) = (Shared.RunsDirectory(), Shared.DataDirectory(), Shared.Threads(), Shared.Quiet(), Shared.Journal());
        var (cluster, http) = (new ClusterOptions(needsTrainers: false), HttpOption.New());
        var command = new Command("resume", """
            Goes on with a run from its last snapshot, after Ctrl-C, a crash or a power cut.
            The weights at the end are those of a run that nothing happened to.

            Example: timix resume sample-1
                     timix resume sample-1 --trainers 2
            """)
        { name, runs, data, threads, journal };
        cluster.AddTo(command, faults: true);
        command.Add(http);
        command.Add(quiet);
        command.Add(ChildControl.NewOption());
        command.SetAction(async (parsed, stop) =>
        {
            BeginIfChild(parsed, output);
            var (wanted, endpoint) = (cluster.Wanted(parsed), HttpOption.Parse(parsed.GetValue(http)!));
            var directory = RunDirectory.Look(parsed.GetValue(runs)!, parsed.GetValue(name)!);
            var options = new RunOptions
            {
                Name = parsed.GetValue(name)!,
                RunsDirectory = parsed.GetValue(runs)!,
                DataDirectory = parsed.GetValue(data)!,
                Recipe = directory.ReadRecipe(),
                Threads = NewRunOptions.CheckThreads(parsed.GetValue(threads), wanted),
                Resume = true,
                Journal = JournalAddress.Of(parsed.GetValue(journal)),
            };
            return await ExecuteAsync(
                options, wanted ? cluster.Read(parsed, options) : null, endpoint, output, parsed.GetValue(quiet), stop).ConfigureAwait(false);
        });
        return command;
    }

    private static void BeginIfChild(ParseResult parsed, TextWriter output)
    {
        if (ChildControl.IsChild(parsed))
        {
            new ChildControl(output).Begin();
        }
    }

    private static async Task<int> ExecuteAsync(
        RunOptions options, LaunchOptions? cluster, IPEndPoint? http, TextWriter output, bool quiet, CancellationToken stop)
    {
        RunExamination? examination = null;
        var (result, progress) = await RunScreen.ShowAsync(options, output, quiet, observer => cluster is null
            ? OperatedRun.ExecuteAsync(http, options, observer, stop)
            : LaunchedRun.ExecuteAsync(cluster with { Http = http }, observer, null, found => examination = found, stop)).ConfigureAwait(false);
        return FinalReport.Write(options, result, progress, output, examination, cluster?.Trainers ?? 0);
    }
}
