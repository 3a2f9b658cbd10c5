using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using TiMix.Base;
using TiMix.Node.Operations;
using TiMix.Node.Processes;
using TiMix.Protocol.Values;
using TiMix.Runs.Records;

namespace TiMix.Node.Commands;

/// <summary><c>timix runs</c>.</summary>
internal static class RunsCommand
{
    private const int TailBytes = 64 * 1024;

    /// <summary>A run as its directory tells.</summary>
    private sealed record Listed(string Name, string State, long Step, long Steps, double? BestRecall, DateTime Changed);

    public static Command Runs(TextWriter output)
    {
        var (runs, json) = (Shared.RunsDirectory(), new Option<bool>("--json") { Description = "As JSON." });
        var command = new Command("runs", """
            Lists runs: what each is at, its steps, its best mean recall, when it last changed.

            Example: timix runs
                     timix runs --runs-dir /data/runs --json
            """)
        { json, runs };
        command.SetAction(async (parsed, stop) =>
        {
            var directory = parsed.GetValue(runs)!;
            var all = new List<Listed>();
            foreach (var path in Directory.Exists(directory) ? Directory.GetDirectories(directory).Order(StringComparer.Ordinal).ToArray() : [])
            {
                if (await LookAsync(RunDirectory.Of(directory, Path.GetFileName(path)), stop).ConfigureAwait(false) is { } run)
                {
                    all.Add(run);
                }
            }

            if (parsed.GetValue(json))
            {
                output.WriteLine(JsonSerializer.Serialize(all, OperationsJson.Options));
                return ExitCode.Done;
            }

            if (all.Count == 0)
            {
                output.WriteLine($"no runs in {directory}; \"timix train\" starts one");
                return ExitCode.Done;
            }

            var wide = Math.Max(4, all.Max(run => run.Name.Length));
            output.WriteLine($"{"run".PadRight(wide)}  {"state",-12}{"step",16}   best recall  changed");
            foreach (var run in all)
            {
                output.WriteLine(string.Create(
                    CultureInfo.InvariantCulture,
                    $"{run.Name.PadRight(wide)}  {run.State,-12}{$"{run.Step}/{run.Steps}",16}   "
                    + $"{(run.BestRecall is { } recall ? $"{recall:F2} %" : "–"),-11}  {run.Changed:yyyy-MM-dd HH:mm}"));
            }

            return ExitCode.Done;
        });
        return command;
    }

    /// <summary>What a directory says; null: it holds no run.</summary>
    private static async Task<Listed?> LookAsync(RunDirectory directory, CancellationToken stop)
    {
        if (!File.Exists(directory.Recipe))
        {
            return null;
        }

        var name = Path.GetFileName(directory.Path);
        long steps;
        try
        {
            steps = directory.ReadRecipe().Optimization.Steps;
        }
        catch (RunError)
        {
            return new Listed(name, "unreadable", 0, 0, null, File.GetLastWriteTime(directory.Recipe));
        }

        using var client = OperationsClient.Of(directory);
        var live = client is not null && await client.IsThereAsync().ConfigureAwait(false) ? await client.StateAsync(stop).ConfigureAwait(false) : null;
        var state = live?.Status ?? (File.Exists(directory.Summary) ? "finished" : directory.IsHeld ? "going on" : "interrupted");
        var changed = new[] { directory.Recipe, directory.Metrics, directory.Evaluations, directory.Summary }.Where(File.Exists).Max(File.GetLastWriteTime);
        return new Listed(name, state, live?.Step ?? LastStep(directory), steps, BestRecall(directory), changed);
    }

    private static long LastStep(RunDirectory directory)
    {
        if (!File.Exists(directory.Metrics))
        {
            return 0;
        }

        using var file = new FileStream(directory.Metrics, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
        file.Seek(-Math.Min(file.Length, TailBytes), SeekOrigin.End);
        using var reader = new StreamReader(file);
        return reader.ReadToEnd().Split('\n').Select(line => Number(line, "step")).LastOrDefault(step => step is not null) is { } last ? (long)last : 0;
    }

    private static double? BestRecall(RunDirectory directory) =>
        RunRecords.EvaluationsOf(directory).Where(evaluation => evaluation.Splits.Count > 0)
            .Select(evaluation => (double?)Headline.ValueOf(evaluation.Splits[0])).Max();

    private static double? Number(string line, string key)
    {
        try
        {
            return JsonNode.Parse(line)?[key]?.GetValue<double>();
        }
        catch (Exception error) when (error is JsonException or InvalidOperationException)
        {
            return null;
        }
    }
}
