using TiMix.Protocol.Faults;

namespace TiMix.Protocol.Tests.Simulation;

/// <summary>What happens under a seed: how many trainers, how bad the network, which faults and when.</summary>
internal static class RandomSchedule
{
    private static readonly FaultKind[] Anything =
    [
        FaultKind.Kill, FaultKind.Kill, FaultKind.Kill, FaultKind.Hang, FaultKind.Hang, FaultKind.Drain, FaultKind.Join, FaultKind.Join, FaultKind.CoordinatorCrash, FaultKind.CoordinatorCrash,
        FaultKind.CutFromCoordinator, FaultKind.CutFromPeer, FaultKind.KillAll, FaultKind.Pause, FaultKind.FlipAtRest, FaultKind.DamageSnapshot,
    ];

    /// <summary>
    /// A step that gives wrong bits is found out by comparing with the others; if the others die before they could be compared,
    /// nobody can know. So these come only with faults that leave the others alive.
    /// </summary>
    private static readonly FaultKind[] WithWrongSteps = [FaultKind.FlipAtApply, FaultKind.FlipAtApply, FaultKind.Join, FaultKind.Drain, FaultKind.CoordinatorCrash, FaultKind.Pause, FaultKind.FlipAtApply, FaultKind.CorruptCopy];

    private static readonly Point[] Points = Enum.GetValues<Point>();

    /// <summary>The schedule of a seed.</summary>
    public static SimulationSettings Of(ulong seed)
    {
        var chance = new Chance(seed ^ 0x5EED);
        var wrongSteps = chance.Of(0.15);
        var trainers = chance.Between(1, 5);
        var faults = Enumerable.Range(0, chance.Between(0, 12)).Select(_ => AFault(chance, wrongSteps ? WithWrongSteps : Anything)).ToList();

        // Drawn apart, so that what a seed meant before there were such wishes is what it means today.
        var wishes = new Chance(seed ^ 0x3155);
        faults.AddRange(Enumerable.Range(0, wrongSteps || wishes.Of(0.6) ? 0 : wishes.Between(1, 3)).Select(_ => AFault(wishes, [FaultKind.Hold, FaultKind.WantSnapshot])));
        return new SimulationSettings
        {
            Seed = seed,
            Steps = chance.Between(20, 60),
            Trainers = trainers,
            SnapshotEvery = chance.Pick([5, 10, 15, 100]),
            Loss = chance.Pick([0, 0, 0.02, 0.1, wrongSteps ? 0.05 : 0.3]),
            Duplicates = chance.Pick([0, 0.05, 0.2]),
            Stragglers = wrongSteps ? 0 : chance.Pick([0, 0, 0.02, 0.1]),
            SnapshotFailures = chance.Pick([0, 0, 0.3]),
            LauncherReports = chance.Pick([0, 0.5, 1]),
            Goodbyes = wrongSteps || chance.Of(0.7),
            Faults = [.. faults],
            Leases = new SimulationSettings().Leases with { MinTrainers = chance.Of(0.7) ? 1 : Math.Min(2, trainers), StartTrainers = chance.Between(1, trainers) },
        };
    }

    private static Fault AFault(Chance chance, FaultKind[] kinds)
    {
        var kind = chance.Pick(kinds);
        var duration = kind == FaultKind.Hang && chance.Of(0.5) ? chance.Between(3000, 9000) : chance.Of(0.5) ? chance.Between(1, 800) : chance.Between(500, 5000);
        return chance.Of(0.4)
            ? new Fault(kind, At: chance.Between(0, 8000), Target: chance.Between(0, 4), Duration: duration)
            : new Fault(kind, Point: chance.Pick(Points), Occurrence: 1 + (chance.Of(0.5) ? chance.Below(6) : chance.Below(60)), Target: chance.Of(0.8) ? -1 : chance.Between(0, 4), Duration: duration);
    }
}
