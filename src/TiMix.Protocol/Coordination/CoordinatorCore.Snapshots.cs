using TiMix.Base;
using TiMix.Protocol.Messages;
using TiMix.Protocol.Notices;
using TiMix.Protocol.Values;
using static TiMix.Protocol.Messages.CoordinatorCommands;
using static TiMix.Protocol.Messages.CoordinatorEvents;

namespace TiMix.Protocol.Coordination;

/// <summary>Which snapshots are kept, and which are evaluated.</summary>
public sealed partial class CoordinatorCore
{
    private string PathOf(string directory) => $"{_task.Snapshots}/{directory}";

    /// <summary>What is not kept any longer. Its files are deleted when the journal knows that it does not count.</summary>
    private IReadOnlyList<IEvent> Discards()
    {
        var keep = Run.SnapshotsToKeep(_task.Plan.KeepSnapshots);
        return
        [
            .. Run.Snapshots.Values
                .Where(kept => !keep.Contains(kept.Step) && kept.Step != _evaluations.Step && !_evaluations.IsDue(kept))
                .Select(gone => new SnapshotDiscarded(gone.Step, SnapshotDiscarded.Retention)),
        ];
    }

    /// <summary>A run that is to stop with a snapshot it cannot have stops without: whoever wanted it gone is not kept waiting.</summary>
    private void Hear(ReportSnapshotFailed failed)
    {
        _membership = _membership.WantSnapshot(null);
        Publish(new Notice.SnapshotNotWritten(failed.Step, failed.Reason));
        Persist(_membership.Stopping && Run.Status == RunStatus.Running
            ? [new RunStopped(new StopReason(StopKind.SnapshotFailed, failed.Step, Printable.Of(failed.Reason)), _now)]
            : Run.Decide(failed, _now));
    }

    private void Evaluate()
    {
        if (_evaluations.Next(Run, _known.Evaluators, _known.Trainers.Count > 0, _now) is { } order)
        {
            var (evaluator, snapshot) = order;
            Tell(evaluator, new EvaluatorMessages.Evaluate(snapshot.Step, PathOf(snapshot.Directory), _task.Plan.SplitsToEvaluateAt(snapshot.Step)));
        }
    }

    /// <summary>Into the run's files first: the journal's word ends the run, and its summary needs them. What is told twice stands in them once.</summary>
    private void Hear(EvaluationReport report)
    {
        _evaluations.Answered();
        var events = Run.Decide(new ReportEvaluation(report), _now);
        if (events.Count > 0)
        {
            Publish(new MonitorMessages.Evaluated(report));
        }

        Persist(events);
    }

    private void Hear(EvaluatorMessages.EvaluationFailed failed)
    {
        _evaluations.Answered();
        if (failed.Damaged is { } path)
        {
            // Not the run's end, even if it was the last one: its trainers, or the snapshot before it, give another.
            var damaged = Run.Snapshots.Values.FirstOrDefault(snapshot => PathOf(snapshot.Directory) == path);
            Publish(new Notice.SnapshotDamaged(failed.Reason));
            Persist(damaged is null ? [] : Run.Decide(new ReportSnapshotDamaged(Run.Generation, damaged.Directory, failed.Reason), _now));
            return;
        }

        if (failed.Step == Run.Steps)
        {
            Persist(Run.Decide(new FailRun($"the evaluation of step {failed.Step} failed: {failed.Reason}"), _now));
            return;
        }

        Publish(new Notice.EvaluationFailed(failed.Step, failed.Reason));
        var isOpen = Run.Snapshots.TryGetValue(failed.Step, out var snapshot) && snapshot.MeanRecall is null;
        Persist(isOpen ? [new EvaluationRecorded(failed.Step, double.NaN)] : []);
    }
}
