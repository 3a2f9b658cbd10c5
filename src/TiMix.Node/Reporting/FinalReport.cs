using TiMix.Node.Launching;
using TiMix.Node.Pictures;
using TiMix.Node.Processes;
using TiMix.Protocol.Values;
using TiMix.Runs.Observing;
using TiMix.Runs.Records;
using TiMix.Work.Evaluation;

namespace TiMix.Node.Reporting;

/// <summary>What the user reads when a run is over.</summary>
internal static class FinalReport
{
    private const int Pictures = 8;

    public static int Write(RunOptions options, RunResult result, RunProgress progress, TextWriter output, RunExamination? examination = null, int trainers = 0)
    {
        output.WriteLine();
        var replaced = ReplacedSamples.Line(options.Recipe, result, progress.Last);
        switch (result.Outcome)
        {
            case RunOutcome.Finished:
                if (progress.Evaluation is { } evaluation)
                {
                    EvaluationTable.Write(evaluation, output);
                    output.WriteLine();
                    WritePictures(options, Path.Combine(result.Directory, "mix.png"), output);
                }
                else
                {
                    output.WriteLine($"Run {options.Name} was finished before.");
                }

                if (examination is not null)
                {
                    WriteExamination(examination, output);
                }

                if (replaced is not null)
                {
                    output.WriteLine($"data               {replaced}");
                }

                var summary = Path.Combine(result.Directory, "summary.json");
                output.WriteLine($"summary            {(File.Exists(summary) ? summary : "NOT WRITTEN")}");
                output.WriteLine($"weights            {Path.Combine(result.Directory, "snapshots")}");

                // 64 digits: with the others' column it would not fit into the 80 of a terminal, and be copied in two pieces.
                output.WriteLine($"fingerprint    {result.Fingerprint}");
                if (!File.Exists(summary))
                {
                    output.WriteLine($"The run is finished, but {summary} could not be written; make room and write it by: {Resume(options, trainers)}");
                    return ExitCode.Failed;
                }

                return ExitCode.Done;
            case RunOutcome.Stopped:
                if (replaced is not null)
                {
                    output.WriteLine(replaced);
                }

                output.WriteLine($"Stopped at {progress.Snapshot ?? "the last snapshot"}. Go on by: {Resume(options, trainers)}");
                return ExitCode.Done;
            default:
                output.WriteLine($"Failed: {result.Error}");
                output.WriteLine($"See {Path.Combine(result.Directory, "log.txt")}; when the cause is gone: {Resume(options, trainers)}");
                return ExitCode.Failed;
        }
    }

    /// <summary>Nothing of the run hangs on them.</summary>
    private static void WritePictures(RunOptions options, string sheet, TextWriter output)
    {
        try
        {
            MixSheet.Write(
                SnapshotEvaluation.Preview(options.Name, options.RunsDirectory, options.DataDirectory, Pictures, null, CancellationToken.None), sheet);
            output.WriteLine($"pictures of mixes  {sheet}");
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            output.WriteLine($"pictures of mixes  NOT WRITTEN: {error.Message}");
        }
    }

    private static string Resume(RunOptions options, int trainers) =>
        RunHint.Resume(options.Name, options.RunsDirectory, options.DataDirectory, trainers == 0 ? "" : $"--trainers {trainers}");

    private static void WriteExamination(RunExamination examination, TextWriter output)
    {
        var audit = examination.Audit;
        output.WriteLine($"views              {audit.Timeline.Count}, of at most {examination.Additions["trainers"]} trainers; "
            + $"{examination.Recoveries.Count} faults injected");
        output.WriteLine("audit              " + (audit.Proven
            ? "every step once, every sample once an epoch"
            : $"NOT PROVEN, {audit.ProblemCount} problems: {audit.Problems.FirstOrDefault()}"));
    }
}
