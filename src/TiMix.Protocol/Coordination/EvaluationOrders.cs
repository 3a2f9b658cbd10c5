using TiMix.Protocol.Values;

namespace TiMix.Protocol.Coordination;

/// <summary>An evaluation to be ordered.</summary>
/// <param name="Evaluator">Whose address.</param>
/// <param name="Snapshot">Of what.</param>
internal sealed record EvaluationOrder(string Evaluator, CommittedSnapshot Snapshot);

/// <summary>Which snapshot is evaluated by whom: one at a time, the last of the run first, and again if the evaluator or the order was lost.</summary>
/// <param name="plan">When evaluations are due.</param>
internal sealed class EvaluationOrders(RunPlan plan)
{
    /// <summary>Milliseconds after which an order without an answer is given again; an evaluator that is at it already does nothing then.</summary>
    private const long AskAgainAfter = 5_000;

    /// <summary>The last evaluation ends the run, and with it those who may still have to tell of its last steps: they get so many milliseconds.</summary>
    private const long ReportsWait = 10_000;
    private string? _evaluator;
    private long _since;
    private long _trainedAt = -1;
    private long _recorded;

    /// <summary>The step of the snapshot that is being evaluated; -1: none.</summary>
    public long Step { get; private set; } = -1;

    /// <summary>All steps up to this one are written down.</summary>
    public void Recorded(long step) => _recorded = step;

    /// <summary>The evaluator has answered.</summary>
    public void Answered() => Step = -1;

    /// <summary>Whether an evaluation of the snapshot is still to come.</summary>
    public bool IsDue(CommittedSnapshot snapshot) => snapshot.MeanRecall is null && plan.IsEvaluationDue(snapshot.Step);

    /// <summary>What is to be ordered now; null: nothing.</summary>
    /// <param name="run">The run.</param>
    /// <param name="evaluators">Addresses of those who are there.</param>
    /// <param name="reporting">Whether there are trainers, who may have something to tell.</param>
    /// <param name="now">Milliseconds.</param>
    public EvaluationOrder? Next(RunState run, IReadOnlyList<string> evaluators, bool reporting, long now)
    {
        var evaluator = evaluators.Contains(_evaluator) ? _evaluator : evaluators.FirstOrDefault();
        if (run.Status != RunStatus.Running || evaluator is null || (Step >= 0 && evaluator == _evaluator && now - _since < AskAgainAfter))
        {
            return null;
        }

        var due = run.Snapshots.Values.Where(IsDue)
            .OrderByDescending(snapshot => snapshot.Step == run.Steps).ThenBy(snapshot => snapshot.Step)
            .FirstOrDefault();
        if (due is null || (due.Step == run.Steps && !ReportsAreIn(run, reporting, now)))
        {
            return null;
        }

        (Step, _evaluator, _since) = (due.Step, evaluator, now);
        return new EvaluationOrder(evaluator, due);
    }

    private bool ReportsAreIn(RunState run, bool reporting, long now)
    {
        _trainedAt = _trainedAt < 0 ? now : _trainedAt;
        return _recorded >= run.Steps || !reporting || now - _trainedAt > ReportsWait;
    }
}
