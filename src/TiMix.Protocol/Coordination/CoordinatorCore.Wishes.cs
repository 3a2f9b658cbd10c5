using TiMix.Base;
using TiMix.Protocol.Messages;
using TiMix.Protocol.Values;
using static TiMix.Protocol.Messages.CoordinatorCommands;

namespace TiMix.Protocol.Coordination;

/// <summary>What becomes of the wishes of users.</summary>
public sealed partial class CoordinatorCore
{
    /// <summary>Why nothing can be wished of the run any more, or yet.</summary>
    private CoordinatorAnswer.Refusal Standing => Run.Status switch
    {
        RunStatus.New => new CoordinatorAnswer.NotBegun(),
        RunStatus.Stopped => new CoordinatorAnswer.StandsStill(Run.StopReason!),
        RunStatus.Finished => new CoordinatorAnswer.Finished(),
        _ => new CoordinatorAnswer.AllStepsDone(),
    };

    private void Grant(string from, ICommand wish)
    {
        switch (wish)
        {
            case StopRun:
                Stop(from);
                break;
            case PauseRun:
                Grant(from, wish, new CoordinatorAnswer.Pauses(Run.Progress));
                break;
            case ContinueRun:
                _membership = Run.Paused ? _membership.GoOn(_now) : _membership;
                Grant(from, wish, new CoordinatorAnswer.Continues(Run.Progress));
                break;
            case WantSnapshot:
                WriteSnapshot(from);
                break;
            case DrainNode drain:
                Drain(from, drain.Node);
                break;
        }
    }

    /// <summary>Answers once the wish is in the journal, or says why it cannot be.</summary>
    private void Grant(string from, ICommand wish, CoordinatorAnswer done)
    {
        var events = Run.Trained ? [] : Run.Decide(wish, _now);
        if (events.Count > 0)
        {
            Persist(events, new Send(from, new Answer(done)));
            return;
        }

        Tell(from, wish switch
        {
            PauseRun when Run.Paused => new CoordinatorAnswer.PausedAlready(),
            ContinueRun when Run.Status == RunStatus.Running && !Run.Trained => new CoordinatorAnswer.NotPaused(),
            _ => Standing,
        });
    }

    private void Stop(string from)
    {
        _membership = _membership.Stop(StopReason.Requested);
        Tell(from, Run.Status == RunStatus.Running ? new CoordinatorAnswer.Stops() : Standing);
        Advance();
    }

    private void WriteSnapshot(string from)
    {
        var applied = _membership.Statuses.Select(status => status.Applied).DefaultIfEmpty(-1).Max();
        if (Run.Status != RunStatus.Running || Run.Trained || applied < 0)
        {
            Tell(from, applied < 0 && Run.Status == RunStatus.Running ? new CoordinatorAnswer.NoState() : Standing);
            return;
        }

        var step = Run.Paused ? applied : applied + 1;
        _membership = _membership.WantSnapshot(step);
        Tell(from, Run.Newest?.Step >= step ? new CoordinatorAnswer.SnapshotThere(Run.Newest.Step) : new CoordinatorAnswer.SnapshotComes(step));
        Advance();
    }

    private void Drain(string from, string name)
    {
        if (!_known.Nodes.TryGetValue(name, out var node))
        {
            Tell(from, new CoordinatorAnswer.UnknownNode(name, [.. _known.Nodes.Keys]));
            return;
        }

        var roles = node.Vitals?.Roles ?? [];
        var others = _known.Nodes.Where(other => other.Key != name).SelectMany(other => other.Value.Vitals?.Roles ?? []).ToHashSet(StringComparer.Ordinal);
        if (roles.FirstOrDefault(role => role != NodeRoles.Trainer && !others.Contains(role)) is { } only)
        {
            Tell(from, new CoordinatorAnswer.Indispensable(name, only));
            return;
        }

        Tell(node.Address, new NodeMessages.LeaveRun());
        var isLast = roles.Contains(NodeRoles.Trainer) && _membership.Statuses.All(status => status.Leaving || status.Node == name);
        Tell(from, isLast ? new CoordinatorAnswer.LastTrainerLeaves(name)
            : roles.Contains(NodeRoles.Trainer) ? new CoordinatorAnswer.TrainerLeaves(name)
            : new CoordinatorAnswer.ServiceLeaves(name));
    }

    private void Tell(string to, CoordinatorAnswer answer) => Tell(to, new Answer(answer));
}
