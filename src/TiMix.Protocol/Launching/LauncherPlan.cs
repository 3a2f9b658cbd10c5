using TiMix.Base;
using TiMix.Protocol.Faults;

namespace TiMix.Protocol.Launching;

/// <summary>What a launched cluster is made of, and what is to be done to it.</summary>
public sealed record LauncherPlan
{
    /// <summary>Trainers at the start.</summary>
    public int Trainers { get; init; } = 2;

    /// <summary>Loaders; the first also evaluates.</summary>
    public int Loaders { get; init; } = 1;

    /// <summary>Mixers.</summary>
    public int Mixers { get; init; } = 1;

    /// <summary>Trainers that the run needs.</summary>
    public int MinTrainers { get; init; } = 1;

    /// <summary>Micro-batches of a step: more trainers have nothing to do.</summary>
    public int MostTrainers { get; init; } = int.MaxValue;

    /// <summary>Trainers that the machine's processors suffice for.</summary>
    public int Room { get; init; } = int.MaxValue;

    /// <summary>Deaths that are made good before the run is given up; injected ones do not count.</summary>
    public int MaxRestarts { get; init; } = 20;

    /// <summary>Milliseconds for which a trainer may say nothing.</summary>
    public long Lease { get; init; } = 3000;

    /// <summary>Faults to inject by step.</summary>
    public FaultSchedule Faults { get; init; } = FaultSchedule.None;

    /// <summary>The nodes at the start, coordinator first.</summary>
    public IReadOnlyList<NodePlan> Nodes =>
    [
        new(NodeRoles.Coordinator, [NodeRoles.Coordinator]),
        .. Enumerable.Range(1, Loaders).Select(
            number => new NodePlan($"loader-{number}", number == 1 ? [NodeRoles.Loader, NodeRoles.Evaluator] : [NodeRoles.Loader])),
        .. Enumerable.Range(1, Mixers).Select(number => new NodePlan($"mixer-{number}", [NodeRoles.Mixer])),
        .. Enumerable.Range(1, Trainers).Select(NodePlan.Trainer),
    ];
}
