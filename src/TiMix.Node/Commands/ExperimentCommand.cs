using System.CommandLine;
using System.Globalization;
using TiMix.Base;
using TiMix.Node.Experiments;
using TiMix.Node.Processes;
using TiMix.Node.Reporting;
using TiMix.Runs.Observing;
using TiMix.Runs.Recipes;
using TiMix.Runs.Sources;

namespace TiMix.Node.Commands;

/// <summary><c>timix experiment</c>.</summary>
internal static class ExperimentCommand
{
    public static Command Experiment(TextWriter output)
    {
        var file = new Argument<string>("FILE") { Description = "The experiment, or the name of one that comes with the program." };
        var dir = new Option<string?>("--dir") { Description = "Where its runs and its report are kept; default: runs/NAME." };
        var arms = new Option<string?>("--arms") { Description = "Only these arms, with commas." };
        var seeds = new Option<string?>("--seeds") { Description = "Only these seeds, with commas." };
        var fractions = new Option<string?>("--fractions") { Description = "Only these parts of the data, with commas." };
        var equalSteps = new Option<bool>("--equal-steps-only") { Description = "Leave out the runs for equal compute." };
        var jobs = new Option<int>("--jobs") { Description = "Runs at once.", DefaultValueFactory = _ => 1 };
        var threads = new Option<int?>("--threads") { Description = "Compute threads of a run; default: the processors, shared out. No result depends on it." };
        var dryRun = new Option<bool>("--dry-run") { Description = "List the runs and how far they are; do nothing." };
        var reportOnly = new Option<bool>("--report-only") { Description = "Write the report from what is finished." };
        var measureCost = new Option<bool>("--measure-cost") { Description = "Say what a step of each arm took in the finished runs." };
        var data = Shared.DataDirectory();
        var command = new Command("experiment", """
            Runs arms x seeds of an experiment, compares them in pairs by seed, and writes a report with charts.
            Finished runs are not run again, interrupted ones go on. Ctrl-C: each run writes a snapshot; the same command goes on.

            Example: timix experiment mixing --dry-run
                     timix experiment cluster-config/experiments/mixing.json --arms none,timix --fractions 0.25 --jobs 2
                     timix experiment mixing --report-only
            """)
        { file, dir, arms, seeds, fractions, equalSteps, jobs, threads, dryRun, reportOnly, measureCost, data };
        command.SetAction(async (parsed, stop) =>
        {
            var experiment = ExperimentFile.Load(parsed.GetValue(file)!);
            var directory = parsed.GetValue(dir) ?? Path.Combine("runs", experiment.Name);
            var limits = new PlanLimits(
                Among("--arms", parsed.GetValue(arms), [.. experiment.Arms.Select(arm => arm.Name)], text => text),
                Among(
                    "--seeds", parsed.GetValue(seeds), experiment.Seeds,
                    text => ulong.TryParse(text, CultureInfo.InvariantCulture, out var seed) ? seed : null),
                Among(
                    "--fractions", parsed.GetValue(fractions), [experiment.Fraction, .. experiment.Curve?.Fractions ?? []],
                    text => double.TryParse(text, CultureInfo.InvariantCulture, out var fraction) ? fraction : null),
                parsed.GetValue(equalSteps));
            var runs = RunResults.Look(directory, ExperimentPlan.Runs(experiment, limits));
            if (parsed.GetValue(dryRun))
            {
                List(runs, output);
                return ExitCode.Done;
            }

            if (parsed.GetValue(measureCost))
            {
                WriteCost(experiment, directory, output);
                return ExitCode.Done;
            }

            if (parsed.GetValue(reportOnly))
            {
                return Report(experiment, directory, output) ? ExitCode.Done : ExitCode.Failed;
            }

            var atOnce = ClusterOptions.AtLeast(1, "--jobs", parsed.GetValue(jobs));
            var each = ClusterOptions.AtLeast(1, "--threads", parsed.GetValue(threads) ?? Math.Max(1, Environment.ProcessorCount / atOnce));
            return await RunAsync(experiment, runs, new Places(directory, parsed.GetValue(data)!), atOnce, each, output, stop).ConfigureAwait(false);
        });
        return command;
    }

    private sealed record Places(string Directory, string Data);

    private static async Task<int> RunAsync(
        Experiment experiment, IReadOnlyList<RunResults> runs, Places places, int jobs, int threads, TextWriter output, CancellationToken stop)
    {
        using var held = Hold(places.Directory);
        var open = runs.Where(result => result.Stage != RunStage.Finished).ToList();
        Prepare(open.Select(result => result.Run.Recipe), places.Data, output, stop);
        output.WriteLine($"{experiment.Name}: {runs.Count} runs, {runs.Count - open.Count} finished, "
            + $"{open.Count(result => result.Stage == RunStage.Interrupted)} begun; {jobs} at once, {threads} compute thread(s) each, in {places.Directory}");
        output.Flush();
        var runner = new ExperimentRunner(places.Directory, places.Data, jobs, threads, experiment.Metrics[0], output);
        await runner.RunAsync(runs, stop).ConfigureAwait(false);
        Report(experiment, places.Directory, output);
        if (stop.IsCancellationRequested)
        {
            output.WriteLine("Stopped. The same command goes on.");
        }

        return runner.Failed.Count == 0 ? ExitCode.Done : ExitCode.Failed;
    }

    /// <summary>Whatever of the data is wrong is said before anything runs; composing and indexing them is not for many runs at once.</summary>
    private static void Prepare(IEnumerable<Recipe> recipes, string dataDirectory, TextWriter output, CancellationToken stop)
    {
        foreach (var recipe in recipes.DistinctBy(recipe => (recipe.Data, recipe.Optimization.MicroBatches, recipe.Optimization.MicroBatchSize)))
        {
            var data = new RunData(recipe, dataDirectory);
            data.Prepare(
                new PlainReporter(new RunOptions { Name = "data", RunsDirectory = "", DataDirectory = dataDirectory, Recipe = recipe }, output, quiet: false),
                stop);
            recipe.ModelConfig(data.OpenTokenizer().VocabularySize);
            foreach (var split in Splits.All(recipe))
            {
                data.Open(split).Dispose();
            }

            using var train = data.Open("train");
            recipe.SampleOrder(train.Count);
        }
    }

    private static bool Report(Experiment experiment, string directory, TextWriter output)
    {
        var all = RunResults.Look(directory, ExperimentPlan.Runs(experiment));
        var missing = all.Where(result => result.Stage != RunStage.Finished).ToList();
        if (missing.Count == all.Count)
        {
            output.WriteLine($"No run of {experiment.Name} is finished in {directory}: there is nothing to report.");
            return false;
        }

        if (missing.Count > 0)
        {
            output.WriteLine($"INCOMPLETE: {missing.Count} of {all.Count} runs are missing: {string.Join(", ", missing.Select(result => result.Run.Name))}");
        }

        var comparisons = new Comparisons(experiment, all);
        foreach (var comparison in comparisons.All(experiment.Metrics[0], withMain: true).Where(comparison => comparison.Main))
        {
            var difference = comparison.Difference;
            var interval = difference.Spread.Count < 2
                ? ""
                : string.Create(CultureInfo.InvariantCulture, $"{difference.Low:+0.00;-0.00;0.00} to {difference.High:+0.00;-0.00;0.00}, ");
            output.WriteLine(string.Create(
                CultureInfo.InvariantCulture,
                $"{comparison.Contrast.Arm} - {comparison.Contrast.Baseline}: "
                + $"{(difference.Spread.Count == 0 ? "?" : difference.Spread.Mean.ToString("+0.00;-0.00;0.00", CultureInfo.InvariantCulture))} "
                + $"{experiment.Metrics[0]} ({interval}{difference.Spread.Count} pairs): {comparison.Verdict}"));
        }

        output.WriteLine(
            $"report  {new ExperimentReport(experiment, all, StepCost.Measured(experiment, directory, all)).Write(Path.Combine(directory, "report"))}");
        return true;
    }

    private static void List(IReadOnlyList<RunResults> runs, TextWriter output)
    {
        foreach (var (i, result) in runs.Index())
        {
            output.WriteLine($"{i + 1,4}  {result.Run.Name,-40} {result.Run.Steps,7} steps  {result.Stage.ToString().ToLowerInvariant()}");
        }

        output.WriteLine($"{runs.Count} runs, {runs.Count(result => result.Stage == RunStage.Finished)} finished");
    }

    private static void WriteCost(Experiment experiment, string directory, TextWriter output)
    {
        var measured = StepCost.Measured(experiment, directory, RunResults.Look(directory, ExperimentPlan.Runs(experiment)));
        if (measured.Count == 0)
        {
            output.WriteLine("No run at equal steps is finished; nothing was measured.");
            return;
        }

        output.WriteLine("arm                    declared   measured   wall seconds a step");
        foreach (var arm in experiment.Arms)
        {
            output.WriteLine(measured.TryGetValue(arm.Name, out var found)
                ? string.Create(
                    CultureInfo.InvariantCulture,
                    $"{arm.Name,-22} {arm.Cost?.ToString("F2", CultureInfo.InvariantCulture) ?? "-",8} {found.Cost,10:F2} {found.Seconds,21:F3}")
                : $"{arm.Name,-22} {arm.Cost?.ToString("F2", CultureInfo.InvariantCulture) ?? "-",8}          -");
        }
    }

    private static FileStream Hold(string directory)
    {
        try
        {
            Directory.CreateDirectory(directory);
            return new FileStream(Path.Combine(directory, "experiment.lock"), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new RunError($"{directory} cannot be used: another process is at work on it, or it cannot be written ({error.Message}).");
        }
    }

    private static IReadOnlyList<T>? Among<T>(string option, string? text, IReadOnlyList<T> known, Func<string, object?> parse)
    {
        if (text is null)
        {
            return null;
        }

        var chosen = text.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries)
            .Select(word => parse(word) is T value && known.Contains(value)
            ? value
            : throw new RunError(
                string.Create(CultureInfo.InvariantCulture, $"{option}: there is no {word} in this experiment; it has {string.Join(", ", known)}."))).ToList();
        return chosen.Count > 0 ? chosen : throw new RunError($"{option} is empty; this experiment has {string.Join(", ", known)}.");
    }
}
