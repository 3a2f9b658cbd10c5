using System.Numerics;

namespace TiMix.Base;

/// <summary>Seeds made of parts, e.g. (run seed, step, micro-batch): everything random follows from them and from nothing else.</summary>
public static class Seeds
{
    private const ulong Golden = 0x9E3779B97F4A7C15;

    /// <summary>A hash of the parts in their order: SplitMix64's finaliser, chained.</summary>
    public static ulong Mix(params ReadOnlySpan<ulong> parts)
    {
        var state = Finish(Golden + (ulong)parts.Length);
        foreach (var part in parts)
        {
            state = Finish(unchecked((state ^ part) + Golden));
        }

        return state;
    }

    internal static ulong Finish(ulong z)
    {
        unchecked
        {
            z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
            z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
            return z ^ (z >> 31);
        }
    }
}

/// <summary>xoshiro256**, seeded by SplitMix64. A mutable value: pass it by reference. The same on every machine.</summary>
public struct SeededRandom
{
    private ulong _s0, _s1, _s2, _s3;

    /// <summary>A generator whose whole sequence follows from the seed.</summary>
    public SeededRandom(ulong seed)
    {
        unchecked
        {
            _s0 = Seeds.Finish(seed += 0x9E3779B97F4A7C15);
            _s1 = Seeds.Finish(seed += 0x9E3779B97F4A7C15);
            _s2 = Seeds.Finish(seed += 0x9E3779B97F4A7C15);
            _s3 = Seeds.Finish(seed + 0x9E3779B97F4A7C15);
        }
    }

    /// <summary>64 random bits.</summary>
    public ulong NextUInt64()
    {
        unchecked
        {
            var result = BitOperations.RotateLeft(_s1 * 5, 7) * 9;
            var t = _s1 << 17;
            _s2 ^= _s0;
            _s3 ^= _s1;
            _s1 ^= _s2;
            _s0 ^= _s3;
            _s2 ^= t;
            _s3 = BitOperations.RotateLeft(_s3, 45);
            return result;
        }
    }

    /// <summary>Uniform on 0 … n-1, without bias (numbers of the incomplete last range are drawn anew).</summary>
    public int NextInt(int n)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(n, 1);
        var range = (ulong)n;
        var threshold = unchecked(0UL - range) % range;
        while (true)
        {
            var high = Math.BigMul(NextUInt64(), range, out var low);
            if (low >= threshold)
            {
                return (int)high;
            }
        }
    }

    /// <summary>Uniform on [0, 1), 53 bits.</summary>
    public double NextDouble() => (NextUInt64() >> 11) * (1.0 / (1UL << 53));

    /// <summary>Uniform on [low, high).</summary>
    public double NextDouble(double low, double high) => low + ((high - low) * NextDouble());

    /// <summary>Normal with mean 0 and standard deviation 1 (Box–Muller, one of the pair).</summary>
    public double NextGaussian() => Math.Sqrt(-2 * Math.Log(1 - NextDouble())) * Math.Cos(2 * Math.PI * NextDouble());

    /// <summary>Puts the items in a random order (Fisher–Yates).</summary>
    public void Shuffle<T>(Span<T> items)
    {
        for (var i = items.Length - 1; i > 0; i--)
        {
            var j = NextInt(i + 1);
            (items[i], items[j]) = (items[j], items[i]);
        }
    }
}
