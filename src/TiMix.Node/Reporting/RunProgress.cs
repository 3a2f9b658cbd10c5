using TiMix.Learning.Objectives;
using TiMix.Protocol.Notices;
using TiMix.Protocol.Values;
using TiMix.Runs.Observing;

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

    public RunPhase Phase { get; set; } = new RunPhase.Starting();

    public List<string> Notices { get; } = [];

    public double SamplesPerSecond { get; private set; }

    public TimeSpan? TimeLeft => Last is { } last ? TimeSpan.FromSeconds(_secondsPerStep * (last.Steps - last.Step)) : null;

    public void Add(StepReport step)
    {
        _secondsPerStep = Last is null ? step.StepSeconds : (_secondsPerStep * (1 - Smoothing)) + (step.StepSeconds * Smoothing);
        SamplesPerSecond = step.SamplesPerSecond * step.StepSeconds / _secondsPerStep;
        Last = step;
        Phase = Phase is RunPhase.Paused or RunPhase.Stopping or RunPhase.Evaluating ? Phase : new RunPhase.Training();
    }

    /// <summary>A run that goes on after a step has the snapshot of that step.</summary>
    public void Add(Notice notice)
    {
        Notices.Add(NoticeText.Of(notice));
        if (notice is Notice.Resumed { Step: > 0 } resumed)
        {
            AddSnapshot(resumed.Step);
        }
    }

    /// <summary>What is said of a trainer that is in the run no more.</summary>
    public static string Lost(string node, LossReason reason) => reason.Kind == LossKind.Left ? $"{node} has left" : $"{node} was lost: {reason}";

    public void Add(EvaluationReport evaluation) => Evaluation = evaluation;

    /// <summary>False: it was known already; views are told of again when their first step is done, or when the coordinator comes back.</summary>
    public bool Add(ViewChange change)
    {
        var isNew = View?.Generation != change.View.Generation;
        View = change.View;
        return isNew;
    }

    public void AddSnapshot(long step) => Snapshot = $"step {step}";

    /// <summary>The losses of objectives that a recipe must ask for, those that are on.</summary>
    public static string Asked(StepReport step) => string.Concat(
        from objective in KnownObjectives.All
        where objective.DefaultWeight == 0 && step[objective.Name] > 0
        let right = objective.ReportsAccuracy ? FormattableString.Invariant($" ({step[KnownObjectives.AccuracyOf(objective.Name)]:P0})") : ""
        select FormattableString.Invariant($"  {objective.Label} {step[objective.Name]:F3}{right}"));
}
