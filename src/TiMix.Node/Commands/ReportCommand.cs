using System.CommandLine;
using TiMix.Actors.Journals;
using TiMix.Base;
using TiMix.Node.Operations;
using TiMix.Node.Pictures;
using TiMix.Node.Processes;
using TiMix.Runs.Journals;
using TiMix.Runs.Observing;
using TiMix.Runs.Recipes;
using TiMix.Runs.Records;
using TiMix.Work.Evaluation;

namespace TiMix.Node.Commands;

/// <summary><c>timix report</c>.</summary>
internal static class ReportCommand
{
    private const int Pictures = 8;

    public static Command Report(TextWriter output)
    {
        var name = new Argument<string>("NAME") { Description = "The run." };
        var file = new Option<string?>("--out") { Description = "The HTML file; default: report.html in the run's directory." };
        var noMixes = new Option<bool>("--no-mixes") { Description = "Without the picture of mixes, for which the model is loaded." };
        var (runs, data, journal) = (Shared.RunsDirectory(), Shared.DataDirectory(), Shared.Journal());
        var command = new Command("report", """
            Writes one HTML file with the charts, tables and mixes of a run, that needs nothing else; and its numbers for TensorBoard.

            Example: timix report sample-1 --out report.html
            """)
        { name, file, noMixes, runs, data, journal };
        command.SetAction(async (parsed, stop) =>
        {
            var directory = RunDirectory.Look(parsed.GetValue(runs)!, parsed.GetValue(name)!);
            var run = new RunOptions
            {
                Name = parsed.GetValue(name)!,
                RunsDirectory = parsed.GetValue(runs)!,
                DataDirectory = parsed.GetValue(data)!,
                Recipe = directory.ReadRecipe(),
            };
            var events = await RunJournal.ReadAsync(directory, JournalAddress.Of(parsed.GetValue(journal))).ConfigureAwait(false);
            var mixes = parsed.GetValue(noMixes) ? null : Mixes(run, output, stop);
            var board = RunReport.BoardOf(directory);
            var page = parsed.GetValue(file) ?? Path.Combine(directory.Path, "report.html");
            try
            {
                await File.WriteAllTextAsync(page, RunReport.Html(run, board, events, mixes), stop).ConfigureAwait(false);
                output.WriteLine($"Wrote {Path.GetFullPath(page)}");
            }
            catch (Exception error) when (error is IOException or UnauthorizedAccessException)
            {
                throw new RunError($"the report cannot be written: {error.Message.TrimEnd('.')}; --out names another file.");
            }

            WriteNumbers(directory, board, output);
            return ExitCode.Done;
        });
        return command;
    }

    /// <summary>A run that may only be read has a report without them.</summary>
    private static void WriteNumbers(RunDirectory directory, RunBoard board, TextWriter output)
    {
        var place = Path.Combine(directory.Path, RunReport.TensorBoard);
        try
        {
            output.WriteLine($"Wrote {RunReport.WriteTensorBoard(directory, board)}; look at it by: tensorboard --logdir {place}");
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            output.WriteLine($"without event files for TensorBoard: {error.Message}");
        }
    }

    /// <summary>A run without a snapshot has a report without mixes.</summary>
    private static byte[]? Mixes(RunOptions run, TextWriter output, CancellationToken stop)
    {
        var file = Path.GetTempFileName();
        try
        {
            MixSheet.Write(SnapshotEvaluation.Preview(run.Name, run.RunsDirectory, run.DataDirectory, Pictures, null, stop), file);
            return File.ReadAllBytes(file);
        }
        catch (Exception error) when (error is RunError or Data.DataException)
        {
            output.WriteLine($"without mixes: {error.Message}");
            return null;
        }
        finally
        {
            File.Delete(file);
        }
    }
}
