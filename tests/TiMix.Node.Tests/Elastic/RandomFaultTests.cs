using TiMix.Protocol.Faults;
using TiMix.Testing.Live;

namespace TiMix.Node.Tests.Elastic;

/// <summary>Schedules of faults drawn from seeds.</summary>
public sealed class RandomFaultTests(UndisturbedRun undisturbed) : LiveRuns(undisturbed)
{
    private const int Faults = 6;

    public static TheoryData<ulong> Seeds => [.. Enumerable.Range(1, 10).Select(seed => (ulong)seed)];

    [Theory]
    [MemberData(nameof(Seeds))]
    public Task Random_faults_do_not_reach_the_weights(ulong seed)
    {
        // Silence is shorter here, as leases are.
        var faults = FaultSchedule.Random(seed, Faults, first: 5, last: UndisturbedRun.Steps - 5, trainers: 2).Faults;
        return RunAsync(2, string.Join(',', faults.Select(fault => fault with { Duration = fault.Duration / 4 })));
    }
}
