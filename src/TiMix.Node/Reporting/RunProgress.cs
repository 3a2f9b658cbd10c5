using TiMix.Protocol.Values;

namespace TiMix.Node.Reporting;

/// <summary>What a reporter has seen so far.</summary>
internal sealed class RunProgress
{
    private const double Smoothing = 0.1;
    private double _secondsPerStep;

    public StepReport? Last { get; private set; }

    public EvaluationReport? Evaluation { get; private set; }

    /// <summary>The view that began last.</summary>
    public View? View { get; private set; }

    public string? Snapshot { get; private set; }

    public string Phase { get; set; } = "starting";

    public List<string> Notices { get; } = [];

    public double SamplesPerSecond { get; private set; }

    public TimeSpan? TimeLeft => Last is { } last ? TimeSpan.FromSeconds(_secondsPerStep * (last.Steps - last.Step)) : null;

    public void Add(StepReport step)
    {
        _secondsPerStep = Last is null ? step.StepSeconds : (_secondsPerStep * (1 - Smoothing)) + (step.StepSeconds * Smoothing);
        SamplesPerSecond = step.SamplesPerSecond * step.StepSeconds / _secondsPerStep;
        Last = step;
    }

    public void Add(EvaluationReport evaluation) => Evaluation = evaluation;

    /// <summary>False: it was known already; views are told of again when their first step is done, or when the coordinator comes back.</summary>
    public bool Add(ViewChange change)
    {
        var isNew = View?.Generation != change.View.Generation;
        View = change.View;
        return isNew;
    }

    public void AddSnapshot(long step) => Snapshot = $"step {step}";

    /// <summary>The losses on image and text read together, those that are on.</summary>
    public static string Fused(StepReport step)
    {
        var (itm, mlm, prefix) = (step.Itm > 0, step.Mlm > 0, step.PrefixLm > 0);
        return FormattableString.Invariant($"{(itm ? FormattableString.Invariant($"  itm {step.Itm:F3} ({step.ItmAccuracy:P0})") : "")}{(mlm ? FormattableString.Invariant($"  mlm {step.Mlm:F3} ({step.MlmAccuracy:P0})") : "")}{(prefix ? FormattableString.Invariant($"  prefix {step.PrefixLm:F3}") : "")}");
    }
}
