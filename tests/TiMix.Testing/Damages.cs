using TiMix.Base;

namespace TiMix.Testing;

/// <summary>Damages bytes by a seed: turns bits over, cuts, repeats, moves, and puts in what parsers are afraid of.</summary>
public static class Damages
{
    private static readonly byte[][] Feared =
    [
        [0], [0xFF], [0xC3], [0xED, 0xA0, 0x80], [0xFF, 0xFE], [0xEF, 0xBB, 0xBF], "\""u8.ToArray(), "\\"u8.ToArray(), "\\ud800"u8.ToArray(), "{"u8.ToArray(),
        "["u8.ToArray(), "}"u8.ToArray(), "NaN"u8.ToArray(), "-Infinity"u8.ToArray(), "null"u8.ToArray(), "1e999"u8.ToArray(), "-1"u8.ToArray(),
        "99999999999999999999999999"u8.ToArray(), "\n"u8.ToArray(), ","u8.ToArray(), "<"u8.ToArray(), "&#0;"u8.ToArray(), "]]>"u8.ToArray(),
        [.. Enumerable.Repeat((byte)'[', 300)], [.. Enumerable.Repeat((byte)'7', 300)],
    ];

    /// <summary>One to four damages.</summary>
    public static byte[] Of(ReadOnlySpan<byte> whole, ulong seed)
    {
        var random = new SeededRandom(Seeds.Mix(0x64616D616765, seed));
        List<byte> bytes = [.. whole];
        for (var n = 1 + random.NextInt(4); n > 0; n--)
        {
            var at = random.NextInt(bytes.Count + 1);
            var length = Math.Min(1 + random.NextInt(40), bytes.Count - at);
            switch (random.NextInt(6))
            {
                case 0 when at < bytes.Count:
                    bytes[at] ^= (byte)(1 << random.NextInt(8));
                    break;
                case 1:
                    bytes.RemoveRange(at, bytes.Count - at);
                    break;
                case 2:
                    bytes.RemoveRange(at, length);
                    break;
                case 3:
                    bytes.InsertRange(random.NextInt(bytes.Count + 1), bytes.GetRange(at, length));
                    break;
                default:
                    bytes.InsertRange(at, Feared[random.NextInt(Feared.Length)]);
                    break;
            }
        }

        return [.. bytes];
    }
}
