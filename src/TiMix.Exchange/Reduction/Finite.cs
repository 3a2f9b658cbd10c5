using System.Numerics;
using System.Runtime.InteropServices;

namespace TiMix.Exchange.Reduction;

/// <summary>Looks for floats that are not numbers, or not finite.</summary>
public static class Finite
{
    /// <summary>Whether all of them are finite; as fast as they can be read.</summary>
    public static bool All(ReadOnlySpan<float> values)
    {
        var (exponent, bad) = (new Vector<uint>(0x7F80_0000), Vector<uint>.Zero);
        var vectors = MemoryMarshal.Cast<float, Vector<uint>>(values);
        foreach (ref readonly var vector in vectors)
        {
            bad |= Vector.Equals(vector & exponent, exponent);
        }

        var finite = Vector.EqualsAll(bad, Vector<uint>.Zero);
        foreach (var value in values[(vectors.Length * Vector<uint>.Count)..])
        {
            finite &= float.IsFinite(value);
        }

        return finite;
    }
}
