using TiMix.Base;
using TiMix.Protocol.Messages;
using TiMix.Protocol.Values;
using static TiMix.Protocol.Messages.CoordinatorCommands;

namespace TiMix.Protocol.Coordination;

/// <summary>What becomes of the wishes of users.</summary>
public sealed partial class CoordinatorCore
{
    private string Standing => Run.Status switch
    {
        RunStatus.New => "The run has not begun yet; try again in a moment.",
        RunStatus.Stopped => $"The run stands still ({Run.StopReason}); \"timix resume\" goes on with it.",
        RunStatus.Finished => "The run is finished.",
        _ when Run.Trained => "All steps are done; the run ends after its last evaluation.",
        _ => "The run is going on.",
    };

    private void Grant(string from, ICommand wish)
    {
        switch (wish)
        {
            case StopRun:
                Stop(from);
                break;
            case PauseRun:
                Grant(from, wish, new Answer(
                    true,
                    $"All trainers hold still after the step they are at (step {Run.Progress} or a few more); nodes and their states stay. "
                    + "\"continue\" goes on; \"stop\" ends the run with a snapshot."));
                break;
            case ContinueRun:
                _membership = Run.Paused ? _membership.GoOn(_now) : _membership;
                Grant(from, wish, new Answer(true, $"The run goes on after step {Run.Progress}."));
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
    private void Grant(string from, ICommand wish, Answer done)
    {
        var events = Run.Trained ? [] : Run.Decide(wish, _now);
        if (events.Count > 0)
        {
            Persist(events, new Send(from, done));
            return;
        }

        Tell(from, new Answer(false, wish switch
        {
            PauseRun when Run.Paused => "The run is paused already.",
            ContinueRun when Run.Status == RunStatus.Running && !Run.Trained => "The run is not paused.",
            _ => Standing,
        }));
    }

    private void Stop(string from)
    {
        _membership = _membership.Stop();
        Tell(from, Run.Status == RunStatus.Running
            ? new Answer(true, "The run finishes its step, writes a snapshot and ends; \"timix resume\" goes on with it.")
            : new Answer(false, Standing));
        Advance();
    }

    private void WriteSnapshot(string from)
    {
        var applied = _membership.Statuses.Select(status => status.Applied).DefaultIfEmpty(-1).Max();
        if (Run.Status != RunStatus.Running || Run.Trained || applied < 0)
        {
            Tell(from, new Answer(false, applied < 0 && Run.Status == RunStatus.Running ? "No trainer has a state to write down yet." : Standing));
            return;
        }

        var step = Run.Paused ? applied : applied + 1;
        _membership = _membership.WantSnapshot(step);
        Tell(from, new Answer(true, Run.Newest?.Step >= step
            ? $"There is a snapshot of step {Run.Newest.Step} already."
            : $"A snapshot of step {step} or the next one after it is written."));
        Advance();
    }

    private void Drain(string from, string name)
    {
        if (!_known.Nodes.TryGetValue(name, out var node))
        {
            Tell(from, new Answer(false, $"There is no node {name}; there are {string.Join(", ", _known.Nodes.Keys)}.", Unknown: true));
            return;
        }

        var roles = node.Vitals?.Roles ?? [];
        var others = _known.Nodes.Where(other => other.Key != name).SelectMany(other => other.Value.Vitals?.Roles ?? []).ToHashSet(StringComparer.Ordinal);
        if (roles.FirstOrDefault(role => role != NodeRoles.Trainer && !others.Contains(role)) is { } only)
        {
            Tell(from, new Answer(false, $"{name} is the only {only}, and the run needs one: start another first, or \"stop\" the run."));
            return;
        }

        Tell(node.Address, new NodeMessages.LeaveRun());
        var isLast = roles.Contains(NodeRoles.Trainer) && _membership.Statuses.All(status => status.Leaving || status.Node == name);
        Tell(from, new Answer(true, isLast
            ? $"{name} finishes its step, writes a snapshot and leaves. It is the last trainer: the run waits for another."
            : roles.Contains(NodeRoles.Trainer) ? $"{name} finishes its step, hands its micro-batches to the other trainers and leaves." : $"{name} leaves."));
    }
}
