namespace TiMix.Node.Experiments;

/// <summary>A comparison and what became of it.</summary>
/// <param name="Contrast">Which arms.</param>
/// <param name="EqualCompute">At equal compute; otherwise at equal steps.</param>
/// <param name="Main">Named as a main contrast: not corrected for the number of comparisons.</param>
/// <param name="Difference">Seed by seed.</param>
/// <param name="AdjustedP">After Holm, over all that are not main; NaN for a main one, and below two pairs.</param>
internal sealed record Comparison(Contrast Contrast, bool EqualCompute, bool Main, PairedDifference Difference, double AdjustedP)
{
    private const double Level = 0.05;

    /// <summary>Whether the data tell the difference from 0.</summary>
    public bool Resolved => Difference.Spread.Count >= 2 && Difference.ExcludesZero && (Main || AdjustedP < Level);

    /// <summary>In words.</summary>
    public string Verdict
    {
        get
        {
            if (Difference.Spread.Count < 2)
            {
                return "not tested: fewer than two pairs";
            }

            if (Resolved)
            {
                return "resolved";
            }

            return Difference.ExcludesZero ? "not resolved: the interval alone leaves 0 out, among so many comparisons it does not (Holm)"
                : Difference.SeedsNeeded is { } seeds ? $"not resolved: would need about {seeds} seeds"
                : $"not resolved: would need more than {PairedDifference.MostSeeds} seeds";
        }
    }
}

/// <summary>The finished runs of an experiment, looked up and compared.</summary>
/// <param name="experiment">What was planned.</param>
/// <param name="results">What there is of all planned runs.</param>
internal sealed class Comparisons(Experiment experiment, IReadOnlyList<RunResults> results)
{
    private readonly Dictionary<string, RunResults> _byName = results.ToDictionary(result => result.Run.Name);

    /// <summary>A run's number; null: not finished, not planned, or without that number.</summary>
    public double? Value(PlannedRun run, Metric metric) => _byName.GetValueOrDefault(run.Name)?.Value(metric);

    /// <summary>An arm's numbers over the seeds that are finished, in the order of the seeds.</summary>
    public IReadOnlyList<double> Values(string arm, double fraction, Metric metric) =>
        [.. experiment.Seeds.Select(seed => Value(ExperimentPlan.EqualSteps(experiment, experiment.ArmOf(arm), seed, fraction), metric)).OfType<double>()];

    /// <summary>An arm minus a baseline at equal steps.</summary>
    public PairedDifference AtEqualSteps(Contrast contrast, double fraction, Metric metric) =>
        Paired(contrast, metric, (arm, seed) => ExperimentPlan.EqualSteps(experiment, arm, seed, fraction));

    /// <summary>All arms against all baselines, at equal steps and at equal compute. Comparisons of the very same runs come once.</summary>
    /// <param name="metric">By which number.</param>
    /// <param name="withMain">False: nothing counts as main, as for numbers that do not decide.</param>
    public IReadOnlyList<Comparison> All(Metric metric, bool withMain)
    {
        var raw = new List<(Contrast Contrast, bool EqualCompute, bool Main, PairedDifference Difference)>();
        foreach (var contrast in Contrasts(experiment.Arms.Select(arm => arm.Name)))
        {
            raw.Add((contrast, false, withMain && experiment.MainContrasts.Contains(contrast), AtEqualSteps(contrast, experiment.Fraction, metric)));
        }

        foreach (var contrast in Contrasts(experiment.Compute?.Arms ?? []))
        {
            if (new[] { contrast.Arm, contrast.Baseline }.Any(
                arm => ExperimentPlan.EqualWork(experiment, experiment.ArmOf(arm), experiment.Seeds[0]).Steps != experiment.Recipe.Optimization.Steps))
            {
                raw.Add((contrast, true, false, Paired(contrast, metric, (arm, seed) => ExperimentPlan.EqualWork(experiment, arm, seed))));
            }
        }

        var adjusted = PairedStatistics.Holm([.. raw.Select(one => one.Main ? double.NaN : one.Difference.P)]);
        return [.. raw.Select((one, i) => new Comparison(one.Contrast, one.EqualCompute, one.Main, one.Difference, adjusted[i]))];
    }

    /// <summary>Arms against baselines. Two baselines are compared once, the later one minus the earlier.</summary>
    private IEnumerable<Contrast> Contrasts(IEnumerable<string> arms) =>
        from arm in arms
        from baseline in experiment.Baselines
        where arm != baseline && !(experiment.Baselines.Contains(arm) && Order(arm) < Order(baseline))
        select new Contrast(arm, baseline);

    private int Order(string arm) => experiment.Baselines.Index().First(entry => entry.Item == arm).Index;

    private PairedDifference Paired(Contrast contrast, Metric metric, Func<Arm, ulong, PlannedRun> run)
    {
        var (arm, baseline) = (experiment.ArmOf(contrast.Arm), experiment.ArmOf(contrast.Baseline));
        return new PairedDifference([.. experiment.Seeds.Select(seed => Value(run(arm, seed), metric) - Value(run(baseline, seed), metric)).OfType<double>()]);
    }
}
