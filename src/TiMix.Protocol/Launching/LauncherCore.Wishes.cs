using TiMix.Protocol.Faults;
using TiMix.Protocol.Notices;

namespace TiMix.Protocol.Launching;

/// <summary>What is wanted of the nodes: faults, more trainers, fewer.</summary>
public sealed partial class LauncherCore
{
    private void Inject(Fault fault)
    {
        if (fault.Kind == FaultKind.Join)
        {
            var newcomer = NodePlan.Trainer(++_trainers);
            Announce(fault, newcomer.Name);
            Add(newcomer);
            return;
        }

        var targets = TargetsOf(fault);
        if (targets.Count == 0)
        {
            Say(new Notice.FaultHitsNobody(fault, [.. Living.Select(node => node.Name)]));
        }

        foreach (var target in targets)
        {
            Announce(fault, target.Name);
            Inject(fault, target);
        }
    }

    private List<LaunchedNode> TargetsOf(Fault fault)
    {
        var living = _nodes.FindAll(node => node.Sound);
        return fault.Target == Fault.All ? _nodes.FindAll(node => node is { Alive: true, Leaving: false, Killed: false })
            : living.Find(node => node.Name == fault.Target) is { } named ? [named]
            : living.FindLast(node => node.Plan.Roles.Contains(fault.Target)) is { } newest ? [newest]
            : [];
    }

    /// <summary>Before it happens: whoever injects it may be hit too.</summary>
    private void Announce(Fault fault, string node)
    {
        Do(new LauncherEffects.WriteDown(fault, node, _step));
        Say(new Notice.FaultInjected(fault, node, _step));
    }

    private void Inject(Fault fault, LaunchedNode node)
    {
        var duration = (long)fault.Duration.TotalMilliseconds;
        switch (fault.Kind)
        {
            case FaultKind.Kill:
                (node.Killed, node.ExcusedUntil) = (true, long.MaxValue);
                Do(new LauncherEffects.Kill(node.Name));
                break;
            case FaultKind.Drain:
                node.Leaving = true;
                Do(new LauncherEffects.AskToLeave(node.Name));
                break;
            case FaultKind.Hang when duration == 0:
                (node.Still, node.ExcusedUntil) = (true, long.MaxValue);
                Do(new LauncherEffects.Halt(node.Name));
                break;
            case FaultKind.Hang:
                (node.Still, node.WakeAt) = (true, _now + duration);
                (node.DisturbedUntil, node.ExcusedUntil) = (_now + duration, _now + duration + Aftermath + Aftermath);
                Do(new LauncherEffects.Halt(node.Name));
                break;
            case FaultKind.Partition:
                (node.DisturbedUntil, node.ExcusedUntil) = (_now + duration, _now + duration + Aftermath + Aftermath);
                Do(new LauncherEffects.CutOff(node.Name, fault.Duration));
                break;
            case FaultKind.Flip:
                node.ExcusedUntil = _now + Aftermath;
                Do(new LauncherEffects.FlipBit(node.Name));
                break;
            case FaultKind.Nan or FaultKind.Shape or FaultKind.Lie or FaultKind.Stall:
                node.ExcusedUntil = long.MaxValue;
                Do(new LauncherEffects.TurnBad(node.Name, fault.Kind));
                break;
        }
    }

    /// <summary>Starts or drains trainers until there are as many as wanted; the newest go first.</summary>
    private LauncherAnswer Scale(int wanted)
    {
        if (wanted < plan.MinTrainers)
        {
            return new LauncherAnswer.NeedsMore(wanted, plan.MinTrainers);
        }

        if (wanted > plan.MostTrainers)
        {
            return new LauncherAnswer.TooMany(wanted, plan.MostTrainers);
        }

        var (coming, going) = (new List<string>(), new List<string>());
        var present = _nodes.FindAll(node => node is { Plan.IsTrainer: true, Leaving: false });
        for (var missing = wanted - present.Count; missing > 0; missing--)
        {
            var newcomer = NodePlan.Trainer(++_trainers);
            coming.Add(newcomer.Name);
            Add(newcomer);
        }

        foreach (var node in present.Skip(wanted).Reverse())
        {
            going.Add(node.Name);
            LetGo(node);
        }

        return coming.Count > 0 ? new LauncherAnswer.Coming(coming, wanted, plan.Room)
            : going.Count > 0 ? new LauncherAnswer.Going(going, wanted)
            : new LauncherAnswer.AlreadyThere(wanted);
    }

    private LauncherAnswer Drain(string name)
    {
        var present = _nodes.FindAll(node => !node.Leaving);
        if (present.Find(node => node.Name == name) is not { } node)
        {
            return new LauncherAnswer.UnknownNode(name, [.. present.Select(other => other.Name)]);
        }

        var trainers = present.FindAll(other => other.Plan.IsTrainer);
        if (!node.Plan.IsTrainer)
        {
            return new LauncherAnswer.NoTrainer(node.Plan, [.. trainers.Select(other => other.Name)]);
        }

        if (trainers.Count - 1 < plan.MinTrainers)
        {
            return new LauncherAnswer.Indispensable(name, trainers.Count - 1, plan.MinTrainers);
        }

        LetGo(node);
        return new LauncherAnswer.TrainerLeaves(name, trainers.Count - 1);
    }

    private void LetGo(LaunchedNode node)
    {
        if (!node.Alive)
        {
            _nodes.Remove(node);
            return;
        }

        node.Leaving = true;
        if (node.Still)
        {
            // It hears nothing while it stands still on purpose.
            Do(new LauncherEffects.GoOn(node.Name));
        }

        Do(new LauncherEffects.AskToLeave(node.Name));
    }
}
