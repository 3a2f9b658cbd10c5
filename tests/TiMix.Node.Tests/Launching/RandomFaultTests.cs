using TiMix.Protocol.Faults;
using TiMix.Testing.Live;

namespace TiMix.Node.Tests.Launching;

/// <summary>Schedules of faults drawn from seeds.</summary>
public sealed class RandomFaultTests(UndisturbedRun undisturbed) : LiveRuns(undisturbed)
{
    private const int Faults = 6;

    public static TheoryData<ulong> Some => [.. Seeds(1, 2)];

    public static TheoryData<ulong> Many => [.. Seeds(3, 10)];

    [Theory]
    [MemberData(nameof(Some))]
    [MemberData(nameof(Many), Traits = ["suite", "deep"])]
    public Task Random_faults_do_not_reach_the_weights(ulong seed)
    {
        // Silence is shorter here, as leases are.
        var faults = FaultSchedule.Random(seed, Faults, first: 5, last: UndisturbedRun.Steps - 5, trainers: 2).Faults;
        return RunAsync(2, string.Join(',', faults.Select(fault => fault with { Duration = fault.Duration / 2 })));
    }

    private static IEnumerable<ulong> Seeds(int first, int count) => Enumerable.Range(first, count).Select(seed => (ulong)seed);
}
