using TiMix.Base;
using TiMix.Protocol.Messages;
using TiMix.Protocol.Values;

namespace TiMix.Protocol.Tests.Simulation;

/// <summary>What a node is told that asks what the run is.</summary>
internal sealed record SimulatedDescription : ITiMixMessage;

/// <summary>A process's node: asks what the run is, starts the actors of its roles, says that they are there, and ends when the run is over.</summary>
internal sealed class NodeShell : SimulatedActor
{
    private const int Beat = 1000;
    private const int AskInterval = 100;
    private readonly IReadOnlyList<string> _roles;
    private readonly NodeVitals _vitals;
    private readonly int _life;
    private readonly long _since;
    private bool _serving;
    private bool _leaving;

    public NodeShell(SimulatedProcess process, IReadOnlyList<string> roles, int life)
        : base(process, $"{process.Node}/node#{life}")
    {
        _since = process.Cluster.Time.Now;
        (_roles, _life, _vitals) = (roles, life, new NodeVitals(roles, "host", life, "cpu", 1, 0, 0, 0));
        Later(0, Announce);
    }

    /// <inheritdoc/>
    public override void Receive(string from, ITiMixMessage message)
    {
        switch (message)
        {
            case SimulatedDescription when !_serving:
                _serving = true;
                Serve();
                break;
            case NodeMessages.JoinRefused refused:
                throw new SimulationFailure($"{Process.Node} has no namesake that lives, and was refused: {refused.Why}");
            case NodeMessages.RunOver over:
                Process.End(over.Outcome == RunOutcome.Failed ? 1 : 0);
                break;
            case NodeMessages.LeaveRun:
                Leave();
                break;
        }
    }

    /// <summary>The process is asked to end as soon as it harms nobody.</summary>
    public void Leave()
    {
        Cluster.Log?.Add($"{Process.Node} wants to leave");
        _leaving = true;
        LeaveIfPossible();
    }

    private void Announce()
    {
        if (!Alive)
        {
            return;
        }

        if (_leaving)
        {
            LeaveIfPossible();
        }

        Say(Network.Coordinator, new NodeMessages.DescribeRun(
            Process.Node, _serving ? _vitals : null,
            new JoinClaim(Cluster.Identity, _roles, $"{Process.Node}:{_life}", (Cluster.Time.Now - _since) / 1000.0)));
        foreach (var actor in Process.Actors)
        {
            if (actor.Role is { } role && actor.Alive)
            {
                actor.Say(Network.Coordinator, new NodeMessages.ServiceStatus(Process.Node, role));
            }
        }

        Later(_serving ? Beat : AskInterval, Announce);
    }

    private void LeaveIfPossible()
    {
        if (_roles.Contains(NodeRoles.Trainer) && _serving)
        {
            Process.Find<TrainerShell>()?.WantToLeave();
        }
        else
        {
            Process.End(0);
        }
    }

    private void Serve()
    {
        foreach (var role in _roles)
        {
            Later(Cluster.Chance.Between(0, 30), () => Start(role));
        }
    }

    private void Start(string role)
    {
        var address = $"{Process.Node}/{role}#{_life}";
        SimulatedActor? actor = role switch
        {
            NodeRoles.Loader => new LoaderShell(Process, address),
            NodeRoles.Mixer => new MixerShell(Process, address),
            NodeRoles.Evaluator => new EvaluatorShell(Process, address),
            NodeRoles.Trainer => new TrainerShell(Process, address, $"{Process.Node}~{_life}"),
            _ => null,
        };
        if (actor is not null)
        {
            Process.Add(actor);
            if (actor.Role is not null)
            {
                actor.Say(Network.Coordinator, new NodeMessages.ServiceStatus(Process.Node, role));
            }
        }
    }
}
