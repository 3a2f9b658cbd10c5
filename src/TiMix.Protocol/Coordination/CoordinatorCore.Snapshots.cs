using TiMix.Base;
using TiMix.Protocol.Messages;
using TiMix.Protocol.Notices;
using TiMix.Protocol.Values;
using static TiMix.Protocol.Coordination.CoordinatorEffects;
using static TiMix.Protocol.Coordination.CoordinatorInputs;
using static TiMix.Protocol.Messages.CoordinatorCommands;
using static TiMix.Protocol.Messages.CoordinatorEvents;

namespace TiMix.Protocol.Coordination;

/// <summary>Which snapshots are kept, and which are evaluated.</summary>
public sealed partial class CoordinatorCore
{
    /// <summary>A snapshot that is being looked for.</summary>
    private sealed record Sought(string From, ReportSnapshot Report);

    private readonly Dictionary<string, Sought> _sought = new(StringComparer.Ordinal);

    /// <summary>Since when a snapshot that was reported is not seen.</summary>
    private readonly Dictionary<string, long> _unseen = new(StringComparer.Ordinal);

    /// <summary>All that is left is an evaluation, and nobody is there who could do it.</summary>
    private bool IsToBeEvaluated => Run.Trained && Run.Status == RunStatus.Running && _known.Evaluators.Count == 0;

    /// <summary>The evaluation that ends the run, until it stands in the run's files; null: it has not come, or does.</summary>
    private EvaluationReport? _last;

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

    /// <summary>
    /// A snapshot counts when somebody else than its writer has seen it: a machine on which the share is not mounted writes into a directory that nobody will
    /// ever look into. The trainer says it again until it hears that it counts.
    /// </summary>
    private void Hear(string from, ReportSnapshot report)
    {
        if (Run.Decide(report, _now).Count == 0)
        {
            Tell(from, new SnapshotMessages.Acknowledged(report.Step));
        }
        else if (_sought.TryAdd(report.Directory, new Sought(from, report)))
        {
            _effects.Add(new LookForSnapshot(report.Directory));
        }
    }

    private void Hear(SnapshotLooked looked)
    {
        if (!_sought.Remove(looked.Directory, out var sought))
        {
            return;
        }

        var (from, report) = sought;
        if (looked.Fingerprint == report.Fingerprint)
        {
            _unseen.Remove(looked.Directory);
            Persist(Run.Decide(report, _now), new Send(from, new SnapshotMessages.Acknowledged(report.Step)));
        }
        else if (!_unseen.TryGetValue(looked.Directory, out var since))
        {
            _unseen.Add(looked.Directory, _now);
        }
        else if (_now - since > _task.Membership.SnapshotDeadline.TotalMilliseconds)
        {
            _unseen.Remove(looked.Directory);
            Tell(from, new SnapshotMessages.Acknowledged(report.Step));
            Fail(new ReportSnapshotFailed(report.Generation, report.Step, $"it is not in {_task.Snapshots}"), new Notice.SnapshotNotSeen(
                report.Step, _membership.Statuses.FirstOrDefault(status => _known.Trainers.GetValueOrDefault(status.Trainer) == from)?.Node ?? "a trainer",
                _task.Snapshots));
        }
    }

    /// <summary>A run that is to stop with a snapshot it cannot have stops without: whoever wanted it gone is not kept waiting.</summary>
    private void Fail(ReportSnapshotFailed failed, Notice notice)
    {
        _membership = _membership.WantSnapshot(null);
        Publish(notice);
        Persist(_membership.Stopping && Run.Status == RunStatus.Running
            ? [new RunStopped(WhyWithout(failed), _now)]
            : Run.Decide(failed, _now));
    }

    /// <summary>What made the run stop says more than why it stops without a snapshot, unless that was a wish.</summary>
    private StopReason WhyWithout(ReportSnapshotFailed failed) => _membership.StopFor is { Kind: not StopKind.Requested } why
        ? why
        : new StopReason(StopKind.SnapshotFailed, failed.Step, Printable.Of(failed.Reason));

    /// <summary>
    /// What nobody can prove must not go on: the run stops, and resumes from a snapshot whose steps are in the audit, since no trainer
    /// writes another.
    /// </summary>
    private void Hear(ReportAuditFailed failed)
    {
        if (Run.Status == RunStatus.Running && failed.Generation >= Run.Lineage)
        {
            _membership = _membership.Stop(new StopReason(StopKind.AuditFailed, failed.Step, Printable.Of(failed.Reason)));
            Advance();
        }
    }

    private void Evaluate()
    {
        if (_evaluations.Next(Run, _known.Evaluators, _known.Trainers.Count > 0, _now) is { } order)
        {
            var (evaluator, snapshot) = order;
            Tell(evaluator, new EvaluatorMessages.Evaluate(snapshot.Step, PathOf(snapshot.Directory), _task.Plan.SplitsToEvaluateAt(snapshot.Step)));
        }
    }

    /// <summary>
    /// Into the run's files first. What is told twice stands in them once. The last one ends the run, whose summary needs it: the journal
    /// hears of it when it is there, and until then it counts as not answered.
    /// </summary>
    private void Hear(EvaluationReport report)
    {
        var events = Run.Decide(new ReportEvaluation(report), _now);
        if (events.Count > 0)
        {
            Publish(new MonitorMessages.Evaluated(report));
        }

        if (events.Any(happened => happened is RunFinished))
        {
            _last = report;
            return;
        }

        _evaluations.Answered();
        Persist(events);
    }

    private void Finish(long step)
    {
        if (_last is { } last && last.Step == step)
        {
            _last = null;
            _evaluations.Answered();
            Persist(Run.Decide(new ReportEvaluation(last), _now));
        }
    }

    /// <summary>Trainers tell again what is not written down, so it costs a run that trains nothing; one that would be over stops instead.</summary>
    private void StopWithoutRecords(string reason)
    {
        if (_last is not null && Run.Status == RunStatus.Running)
        {
            _last = null;
            _evaluations.Answered();
            Persist([new RunStopped(new StopReason(StopKind.RecordsFailed, Said: Printable.Of(reason)), _now)]);
        }
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
