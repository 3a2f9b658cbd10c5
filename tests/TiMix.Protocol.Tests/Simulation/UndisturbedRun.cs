namespace TiMix.Protocol.Tests.Simulation;

/// <summary>
/// What training is in a simulation: a state is a 64-bit hash, and the next one follows from it and from a sum over all
/// micro-batches, as weights do. A micro-batch that is missing, doubled, or computed from other weights changes every later hash.
/// </summary>
internal static class UndisturbedRun
{
    /// <summary>V.</summary>
    public const int MicroBatches = 8;

    /// <summary>The state drawn from the run's seed.</summary>
    public const ulong Drawn = 0x7469_4D69_7800_0001;

    private const int LongestRun = 128;
    private static readonly ulong[] States = Train();

    /// <summary>The only right state after so many steps.</summary>
    public static ulong StateAt(long step) => States[step];

    /// <summary>What a micro-batch adds to the sum of a step.</summary>
    public static ulong Contribution(ulong state, long step, int microBatch) => Mix(state ^ Mix(((ulong)step << 8) | (uint)microBatch));

    /// <summary>What the micro-batches [first, first + count) add together.</summary>
    public static ulong PartialSum(ulong state, long step, int first, int count)
    {
        ulong sum = 0;
        for (var m = first; m < first + count; m++)
        {
            sum += Contribution(state, step, m);
        }

        return sum;
    }

    /// <summary>The state after a step.</summary>
    public static ulong Apply(ulong state, ulong sum) => Mix((state * 3) ^ sum);

    /// <summary>A bijection that scatters bits.</summary>
    public static ulong Mix(ulong value)
    {
        value = (value ^ (value >> 30)) * 0xBF58476D1CE4E5B9;
        value = (value ^ (value >> 27)) * 0x94D049BB133111EB;
        return value ^ (value >> 31);
    }

    private static ulong[] Train()
    {
        var states = new ulong[LongestRun + 1];
        states[0] = Drawn;
        for (var step = 0; step < LongestRun; step++)
        {
            states[step + 1] = Apply(states[step], PartialSum(states[step], step, 0, MicroBatches));
        }

        return states;
    }
}
