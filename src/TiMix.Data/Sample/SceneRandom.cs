namespace TiMix.Data.Sample;

/// <summary>
/// SplitMix64 (Steele, Lea, Flood 2014). The sample keeps its own generator: the bytes of the corpus hang on every
/// draw, so nothing that serves others may change it.
/// </summary>
internal sealed class SceneRandom
{
    private const ulong Golden = 0x9E3779B97F4A7C15UL;
    private ulong _state;

    /// <summary>A generator of its own for each different list of numbers.</summary>
    public SceneRandom(params ReadOnlySpan<ulong> seeds)
    {
        foreach (var seed in seeds) _state = Scramble(_state + Golden + seed);
    }

    public ulong Next() => Scramble(_state += Golden);

    /// <summary>Uniform in [0, bound).</summary>
    public int Below(int bound) => (int)Math.BigMul(Next(), (ulong)bound, out _);

    /// <summary>Uniform in [low, high], both included.</summary>
    public int Between(int low, int high) => low + Below(high - low + 1);

    /// <summary>True <paramref name="percent"/> times out of a hundred.</summary>
    public bool Chance(int percent) => Below(100) < percent;

    private static ulong Scramble(ulong z)
    {
        z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9UL;
        z = (z ^ (z >> 27)) * 0x94D049BB133111EBUL;
        return z ^ (z >> 31);
    }
}
