namespace TiMix.Protocol.Tests.Simulation;

/// <summary>The only source of chance of a simulation (SplitMix64), so that its seed says everything.</summary>
internal sealed class Chance(ulong seed)
{
    private ulong _state = seed * 0x9E3779B97F4A7C15 + 0x632BE59BD9B4E019;

    /// <summary>64 random bits.</summary>
    public ulong Next()
    {
        _state += 0x9E3779B97F4A7C15;
        return UndisturbedRun.Mix(_state);
    }

    /// <summary>A whole number of [0, <paramref name="bound"/>).</summary>
    public int Below(int bound) => (int)(Next() % (ulong)bound);

    /// <summary>A whole number of [<paramref name="low"/>, <paramref name="high"/>].</summary>
    public int Between(int low, int high) => low + Below(high - low + 1);

    /// <summary>True with this probability.</summary>
    public bool Of(double probability) => probability > 0 && (Next() >> 11) * (1.0 / (1UL << 53)) < probability;

    /// <summary>One of several.</summary>
    public T Pick<T>(IReadOnlyList<T> choices) => choices[Below(choices.Count)];
}
