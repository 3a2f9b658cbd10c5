using TiMix.Protocol.Faults;
using TiMix.Protocol.Messages;

namespace TiMix.Protocol.Tests.Simulation;

/// <summary>Lets the planned faults strike: at their times, and at their points.</summary>
internal sealed class FaultInjector
{
    private readonly Cluster _cluster;
    private readonly List<(Fault Fault, int Left)> _waiting = [];

    /// <summary>Plans all faults of the settings.</summary>
    public FaultInjector(Cluster cluster)
    {
        _cluster = cluster;
        foreach (var fault in cluster.Settings.Faults)
        {
            if (fault.Point is null)
            {
                cluster.Time.After(fault.At, () => Strike(fault, null));
            }
            else
            {
                _waiting.Add((fault, fault.Occurrence));
            }
        }
    }

    /// <summary>Somebody has come to a point.</summary>
    public void Reach(Point point, SimulatedTrainer? who)
    {
        for (var i = 0; i < _waiting.Count; i++)
        {
            var (fault, left) = _waiting[i];
            if (fault.Point == point && left > 0)
            {
                _waiting[i] = (fault, left - 1);
                if (left == 1)
                {
                    Strike(fault, who);
                }
            }
        }
    }

    private void Strike(Fault fault, SimulatedTrainer? who)
    {
        _cluster.Log?.Add($"fault: {fault}");
        switch (fault.Kind)
        {
            case FaultKind.Join:
                _cluster.StartNode();
                return;
            case FaultKind.CoordinatorCrash:
                _cluster.Coordinator.Crash();
                _cluster.Time.After(fault.Duration, _cluster.Coordinator.Start);
                return;
            case FaultKind.KillAll:
                _cluster.KillAll();
                _cluster.Time.After(fault.Duration, Resume);
                return;
            case FaultKind.Pause:
                _cluster.WantsPause = true;
                _cluster.Time.After(fault.Duration, () => _cluster.WantsPause = false);
                return;
            case FaultKind.Hold:
                _cluster.WantsHold = true;
                _cluster.Time.After(fault.Duration, () => _cluster.WantsHold = false);
                return;
            case FaultKind.WantSnapshot:
                _cluster.Coordinator.Hear(new CoordinatorCommands.WantSnapshot());
                return;
            case FaultKind.DamageSnapshot:
                if (_cluster.Coordinator.Run.Newest is { } newest)
                {
                    _cluster.Disk.Damage(newest.Directory);
                }

                return;
        }

        if (Target(fault, who) is { } target)
        {
            StrikeTrainer(fault, target);
        }
    }

    private void StrikeTrainer(Fault fault, SimulatedTrainer target)
    {
        switch (fault.Kind)
        {
            case FaultKind.Kill:
                _cluster.Kill(target);
                break;
            case FaultKind.Hang:
                target.Hang();
                _cluster.Time.After(fault.Duration, target.Continue);
                break;
            case FaultKind.Drain:
                target.Run(target.WantToLeave);
                break;
            case FaultKind.CutFromCoordinator:
                _cluster.Network.Cut(target, fault.Duration);
                break;
            case FaultKind.CutFromPeer:
                if (_cluster.Trainers.Where(trainer => trainer.Alive && trainer != target).ToList() is { Count: > 0 } others)
                {
                    _cluster.Network.Cut(target, _cluster.Chance.Pick(others), fault.Duration);
                }

                break;
            case FaultKind.FlipAtRest:
                target.FlipAtRest();
                break;
            case FaultKind.FlipAtApply:
                target.FlipAtApply = true;
                break;
            case FaultKind.CorruptCopy:
                target.CorruptCopy = true;
                break;
        }
    }

    private SimulatedTrainer? Target(Fault fault, SimulatedTrainer? who)
    {
        if (fault.Target < 0 && who is not null)
        {
            return who;
        }

        var alive = _cluster.Trainers.Where(trainer => trainer is { Alive: true, Hung: false }).ToList();
        return alive.Count == 0 ? null : fault.Target < 0 ? _cluster.Chance.Pick(alive) : alive[fault.Target % alive.Count];
    }

    /// <summary>The user starts everything again, on as many nodes as there happen to be.</summary>
    private void Resume()
    {
        _cluster.Coordinator.Start();
        _cluster.Coordinator.Hear(_cluster.BeginRun);
        var nodes = _cluster.Chance.Between(1, 5);
        for (var i = 0; i < nodes; i++)
        {
            _cluster.Time.After(_cluster.Chance.Between(0, 500), _cluster.StartNode);
        }
    }
}
