using TiMix.Base;
using TiMix.Protocol.Values;

namespace TiMix.Protocol.Faults;

/// <summary>
/// Faults drawn from a seed. A flipped bit is left to schedules that name it: of two trainers that differ nobody can say which
/// is right, and where one of them dies before they have compared, the other is believed.
/// </summary>
/// <param name="seed">The same seed gives the same faults in the same situations.</param>
public sealed class RandomFaults(ulong seed)
{
    private const ulong Domain = 0x6661756C74; // "fault"
    private const double LongestSeconds = 8;

    private static readonly (double Share, FaultKind Kind, string Target)[] Kinds =
    [
        (0.34, FaultKind.Kill, "trainer"), (0.10, FaultKind.Kill, "mixer"), (0.07, FaultKind.Kill, "loader"), (0.10, FaultKind.Kill, "coordinator"),
        (0.10, FaultKind.Hang, "trainer"), (0.10, FaultKind.Partition, "trainer"), (0.10, FaultKind.Join, "trainer"), (0.09, FaultKind.Drain, "trainer"),
    ];

    private ulong _drawn;

    /// <summary>From 0 up, below 1.</summary>
    public double NextUnit() => (Seeds.Mix(seed, Domain, _drawn++) >> 11) * (1.0 / (1UL << 53));

    /// <summary>The next fault.</summary>
    /// <param name="step">When.</param>
    /// <param name="there">Trainers that there are.</param>
    /// <param name="wanted">Trainers that there should be, more or less.</param>
    public Fault Next(long step, int there, int wanted)
    {
        var at = NextUnit();
        var (_, kind, target) = Kinds.FirstOrDefault(candidate => (at -= candidate.Share) < 0, Kinds[0]);
        kind = kind switch
        {
            FaultKind.Join when there > wanted => FaultKind.Drain,
            FaultKind.Drain when there < wanted || there < 2 => FaultKind.Join,
            _ => kind,
        };

        // Half of the hanging trainers wake up again, as zombies.
        var seconds = Math.Round(1 + (NextUnit() * (LongestSeconds - 1)), 1);
        var lasts = kind == FaultKind.Partition || (kind == FaultKind.Hang && NextUnit() < 0.5);
        return new Fault(kind, target, step, lasts ? TimeSpan.FromSeconds(seconds) : TimeSpan.Zero);
    }

    /// <summary>One of several, such as the node that it hits.</summary>
    public T Pick<T>(IReadOnlyList<T> among) => among[(int)(NextUnit() * among.Count)];
}
