using TiMix.Protocol.Messages;
using TiMix.Protocol.Notices;
using TiMix.Protocol.Values;
using static TiMix.Protocol.Coordination.CoordinatorEffects;

namespace TiMix.Protocol.Coordination;

/// <summary>What the coordinator tells others of the run.</summary>
public sealed partial class CoordinatorCore
{
    private const int DescribedChanges = 200;
    private WaitReason? _waiting;
    private long _waitingSince;
    private bool _waitingTold;

    private RunOutcome Outcome => Run.Status == RunStatus.Finished ? RunOutcome.Finished
        : Run.StopReason?.Kind == StopKind.Requested ? RunOutcome.Stopped
        : RunOutcome.Failed;

    private MonitorMessages.Over Over => new(Outcome, Run.Fingerprint, Outcome == RunOutcome.Failed ? Run.StopReason?.ToString() : null, Run.Resumes);

    /// <param name="to">Address; empty: whoever asked does not wait for an answer.</param>
    /// <param name="message">What to say.</param>
    private void Tell(string to, ITiMixMessage message)
    {
        if (to.Length > 0)
        {
            _effects.Add(new Send(to, message));
        }
    }

    /// <summary>To the monitor, which keeps the files and passes it on to whoever looks on.</summary>
    private void Publish(ITiMixMessage message) => _effects.Add(new Publish(message, _known.Lookers));

    private void Publish(Notice notice) => Publish(new MonitorMessages.Told(notice));

    private void Publish(RunPhase phase) => Publish(new MonitorMessages.Entered(phase));

    private void Subscribe(string looker)
    {
        if (!_known.HearLooker(looker, _now))
        {
            return;
        }

        Tell(looker, new NodeMessages.Subscribed(_task.Run));
        if (Standpoint is { } standpoint)
        {
            // Not through the monitor: what it is told of a view cuts its files back to where the view begins.
            Tell(looker, standpoint);
        }

        if (_adopted is not null)
        {
            Tell(looker, new MonitorMessages.Told(_adopted));
        }
    }

    /// <summary>Where a newcomer finds the run; null: nothing of it can be seen yet.</summary>
    private ITiMixMessage? Standpoint => Run.Status switch
    {
        RunStatus.Running when Run.View is not null => new MonitorMessages.ViewBegan(Run.Current!),
        RunStatus.Stopped or RunStatus.Finished => Over,
        _ => null,
    };

    /// <summary>Steps before the view are told by those who were there, and they may take them for written down.</summary>
    private void AskForOldReports(MonitorMessages.Recorded recorded)
    {
        if (recorded.Step < Run.View?.FromStep)
        {
            foreach (var trainer in _known.Trainers.Values)
            {
                Tell(trainer, recorded);
            }
        }
    }

    private void TellOver()
    {
        Publish(Over);
        foreach (var node in _known.Nodes.Values)
        {
            Tell(node.Address, new NodeMessages.RunOver(Outcome, Over.Error));
        }
    }

    private void TellRoster()
    {
        _rosterAt = _now;
        var roster = _known.Roster with { Generation = Run.Generation };
        foreach (var reader in _known.ReadersOfRoster)
        {
            Tell(reader, roster);
        }
    }

    /// <summary>A wait that is over at once is nobody's concern.</summary>
    private void TellWaiting(WaitReason? waiting)
    {
        if (waiting != _waiting)
        {
            (_waiting, _waitingSince, _waitingTold) = (waiting, _now, false);
        }
        else if (waiting is not null && !_waitingTold && _now - _waitingSince > _task.Membership.Lease.TotalMilliseconds)
        {
            _waitingTold = true;
            Publish(new Notice.Waiting(waiting));
        }
    }

    private ClusterDescription Describe() => new(
        Run.Status,
        Run.Paused,
        _waiting,
        Run.Progress,
        Run.Generation,
        Run.Resumes,
        Run.StopReason,
        Run.Fingerprint,
        Run.View ?? Run.Proposed?.View,
        [.. _known.Nodes.Select(node => new NodeDescription(node.Key, node.Value.Vitals, _now - node.Value.HeardAt))],
        [.. _membership.Statuses.OrderBy(status => status.Node, StringComparer.Ordinal)],
        [.. Run.Snapshots.Values],
        [.. Run.Changes.Skip(Run.Changes.Count - DescribedChanges)],
        _waiting is null ? 0 : Math.Max(0, _now - _waitingSince),
        _task.Node)
    {
        Offenders = Offenders,
    };
}
