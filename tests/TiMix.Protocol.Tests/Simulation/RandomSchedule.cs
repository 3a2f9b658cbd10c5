using TiMix.Protocol.Values;

namespace TiMix.Protocol.Tests.Simulation;

/// <summary>What happens under a seed: how many nodes, how bad the network, which faults and when.</summary>
internal static class RandomSchedule
{
    private static readonly FaultKind[] Anything =
    [
        FaultKind.Kill, FaultKind.Kill, FaultKind.Kill, FaultKind.Hang, FaultKind.Hang, FaultKind.Drain, FaultKind.Join, FaultKind.Join,
        FaultKind.KillCoordinator, FaultKind.KillCoordinator, FaultKind.HangCoordinator, FaultKind.LoseJournal,
        FaultKind.KillMixer, FaultKind.KillLoader, FaultKind.KillEvaluator,
        FaultKind.CutFromCoordinator, FaultKind.CutFromPeer, FaultKind.CutFromAll, FaultKind.KillAll, FaultKind.Stop,
        FaultKind.FlipAtRest, FaultKind.FlipAtRest, FaultKind.DamageSnapshot,
        FaultKind.FillDisk, FaultKind.FailEvaluation, FaultKind.Deafen, FaultKind.FlipOnOrder, FaultKind.Pause, FaultKind.WantSnapshot,
        FaultKind.FillAudit, FaultKind.FillRecords,
    ];

    /// <summary>
    /// A step that gives wrong bits is found out by comparing with the others; if the others die before they could be compared,
    /// nobody can know. So these come only with faults that leave the others alive.
    /// </summary>
    private static readonly FaultKind[] WithWrongSteps =
    [
        FaultKind.FlipAtApply, FaultKind.FlipAtApply, FaultKind.FlipAtApply, FaultKind.CorruptCopy, FaultKind.Join, FaultKind.Drain,
        FaultKind.KillCoordinator, FaultKind.Stop,
        FaultKind.KillMixer, FaultKind.Pause,
    ];

    private static readonly Point[] Points = Enum.GetValues<Point>();

    /// <summary>The schedule of a seed.</summary>
    public static SimulationSettings Of(ulong seed)
    {
        var chance = new Chance(seed ^ 0x5EED);
        var wrongSteps = chance.Of(0.15);
        var trainers = chance.Between(1, 5);
        var steps = chance.Between(16, 40);
        var settings = new SimulationSettings
        {
            Seed = seed,
            Steps = steps,
            MicroBatches = chance.Pick([2, 4, 4, 6]),
            Prefetch = chance.Pick([0, 1, 2, 5]),
            RefreshEvery = chance.Pick([1, 3, 5, 8]),
            Teacher = chance.Pick([new TeacherNeed(0, long.MaxValue), new TeacherNeed(long.MaxValue, steps / 2), new TeacherNeed(steps / 3, 0)]),
            SnapshotEvery = chance.Pick([4, 5, 10, 100]),
            EvaluateEvery = chance.Pick([0, 3, 8]),
            KeepSnapshots = chance.Pick([1, 2, 3]),
            Trainers = trainers,
            Coordinators = chance.Pick([1, 1, 2, 3]),
            Mixers = chance.Pick([1, 1, 2]),
            Loaders = chance.Pick([1, 1, 2]),
            Launched = chance.Of(0.4),
            Loss = chance.Pick([0, 0, 0.02, 0.1, wrongSteps ? 0.05 : 0.3]),
            Duplicates = chance.Pick([0, 0.05, 0.2]),
            Stragglers = wrongSteps ? 0 : chance.Pick([0, 0, 0.02, 0.1]),
            SnapshotFailures = chance.Pick([0, 0, 0.3]),
            Restarts = chance.Pick([1, 4, 20]),
            Goodbyes = wrongSteps || chance.Of(0.7),
            Faults = [.. Enumerable.Range(0, chance.Between(0, 14)).Select(_ => AFault(chance, wrongSteps ? WithWrongSteps : Anything))],
            Leases = new SimulationSettings().Leases with
            {
                MinTrainers = chance.Of(0.7) ? 1 : Math.Min(2, trainers),
                StartTrainers = chance.Between(1, trainers),
                Spares = chance.Pick([0, 0, 1, 2]),
            },
        };

        // One bad machine at a time: a liar comes with faults that leave right what others compute.
        return wrongSteps || !chance.Of(0.3) ? settings : settings with { Faults = [.. settings.Faults, ALiar(chance)] };
    }

    private static Fault ALiar(Chance chance) => new(
        FaultKind.Lie, Point: Point.Applied, Occurrence: chance.Between(1, 60), Target: chance.Between(0, 4), Lie: chance.Pick(Enum.GetValues<SimulatedLie>()));

    private static Fault AFault(Chance chance, FaultKind[] kinds)
    {
        var kind = chance.Pick(kinds);
        var isLong = kind is FaultKind.Hang or FaultKind.HangCoordinator && chance.Of(0.5);
        var duration = isLong ? chance.Between(3000, 9000) : chance.Of(0.5) ? chance.Between(1, 800) : chance.Between(500, 5000);
        if (chance.Of(0.3))
        {
            return new Fault(kind, At: chance.Between(0, 8000), Target: chance.Between(0, 4), Duration: duration);
        }

        var occurrence = 1 + (chance.Of(0.5) ? chance.Below(6) : chance.Below(60));
        return new Fault(kind, Point: chance.Pick(Points), Occurrence: occurrence, Target: chance.Of(0.8) ? -1 : chance.Between(0, 4), Duration: duration);
    }
}
