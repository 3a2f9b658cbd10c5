using System.Globalization;
using System.Text;
using TiMix.Base;

namespace TiMix.Node.Experiments;

/// <summary>Writes what the finished runs say, and what they do not say, as Markdown with charts.</summary>
/// <param name="experiment">What was planned.</param>
/// <param name="results">What there is of all planned runs.</param>
/// <param name="measured">What a step of each arm took, as far as measured.</param>
internal sealed class ExperimentReport(
    Experiment experiment, IReadOnlyList<RunResults> results, IReadOnlyDictionary<string, (double Seconds, double Cost)> measured)
{
    /// <summary>Declared and measured cost may differ by this share before the report says so.</summary>
    private const double CostTolerance = 0.1;

    private readonly Comparisons _comparisons = new(experiment, results);
    private readonly StringBuilder _text = new();

    /// <summary>Writes report.md, the charts and results.csv.</summary>
    /// <param name="directory">Made if it is not there.</param>
    /// <returns>The report's path.</returns>
    /// <exception cref="RunError">It cannot be written.</exception>
    public string Write(string directory)
    {
        try
        {
            Directory.CreateDirectory(directory);
            var primary = experiment.Metrics[0];
            ExperimentCharts.WriteArms(
                Path.Combine(directory, "arms.png"), $"{experiment.Name}: arms at equal steps, {Percent(experiment.Fraction)} of the pairs", primary.ToString(),
                [.. experiment.Arms.Select(arm => arm.Name)],
                [.. experiment.Seeds.Select(seed => experiment.Arms.Select(
                    arm => _comparisons.Value(ExperimentPlan.EqualSteps(experiment, arm, seed, experiment.Fraction), primary)).ToArray())]);
            if (experiment.Curve is { } curve)
            {
                var fractions = FractionsOf(curve);
                ExperimentCharts.WriteCurve(
                    Path.Combine(directory, "data-efficiency.png"), $"{experiment.Name}: data efficiency at equal steps", primary.ToString(), fractions,
                    [.. curve.Arms.Select(arm => (arm, fractions.Select(fraction => Spread.Of(_comparisons.Values(arm, fraction, primary))).ToArray()))]);
            }

            var report = Path.Combine(directory, "report.md");
            File.WriteAllText(report, Text());
            File.WriteAllText(Path.Combine(directory, "results.csv"), Csv());
            return report;
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new RunError($"the report cannot be written to {directory}: {error.Message}");
        }
    }

    /// <summary>The report as Markdown.</summary>
    internal string Text()
    {
        _text.Clear();
        WriteHead();
        WriteMain();
        WriteArms();
        WriteDifferences();
        WriteCurve();
        WriteSaliency();
        WriteOtherMetrics();
        WriteCost();
        WriteReading();
        return _text.ToString();
    }

    private void WriteHead()
    {
        var missing = results.Where(result => result.Stage != RunStage.Finished).ToList();
        var recipe = experiment.Recipe;
        Line($"# Experiment {experiment.Name}");
        Line();
        if (missing.Count > 0)
        {
            Line($"> **INCOMPLETE: {missing.Count} of {results.Count} runs are missing.** What is below comes from the {results.Count - missing.Count} that "
                + $"are finished; with the rest it may change. Missing: "
                + $"{string.Join(", ", missing.Select(result => result.Run.Name + (result.Stage == RunStage.Interrupted ? " (begun)" : "")))}.");
            Line();
        }

        Line($"{experiment.Arms.Count} arms, seeds {string.Join(", ", experiment.Seeds)}; {recipe.Optimization.Steps} steps of "
            + $"{recipe.Optimization.MicroBatches * recipe.Optimization.MicroBatchSize} pairs on {Percent(experiment.Fraction)} of `{recipe.Data.Train}`. "
            + $"Runs of one seed begin with the same weights and see the same samples in the same order, so arms are compared in pairs. Decisive number: "
            + $"`{experiment.Metrics[0]}`.");
        Line();
        Line("| arm | settings of its own |");
        Line("|---|---|");
        foreach (var arm in experiment.Arms)
        {
            Line($"| {arm.Name} | {(arm.Settings.Count == 0 ? "none" : string.Join(", ", arm.Settings.Select(setting => $"`{setting}`")))} |");
        }

        Line();
    }

    private void WriteMain()
    {
        var main = _comparisons.All(experiment.Metrics[0], withMain: true).Where(comparison => comparison.Main).ToList();
        if (main.Count == 0)
        {
            return;
        }

        Line("## Main contrasts");
        Line();
        Line("Named in the experiment's file before it was run; equal steps; not corrected for their number.");
        Line();
        WriteTable(main);
    }

    private void WriteArms()
    {
        var primary = experiment.Metrics[0];
        Line("## Arms at equal steps");
        Line();
        Line($"`{primary}` over seeds.");
        Line();
        Line("| arm | n | mean | standard deviation | 95 % interval of the mean |");
        Line("|---|---|---|---|---|");
        foreach (var arm in experiment.Arms)
        {
            var spread = Spread.Of(_comparisons.Values(arm.Name, experiment.Fraction, primary));
            Line($"| {arm.Name} | {spread.Count} of {experiment.Seeds.Count} | {Number(spread.Mean)} | {Number(spread.Deviation)} | "
                + $"{Interval(spread.Mean - spread.HalfWidth, spread.Mean + spread.HalfWidth, signed: false)} |");
        }

        Line();
        Line("![Every run as a dot, those of one seed joined; mean and 95 % interval beside them](arms.png)");
        Line();
    }

    private void WriteDifferences()
    {
        var all = _comparisons.All(experiment.Metrics[0], withMain: true).Where(comparison => !comparison.Main).ToList();
        Line("## All other comparisons at equal steps");
        Line();
        Line($"With equal compute one family of {all.Count}: p is Holm's over all of them, the interval is that of the comparison alone.");
        Line();
        WriteTable([.. all.Where(comparison => !comparison.EqualCompute)]);
        Line("## Equal compute");
        Line();
        if (experiment.Compute is not { } compute)
        {
            Line("Not planned in this experiment.");
            Line();
            return;
        }

        Line($"Each arm takes as many steps as make its work that of `{compute.Reference}` in {experiment.Recipe.Optimization.Steps} steps, by the costs "
            + $"that the file **declares** (held against measured ones below); warm-up and ramps are stretched alike. Arms of the same cost keep their runs; "
            + $"only comparisons in which an arm's steps change are listed.");
        Line();
        Line("| arm | declared cost | steps | n | mean |");
        Line("|---|---|---|---|---|");
        foreach (var arm in compute.Arms.Select(experiment.ArmOf))
        {
            var spread = Spread.Of(
                [.. compute.Seeds.Select(seed => _comparisons.Value(ExperimentPlan.EqualWork(experiment, arm, seed), experiment.Metrics[0])).OfType<double>()]);
            Line($"| {arm.Name} | {Number(arm.Cost!.Value)} | {ExperimentPlan.EqualWork(experiment, arm, experiment.Seeds[0]).Steps} | {spread.Count} of "
                + $"{compute.Seeds.Count} | {Number(spread.Mean)} |");
        }

        Line();
        WriteTable([.. all.Where(comparison => comparison.EqualCompute)]);
    }

    private void WriteCurve()
    {
        if (experiment.Curve is not { } curve)
        {
            return;
        }

        var (fractions, primary) = (FractionsOf(curve), experiment.Metrics[0]);
        Line("## Data efficiency");
        Line();
        Line($"`{primary}` at equal steps: mean ± half of the 95 % interval (n).");
        Line();
        Line($"| arm | {string.Join(" | ", fractions.Select(Percent))} |");
        Line($"|---|{string.Concat(fractions.Select(_ => "---|"))}");
        foreach (var arm in curve.Arms)
        {
            Line($"| {arm} | {string.Join(" | ", fractions.Select(fraction => WithInterval(Spread.Of(_comparisons.Values(arm, fraction, primary)))))} |");
        }

        foreach (var contrast in curve.Arms.SelectMany(arm => experiment.Baselines.Where(
            baseline => curve.Arms.Contains(baseline) && baseline != arm).Select(baseline => new Contrast(arm, baseline))))
        {
            var cells = fractions.Select(fraction => WithInterval(_comparisons.AtEqualSteps(contrast, fraction, primary).Spread, signed: true));
            Line($"| {contrast.Arm} − {contrast.Baseline} | {string.Join(" | ", cells)} |");
        }

        Line();
        Line("Differences are paired by seed; their intervals are those of each alone and are no verdict.");
        Line();
        Line("![Mean and 95 % interval over the part of the data](data-efficiency.png)");
        Line();
    }

    private void WriteSaliency()
    {
        var split = experiment.Metrics[0].Split;
        Spread At(Arm arm, string name) => Spread.Of(_comparisons.Values(arm.Name, experiment.Fraction, new Metric(split, name)));
        if (!experiment.Arms.Any(arm => At(arm, "pointingGame").Count > 0))
        {
            return;
        }

        string[] columns = ["pointingGame", "pointingGameRandom", "pointingGameCentre", "energyInBox", "energyInBoxRandom", "energyInBoxCentre"];
        Line("## Saliency");
        Line();
        Line($"Does the map point at what the phrase names? Split {split}, percent, mean ± half of the 95 % interval.");
        Line();
        Line("| arm | pointing game: model | random | centre | energy in the box: model | random | centre |");
        Line("|---|---|---|---|---|---|---|");
        foreach (var arm in experiment.Arms)
        {
            Line($"| {arm.Name} | {string.Join(" | ", columns.Select(column => WithInterval(At(arm, column), count: false)))} |");
        }

        Line();
    }

    private void WriteOtherMetrics()
    {
        foreach (var metric in experiment.Metrics.Skip(1))
        {
            Line($"## `{metric}`");
            Line();
            Line("Does not decide: no comparison of it is a main one; p is Holm's over all of this section.");
            Line();
            string WithName(string arm) => $"{arm} {WithInterval(Spread.Of(_comparisons.Values(arm, experiment.Fraction, metric)))}";
            Line($"{string.Join("; ", experiment.Arms.Select(arm => WithName(arm.Name)))}.");
            Line();
            WriteTable(_comparisons.All(metric, withMain: false));
        }
    }

    private void WriteCost()
    {
        Line("## Cost of a step");
        Line();
        Line("Measured: wall seconds of a step as the finished runs recorded them, median of the mixing steps and of the others weighted by their numbers, "
            + "median over seeds. Loader and mixer work beside the trainer, and other runs may have, so this is time on this machine, not arithmetic.");
        Line();
        Line("| arm | declared | measured | seconds a step |");
        Line("|---|---|---|---|");
        foreach (var arm in experiment.Arms)
        {
            var there = measured.TryGetValue(arm.Name, out var found);
            var warning = there && arm.Cost is { } declared && Math.Abs((found.Cost / declared) - 1) > CostTolerance
                ? " **differs from the declared cost**"
                : "";
            Line($"| {arm.Name} | {(arm.Cost is { } cost ? Number(cost) : "–")} | {(there ? Number(found.Cost) + warning : "–")} | "
                + $"{(there ? found.Seconds.ToString("F3", CultureInfo.InvariantCulture) : "–")} |");
        }

        Line();
    }

    private void WriteReading()
    {
        Line("## How to read this");
        Line();
        Line("A comparison is *resolved* if the 95 % t-interval of the paired differences leaves 0 out, and, where it is not a main contrast, p after Holm's "
            + "correction is below 0.05 as well. Otherwise these runs do not tell; the number of seeds is a guess that mean and spread would stay as they "
            + "are. The interval covers what the seed changes (initial weights, order, augmentation), not other data, other sizes or other settings.");
        Line();
        Line("`results.csv` has every run with all its numbers and the fingerprint of its weights.");
    }

    private void WriteTable(IReadOnlyList<Comparison> comparisons)
    {
        if (comparisons.Count == 0)
        {
            Line("None.");
            Line();
            return;
        }

        Line("| comparison | pairs | mean difference | 95 % interval | by seed | p | |");
        Line("|---|---|---|---|---|---|---|");
        foreach (var comparison in comparisons)
        {
            var difference = comparison.Difference;
            Line($"| {comparison.Contrast.Arm} − {comparison.Contrast.Baseline}{(comparison.EqualCompute ? ", equal compute" : "")} | "
                + $"{difference.Spread.Count} | {Number(difference.Spread.Mean, signed: true)} | {Interval(difference.Low, difference.High, signed: true)} | "
                + $"{difference.Signs} | {P(comparison.Main ? difference.P : comparison.AdjustedP)} | "
                + $"{(comparison.Resolved ? "**resolved**" : comparison.Verdict)} |");
        }

        Line();
    }

    private string Csv()
    {
        var keys = results.Where(result => result.Summary is not null)
            .SelectMany(result => (result.Summary!["evaluation"]?.AsObject() ?? []).SelectMany(
                split => split.Value!.AsObject().Select(metric => new Metric(split.Key, metric.Key)))).Distinct().ToList();
        var csv = new StringBuilder($"run,arm,seed,fraction,steps,stage,fingerprint{string.Concat(keys.Select(key => $",{key}"))}\n");
        foreach (var result in results)
        {
            var run = result.Run;
            csv.Append(
                CultureInfo.InvariantCulture,
                $"{run.Name},{run.Arm.Name},{run.Seed},{run.Fraction},{run.Steps},{result.Stage.ToString().ToLowerInvariant()},{result.Fingerprint}");
            csv.Append(string.Concat(keys.Select(key => "," + result.Value(key)?.ToString("R", CultureInfo.InvariantCulture)))).Append('\n');
        }

        return csv.ToString();
    }

    private IReadOnlyList<double> FractionsOf(DataCurve curve) => [.. curve.Fractions.Append(experiment.Fraction).Distinct().Order()];

    private static string Percent(double fraction) => string.Create(CultureInfo.InvariantCulture, $"{100 * (decimal)fraction:0.###} %");

    private static string Number(double value, bool signed = false) =>
        double.IsNaN(value) ? "–" : value.ToString(signed ? "+0.00;−0.00;0.00" : "0.00;−0.00", CultureInfo.InvariantCulture);

    private static string Interval(double low, double high, bool signed) => double.IsNaN(low) ? "–" : $"{Number(low, signed)} to {Number(high, signed)}";

    private static string WithInterval(Spread spread, bool signed = false, bool count = true) => spread.Count == 0 ? "–"
        : $"{Number(spread.Mean, signed)}{(spread.Count < 2 ? "" : $" ± {Number(spread.HalfWidth)}")}{(count ? $" ({spread.Count})" : "")}";

    private static string P(double value) => double.IsNaN(value) ? "–" : value < 0.001 ? "< 0.001" : value.ToString("0.000", CultureInfo.InvariantCulture);

    private void Line(string text = "") => _text.Append(text).Append('\n');
}
