using TiMix.Protocol.Messages;
using TiMix.Protocol.Notices;
using TiMix.Protocol.Values;
using static TiMix.Protocol.Coordination.CoordinatorEffects;
using static TiMix.Protocol.Coordination.CoordinatorInputs;
using static TiMix.Protocol.Messages.CoordinatorCommands;
using static TiMix.Protocol.Messages.CoordinatorEvents;

namespace TiMix.Protocol.Coordination;

/// <summary>
/// Remembers the run and hands out views. What the journal has is <see cref="RunState"/>'s, who lives and where they stand
/// <see cref="Membership"/>'s; this class hears, journals what follows, and acts on what is journaled and on nothing else. Steps do
/// not go through it. One whose journal refuses has been replaced, and steps down.
/// </summary>
/// <remarks>
/// The journal's events are given to <see cref="Replay"/>, then comes <see cref="Recovered"/>, then everything else. While events
/// are on their way into the journal whatever is heard waits here, so that each decision is made in the state that the last one left.
/// </remarks>
public sealed partial class CoordinatorCore
{
    /// <summary>Milliseconds between two <see cref="Tick"/>s.</summary>
    public const long TickInterval = 250;

    /// <summary>Milliseconds between two rosters, even if nothing has changed: whoever was started anew within its node knows nobody.</summary>
    private const long RosterInterval = 1_000;

    /// <summary>What has to come before anything else is heard.</summary>
    private enum Awaited
    {
        Recovery,
        Nothing,
        Journal,
        Snapshots,
        End,
    }

    private readonly CoordinatorTask _task;
    private readonly Acquaintances _known = new();
    private readonly EvaluationOrders _evaluations;
    private readonly Admission _admission;
    private readonly Queue<IInput> _stash = new();
    private readonly List<IEffect> _effects = [];
    private Membership _membership;
    private IReadOnlyList<IEvent> _underWay = [];
    private IReadOnlyList<Send> _afterwards = [];
    private Awaited _awaited = Awaited.Recovery;
    private bool _open;
    private long _now;
    private long _rosterAt;
    private long _tickedAt;

    /// <param name="task">What it is there for.</param>
    public CoordinatorCore(CoordinatorTask task)
    {
        _task = task;
        _evaluations = new EvaluationOrders(task.Plan);
        _admission = new Admission(task.Identity, (long)task.Membership.Lease.TotalMilliseconds);
        _membership = new Membership(task.Membership, 0);
    }

    /// <summary>What the journal has.</summary>
    public RunState Run { get; private set; } = RunState.Empty;

    /// <summary>An event of the journal; only before <see cref="Recovered"/>.</summary>
    public void Replay(IEvent happened) => Run = Run.Apply(happened);

    /// <summary>Hears something.</summary>
    /// <param name="input">What.</param>
    /// <param name="now">Milliseconds since 1970, UTC.</param>
    /// <returns>What is to be done, in this order.</returns>
    public IReadOnlyList<IEffect> Handle(IInput input, long now)
    {
        _now = now;
        switch (input)
        {
            case Recovered when _awaited == Awaited.Recovery:
                _awaited = Awaited.Nothing;
                _membership = new Membership(_task.Membership, now);
                Open();
                break;
            case Journaled when _awaited == Awaited.Journal:
                _awaited = Awaited.Nothing;
                Happened();
                break;
            case SnapshotsFound found when _awaited == Awaited.Snapshots:
                _awaited = Awaited.Nothing;
                Adopt(found.Snapshots);
                break;
            case JournalRefused refused when _awaited != Awaited.End:
                StepDown(refused.Reason);
                break;
            case Tick or Gone or Received or SnapshotLooked or EvaluationKept or RecordsNotWritten when _awaited != Awaited.End:
                _stash.Enqueue(input);
                break;
        }

        while (_awaited == Awaited.Nothing && _stash.TryDequeue(out var next))
        {
            Hear(next);
        }

        IEffect[] effects = [.. _effects];
        _effects.Clear();
        return effects;
    }

    private void Hear(IInput input)
    {
        switch (input)
        {
            case Tick:
                Wake();
                _admission.Forget(_now);
                if (_known.Forget(_now) || _now - _rosterAt > RosterInterval)
                {
                    TellRoster();
                }

                Advance();
                break;
            case Gone gone:
                _membership = _known.Bury(gone.Address).Aggregate(_membership, (membership, trainer) => membership.Bury(trainer));
                TellRoster();
                Advance();
                break;
            case SnapshotLooked looked:
                Hear(looked);
                break;
            case EvaluationKept kept:
                Finish(kept.Step);
                break;
            case RecordsNotWritten failed:
                StopWithoutRecords(failed.Reason);
                break;
            case Received received:
                Hear(received.From, received.Message);
                break;
        }
    }

    private void Hear(string from, ITiMixMessage message)
    {
        switch (message)
        {
            case MonitorMessages.StepApplied or MonitorMessages.Told or ReportSnapshot or ReportSnapshotFailed or ReportSnapshotDamaged
                or ReportAuditFailed or FailRun when !HasTrained(from):
                break;
            case TrainerStatus status:
                Hear(from, status);
                break;
            case NodeMessages.DescribeRun asked:
                Hear(from, asked);
                break;
            case NodeMessages.GivesUp gone:
                Publish(new Notice.NodeGaveUp(gone.Node, gone.Reason));
                break;
            case NodeMessages.ServiceStatus status:
                Hear(from, status);
                break;
            case NodeMessages.DescribeCluster:
                Tell(from, Describe());
                break;
            case NodeMessages.Subscribe:
                Subscribe(from);
                break;
            case ReportNodeLost lost:
                _membership = _membership.BuryNode(lost.Node);
                _known.BuryNode(lost.Node);
                _admission.Bury(lost.Node, _now);
                TellRoster();
                Advance();
                break;
            case MonitorMessages.StepApplied step:
                Watch(step.Report);
                _effects.Add(new RecordStep(from, step));
                break;
            case MonitorMessages.Recorded recorded:
                _evaluations.Recorded(recorded.Step);
                AskForOldReports(recorded);
                Evaluate();
                break;
            case MonitorMessages.Told told:
                Publish(told);
                break;
            case EvaluatorMessages.Evaluated evaluated:
                Hear(evaluated.Report);
                break;
            case EvaluatorMessages.EvaluationFailed failed:
                Hear(failed);
                break;
            case ReportSnapshot report:
                Hear(from, report);
                break;
            case ReportSnapshotFailed failed:
                Fail(failed, new Notice.SnapshotNotWritten(failed.Step, failed.Reason));
                break;
            case ReportSnapshotDamaged damaged:
                Publish(new Notice.SnapshotDamaged(damaged.Reason));
                Persist(Run.Decide(damaged, _now));
                break;
            case ReportAuditFailed failed:
                Hear(failed);
                break;
            case FailRun fail:
                Persist(Run.Decide(fail, _now));
                break;
            case ICommand wish:
                Grant(from, wish);
                break;
        }
    }

    /// <summary>Whether a trainer is there that is, or was, in a view: whoever only says that it wants to join has nothing to report.</summary>
    private bool HasTrained(string from) =>
        _known.Trainers.Any(trainer => trainer.Value == from && (Run.Trainers.ContainsKey(trainer.Key)
            || Run.Changes.Reverse().Any(change => change.View.Has(trainer.Key))));

    private void Hear(string from, TrainerStatus status)
    {
        if (Run.Ended.TryGetValue(status.Trainer, out var ended) || IsPutOut(status.Node))
        {
            Tell(from, new TrainerOrders.PutOut(status.Trainer, ended ?? new LossReason(LossKind.Offended), IsPutOut(status.Node)));
            return;
        }

        if (!StatusCheck.CanBe(status, Run) || (_known.Trainers.TryGetValue(status.Trainer, out var address) && address != from))
        {
            return;
        }

        if (_known.HearTrainer(from, status.Trainer))
        {
            _effects.Add(new Watch(from));
            TellRoster();
        }

        _admission.Hear(status.Node, _now);
        _membership = _membership.Hear(status, _now);
        Advance();
    }

    /// <summary>Whoever cannot take part costs the run a line, and hears why.</summary>
    private void Hear(string from, NodeMessages.DescribeRun asked)
    {
        var verdict = _admission.Judge(from, asked, _now);
        if (verdict.Why is { } why)
        {
            Tell(from, new NodeMessages.JoinRefused(why));
            if (verdict.IsNews)
            {
                Publish(new Notice.NodeRefused(asked.Node, asked.Claim?.Address ?? from, why));
            }
        }
        else if (!verdict.Waits)
        {
            _known.HearNode(from, asked, _now);
            Tell(from, Run.Status is RunStatus.Stopped or RunStatus.Finished ? new NodeMessages.RunOver(Outcome, Over.Error) : _task.Description);
        }
    }

    private void Hear(string from, NodeMessages.ServiceStatus status)
    {
        _admission.Hear(status.Node, _now);
        if (_known.HearService(from, status, _now))
        {
            _effects.Add(new Watch(from));
            TellRoster();
            Evaluate();
        }
    }

    /// <summary>A process that was stopped itself has no right to call others silent.</summary>
    private void Wake()
    {
        var last = _tickedAt;
        _tickedAt = _now;
        if (last > 0 && Math.Abs(_now - last) > _task.Membership.Lease.TotalMilliseconds / 3)
        {
            _membership = _membership.Wake(_now);
            _known.Wake(_now);
            _admission.Wake(_now);
        }
    }

    /// <summary>Does what the situation calls for: first into the journal, then out to the trainers.</summary>
    private void Advance()
    {
        if (LooksForLife())
        {
            return;
        }

        var decision = _membership.Serve(_known.Lacking, _now).Decide(Run, _now);
        _membership = decision.Next;
        if (decision.Events.Count > 0)
        {
            Persist(decision.Events);
            return;
        }

        foreach (var (trainer, order) in decision.Orders)
        {
            if (_known.Trainers.TryGetValue(trainer, out var address))
            {
                Tell(address, order);
            }
        }

        TellWaiting(decision.Waiting ?? (IsToBeEvaluated ? new WaitReason(WaitKind.NoEvaluator) : null));
        Evaluate();
    }

    /// <summary>Journals events, and goes on when they are safe.</summary>
    /// <param name="events">May be empty: nothing follows.</param>
    /// <param name="afterwards">Said when they are safe; not said if they never are.</param>
    private void Persist(IReadOnlyList<IEvent> events, params IReadOnlyList<Send> afterwards)
    {
        (_underWay, _afterwards) = (events, afterwards);
        if (events.Count == 0)
        {
            Happened();
            return;
        }

        _awaited = Awaited.Journal;
        _effects.Add(new Journal(events));
    }

    /// <summary>What is under way is in the journal.</summary>
    private void Happened()
    {
        var (events, afterwards) = (_underWay, _afterwards);
        (_underWay, _afterwards) = ([], []);
        foreach (var happened in events)
        {
            var before = Run;
            Run = Run.Apply(happened);
            Act(happened, before);
        }

        foreach (var (to, message) in afterwards)
        {
            Tell(to, message);
        }

        if (_awaited != Awaited.Nothing)
        {
            return;
        }

        if (events.Any(happened => happened is SnapshotCommitted) && Discards() is { Count: > 0 } discards)
        {
            Persist(discards);
        }
        else if (_open)
        {
            Advance();
        }
        else
        {
            Open();
        }
    }

    /// <summary>Not through the monitor, which ends with the coordinator and need not have read its mail by then.</summary>
    private void StepDown(string reason)
    {
        var refused = new MonitorMessages.Told(new Notice.JournalRefused(reason));
        foreach (var looker in _known.Lookers)
        {
            Tell(looker, refused);
        }

        _effects.Add(new StepDown());
        _awaited = Awaited.End;
        _stash.Clear();
    }
}
