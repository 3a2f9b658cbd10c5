using TiMix.Protocol.Messages;
using TiMix.Protocol.Training;

namespace TiMix.Protocol.Tests.Simulation;

/// <summary>Lets the planned faults strike: at their times, and at their points.</summary>
internal sealed class FaultInjector
{
    private readonly Cluster _cluster;
    private readonly List<Fault>[] _waiting = [.. Enum.GetValues<Point>().Select(_ => new List<Fault>())];
    private readonly int[] _reached = new int[Enum.GetValues<Point>().Length];

    /// <summary>Plans all faults of the settings.</summary>
    public FaultInjector(Cluster cluster)
    {
        _cluster = cluster;
        foreach (var fault in cluster.Settings.Faults)
        {
            if (fault.Point is { } point)
            {
                _waiting[(int)point].Add(fault);
            }
            else
            {
                cluster.Time.After(fault.At, () => Strike(fault, null));
            }
        }
    }

    /// <summary>No fault strikes any more.</summary>
    public bool Over { get; set; }

    /// <summary>Somebody has come to a point.</summary>
    public void Reach(Point point, SimulatedProcess who)
    {
        var times = ++_reached[(int)point];
        foreach (var fault in _waiting[(int)point])
        {
            if (fault.Occurrence == times)
            {
                Strike(fault, who);
            }
        }
    }

    private void Strike(Fault fault, SimulatedProcess? who)
    {
        if (Over)
        {
            return;
        }

        _cluster.Log?.Add($"fault: {fault}");
        switch (fault.Kind)
        {
            case FaultKind.Join:
                _cluster.Session.Join();
                break;
            case FaultKind.KillCoordinator:
                _cluster.Coordinators.Leading?.Process.End(137);
                break;
            case FaultKind.HangCoordinator:
                HangCoordinator(fault.Duration);
                break;
            case FaultKind.LoseJournal:
                _cluster.Journal.AwayUntil = _cluster.Time.Now + fault.Duration;
                break;
            case FaultKind.KillMixer:
                _cluster.AnyOf<MixerShell>()?.Process.End(137);
                break;
            case FaultKind.KillLoader:
                _cluster.AnyOf<LoaderShell>()?.Process.End(137);
                break;
            case FaultKind.KillEvaluator:
                _cluster.AnyOf<EvaluatorShell>()?.Process.End(137);
                break;
            case FaultKind.KillAll:
                _cluster.KillAll();
                _cluster.Time.After(fault.Duration, _cluster.Resume);
                break;
            case FaultKind.Stop:
                _cluster.User.WantsStop = true;
                _cluster.Time.After(fault.Duration, () => _cluster.User.WantsStop = false);
                break;
            case FaultKind.Pause:
                _cluster.User.WantsPause = true;
                _cluster.Time.After(fault.Duration, () => _cluster.User.WantsPause = false);
                break;
            case FaultKind.WantSnapshot:
                _cluster.User.Want(new CoordinatorCommands.WantSnapshot());
                break;
            case FaultKind.DamageSnapshot:
                if (_cluster.Journal.Run.Newest is { } newest && _cluster.Disk.Has(newest.Directory))
                {
                    _cluster.Disk.Damage(newest.Directory);
                }

                break;
            case FaultKind.FillDisk:
                _cluster.Disk.FullUntil = _cluster.Time.Now + fault.Duration;
                break;
            case FaultKind.FillAudit:
                _cluster.Disk.AuditFullUntil = _cluster.Time.Now + fault.Duration;
                break;
            case FaultKind.FillRecords:
                _cluster.Disk.RecordsFullUntil = _cluster.Time.Now + fault.Duration;
                break;
            case FaultKind.FailEvaluation:
                _cluster.FailEvaluations++;
                break;
            default:
                if (Target(fault, who) is { } target)
                {
                    StrikeTrainer(fault, target);
                }

                break;
        }
    }

    private void StrikeTrainer(Fault fault, TrainerShell target)
    {
        switch (fault.Kind)
        {
            case FaultKind.Kill:
                target.Process.End(137);
                break;
            case FaultKind.Hang:
                target.Process.Hang();
                _cluster.Time.After(fault.Duration, target.Process.GoOn);
                break;
            case FaultKind.Drain:
                _cluster.Session.Drain(target.Process);
                break;
            case FaultKind.CutFromCoordinator:
                if (_cluster.Coordinators.Leading is { } coordinator)
                {
                    _cluster.Network.Cut(target.Process, coordinator.Process, fault.Duration);
                }

                break;
            case FaultKind.CutFromPeer:
                if (_cluster.Trainers.Where(trainer => trainer.Alive && trainer != target).ToList() is { Count: > 0 } others)
                {
                    _cluster.Network.Cut(target.Process, _cluster.Chance.Pick(others).Process, fault.Duration);
                }

                break;
            case FaultKind.CutFromAll:
                _cluster.Network.Cut(target.Process, null, fault.Duration);
                break;
            case FaultKind.Deafen:
                target.Process.Run(() => target.Tell(new TrainerInputs.Deafened(fault.Duration)));
                break;
            case FaultKind.FlipOnOrder:
                target.Process.Run(() => target.Tell(new TrainerInputs.AskedToFlip()));
                break;
            case FaultKind.FlipAtRest:
                target.FlipAtRest();
                break;
            case FaultKind.FlipAtApply:
                target.FlipAtApply = true;
                break;
            case FaultKind.Lie:
                _cluster.Liar ??= (target.Process.Node, fault.Lie);
                break;
            case FaultKind.CorruptCopy:
                target.CorruptCopy = true;
                break;
            default:
                throw new SimulationFailure($"Nobody knows how to do {fault}.");
        }
    }

    private void HangCoordinator(int duration)
    {
        if (_cluster.Coordinators.Leading is CoordinatorHost { Process.Hung: false } host)
        {
            host.Process.Hang();
            _cluster.Coordinators.Hung(host);
            _cluster.Time.After(duration, host.Process.GoOn);
        }
    }

    private TrainerShell? Target(Fault fault, SimulatedProcess? who)
    {
        if (fault.Target < 0 && who?.Find<TrainerShell>() is { Alive: true } there)
        {
            return there;
        }

        var alive = _cluster.Trainers.Where(trainer => trainer.Process.Sound).ToList();
        return alive.Count == 0 ? null : fault.Target < 0 ? _cluster.Chance.Pick(alive) : alive[fault.Target % alive.Count];
    }
}
