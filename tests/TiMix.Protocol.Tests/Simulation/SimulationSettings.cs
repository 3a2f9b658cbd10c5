using TiMix.Protocol.Coordination;
using TiMix.Protocol.Values;

namespace TiMix.Protocol.Tests.Simulation;

/// <summary>All that is fixed before a simulation begins.</summary>
internal sealed record SimulationSettings
{
    /// <summary>Says everything that is random.</summary>
    public ulong Seed { get; init; } = 1;

    /// <summary>Steps of the run.</summary>
    public int Steps { get; init; } = 30;

    /// <summary>Micro-batches V of a step.</summary>
    public int MicroBatches { get; init; } = 6;

    /// <summary>Micro-batches that a trainer has beyond its step.</summary>
    public int Prefetch { get; init; } = 2;

    /// <summary>Steps between two versions of the teacher.</summary>
    public int RefreshEvery { get; init; } = 4;

    /// <summary>Which steps ask the teacher.</summary>
    public TeacherNeed Teacher { get; init; } = new(0, long.MaxValue);

    /// <summary>A snapshot after every so many steps.</summary>
    public int SnapshotEvery { get; init; } = 10;

    /// <summary>An evaluation after every so many steps; 0: at the end.</summary>
    public int EvaluateEvery { get; init; }

    /// <summary>Snapshots kept.</summary>
    public int KeepSnapshots { get; init; } = 2;

    /// <summary>Nodes with a trainer at the beginning.</summary>
    public int Trainers { get; init; } = 3;

    /// <summary>Nodes that may be the coordinator.</summary>
    public int Coordinators { get; init; } = 1;

    /// <summary>Nodes with a mixer.</summary>
    public int Mixers { get; init; } = 1;

    /// <summary>Nodes with a loader.</summary>
    public int Loaders { get; init; } = 1;

    /// <summary>Whether a launcher keeps the nodes and tells the coordinator of deaths; otherwise each is kept by itself.</summary>
    public bool Launched { get; init; }

    /// <summary>Probability that a message between a node and the coordinator is lost; between others it is a fifth of that.</summary>
    public double Loss { get; init; }

    /// <summary>Probability that it comes twice.</summary>
    public double Duplicates { get; init; }

    /// <summary>Probability that it takes seconds.</summary>
    public double Stragglers { get; init; }

    /// <summary>Probability that a snapshot cannot be written.</summary>
    public double SnapshotFailures { get; init; }

    /// <summary>Whether a link that is closed after the last step of a view is told from one that breaks.</summary>
    public bool Goodbyes { get; init; } = true;

    /// <summary>How often a node starts its process again, or a launcher all of them together.</summary>
    public int Restarts { get; init; } = 8;

    /// <summary>When the last fault is over, after the beginning.</summary>
    public int FaultsEndAfter { get; init; } = 15_000;

    /// <summary>What happens to the run.</summary>
    public IReadOnlyList<Fault> Faults { get; init; } = [];

    /// <summary>Whether every message between those who live arrives, and soon.</summary>
    public bool IsQuietNetwork =>
        this is { Loss: 0, Stragglers: 0 }
        && !Faults.Any(fault => fault.Kind is FaultKind.CutFromAll or FaultKind.CutFromCoordinator or FaultKind.Deafen or FaultKind.Hang);

    /// <summary>Whether wrong bits may come of a step or a copy.</summary>
    public bool WrongSteps => Faults.Any(fault => fault.Kind is FaultKind.FlipAtApply or FaultKind.CorruptCopy);

    /// <summary>The coordinator's leases; deadlines are short so that a simulation is.</summary>
    public MembershipOptions Leases { get; init; } = new()
    {
        HaltDeadline = TimeSpan.FromSeconds(8), PrepareDeadline = TimeSpan.FromSeconds(12), StartWait = TimeSpan.FromSeconds(2),
        StepDeadline = TimeSpan.FromSeconds(6),
    };

    /// <summary>The lease, in milliseconds.</summary>
    public int Lease => (int)Leases.Lease.TotalMilliseconds;

    /// <summary>What the roles know of the recipe.</summary>
    public RunPlan Plan => new()
    {
        Steps = Steps,
        MicroBatches = MicroBatches,
        Prefetch = Prefetch,
        SnapshotEvery = SnapshotEvery,
        KeepSnapshots = KeepSnapshots,
        EvaluateEvery = EvaluateEvery,
        TeacherRefreshEvery = RefreshEvery,
        SplitsWhileTraining = ["validation"],
        SplitsAtEnd = ["validation", "test"],
    };

    /// <summary>How it is replayed and what happens in it, for the reader of a failure.</summary>
    public override string ToString() =>
        $"seed {Seed}: {Steps} steps of {MicroBatches}, {Trainers} trainers (at least {Leases.MinTrainers}), "
        + $"{Coordinators} coordinators, {Mixers} mixers, {Loaders} loaders, "
        + $"{(Launched ? "launched" : "not launched")}, snapshot every {SnapshotEvery}, evaluation every {EvaluateEvery}, {KeepSnapshots} kept, "
        + $"prefetch {Prefetch}, teacher every {RefreshEvery}, "
        + $"loss {Loss}, duplicates {Duplicates}, stragglers {Stragglers}, failing snapshots {SnapshotFailures}, goodbyes {Goodbyes}, restarts {Restarts}"
        + string.Concat(Faults.Select(fault => $"\n    {fault}"));
}
