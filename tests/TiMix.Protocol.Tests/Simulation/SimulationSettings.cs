using TiMix.Protocol.Coordination;
using TiMix.Protocol.Faults;

namespace TiMix.Protocol.Tests.Simulation;

/// <summary>All that is fixed before a simulation begins.</summary>
internal sealed record SimulationSettings
{
    /// <summary>Says everything that is random.</summary>
    public ulong Seed { get; init; } = 1;

    /// <summary>Steps of the run.</summary>
    public int Steps { get; init; } = 30;

    /// <summary>Nodes with a trainer at the beginning.</summary>
    public int Trainers { get; init; } = 3;

    /// <summary>A snapshot after every so many steps.</summary>
    public int SnapshotEvery { get; init; } = 10;

    /// <summary>Probability that a message between a trainer and the coordinator is lost.</summary>
    public double Loss { get; init; }

    /// <summary>Probability that it comes twice.</summary>
    public double Duplicates { get; init; }

    /// <summary>Probability that it takes seconds.</summary>
    public double Stragglers { get; init; }

    /// <summary>Probability that a snapshot cannot be written.</summary>
    public double SnapshotFailures { get; init; }

    /// <summary>Probability that the launcher tells the coordinator of a death; the failure detector is slower.</summary>
    public double LauncherReports { get; init; } = 0.5;

    /// <summary>Whether a link that is closed after the last step of a view is told from one that breaks.</summary>
    public bool Goodbyes { get; init; } = true;

    /// <summary>How often a node starts its trainer again.</summary>
    public int Restarts { get; init; } = 4;

    /// <summary>When the last fault is over, after the beginning.</summary>
    public int FaultsEndAfter { get; init; } = 15_000;

    /// <summary>What happens to the run.</summary>
    public IReadOnlyList<Fault> Faults { get; init; } = [];

    /// <summary>The coordinator's leases; deadlines are short so that a simulation is.</summary>
    public MembershipOptions Leases { get; init; } = new() { HaltDeadline = TimeSpan.FromSeconds(8), PrepareDeadline = TimeSpan.FromSeconds(12), StartWait = TimeSpan.FromSeconds(2) };

    /// <summary>The lease, in milliseconds.</summary>
    public int Lease => (int)Leases.Lease.TotalMilliseconds;

    /// <summary>How it is replayed and what happens in it, for the reader of a failure.</summary>
    public override string ToString() =>
        $"seed {Seed}: {Steps} steps, {Trainers} trainers (at least {Leases.MinTrainers}), snapshot every {SnapshotEvery}, "
        + $"loss {Loss}, duplicates {Duplicates}, stragglers {Stragglers}, failing snapshots {SnapshotFailures}, launcher reports {LauncherReports}, goodbyes {Goodbyes}"
        + string.Concat(Faults.Select(fault => $"\n    {fault}"));
}
