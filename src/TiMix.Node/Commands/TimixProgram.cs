using System.CommandLine;
using System.CommandLine.Help;
using TiMix.Base;
using TiMix.Data;
using TiMix.Node.Processes;

namespace TiMix.Node.Commands;

/// <summary>The command line.</summary>
public static class TimixProgram
{
    /// <summary>Runs one command and returns the exit code.</summary>
    /// <param name="args">As given to the program.</param>
    /// <param name="output">Results and progress.</param>
    /// <param name="error">One line for a mistake; more for a failure of ours.</param>
    public static async Task<int> RunAsync(string[] args, TextWriter output, TextWriter error)
    {
        var root = new RootCommand("""
            TiMix.Actors pre-trains vision-language models by TiMix (text-aware image mixing) on Akka.NET actors.
            Whatever is interrupted can be resumed, and ends with the same weights, bit for bit.

            Example:
              timix train                      the sample run: composes its data, trains, evaluates
              timix train --steps 200 --run quick --set mix.method=none
              timix resume quick
              timix train --steps 200 --trainers 3 --faults kill:trainer@50,join@80
            """)
        {
            TrainCommands.Train(output),
            TrainCommands.Resume(output),
            NodeCommand.Node(output),
            StatusCommand.Status(output),
            SteerCommands.Scale(output),
            SteerCommands.Drain(output),
            SteerCommands.Pause(output),
            SteerCommands.Continue(output),
            SteerCommands.Snapshot(output),
            SteerCommands.Stop(output),
            RunsCommand.Runs(output),
            LogsCommand.Logs(output),
            ReportCommand.Report(output),
            ChaosCommand.Chaos(output),
            AuditCommand.Audit(output),
            ExperimentCommand.Experiment(output),
            SnapshotCommands.Eval(output),
            SnapshotCommands.Mix(output),
            SearchCommand.Search(output, error),
            ClassifyCommand.Classify(output, error),
            ImportCommand.Import(output),
            ExportCommand.Export(output),
            DataCommands.Data(output),
            RecipeCommand.Recipe(output),
        };
        var parsed = root.Parse(args);
        string[] problems = Misspelling.Of(parsed) is { } misspelt ? [misspelt] : [.. parsed.Errors.Select(problem => problem.Message)];
        if (problems.Length > 0)
        {
            foreach (var problem in problems)
            {
                await error.WriteLineAsync($"timix: {problem}").ConfigureAwait(false);
            }

            await error.WriteLineAsync($"See: {string.Join(' ', Misspelling.PathOf(parsed).Prepend("timix"))} --help").ConfigureAwait(false);
            return ExitCode.Mistake;
        }

        if (ReferenceEquals(parsed.CommandResult.Command, root))
        {
            // A list of commands that fits a screen; each has its example in its own help.
            foreach (var command in root.Subcommands)
            {
                command.Description = command.Description?.Split('\n')[0].TrimEnd();
            }
        }

        using var signals = new StopSignals(ChildControl.IsChild(parsed), error);
        try
        {
            return await parsed.InvokeAsync(
                new InvocationConfiguration
                {
                    Output = output,
                    Error = error,
                    EnableDefaultExceptionHandler = false,
                    ProcessTerminationTimeout = null,
                }, signals.Stop).ConfigureAwait(false);
        }
        catch (Exception mistake) when (mistake is RunError or DataException)
        {
            await error.WriteLineAsync($"timix: {mistake.Message}").ConfigureAwait(false);
            return ExitCode.Mistake;
        }
        catch (OperationCanceledException)
        {
            return ExitCode.Interrupted;
        }
        catch (Exception failure) when (Surroundings.Explain(failure) is { } explained)
        {
            await error.WriteLineAsync($"timix: {explained}").ConfigureAwait(false);
            return ExitCode.Failed;
        }
        catch (Exception failure)
        {
            await error.WriteLineAsync($"timix: failed: {failure}").ConfigureAwait(false);
            return ExitCode.Failed;
        }
    }
}
