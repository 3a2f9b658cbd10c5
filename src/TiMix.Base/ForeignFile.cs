using System.Text;

namespace TiMix.Base;

/// <summary>Knows by their first bytes files that people give in the place of others, so that a message can say what they are.</summary>
public static class ForeignFile
{
    /// <summary>Bytes from the beginning that tell all that is known here.</summary>
    public const int Looked = 128;

    /// <summary>What a file is and what would be right, as the rest of a sentence that begins with its name; null: nothing that is known.</summary>
    /// <param name="head">The first bytes, <see cref="Looked"/> of them or as many as there are.</param>
    public static string? Describe(ReadOnlySpan<byte> head) =>
        head.StartsWith((ReadOnlySpan<byte>)[0x1F, 0x8B]) ? "is compressed (gzip); unpack it first"
        : head.StartsWith("BZh"u8) && head.Length >= 10 && head[4..10].SequenceEqual("1AY&SY"u8) ? "is compressed (bzip2); unpack it first"
        : head.StartsWith((ReadOnlySpan<byte>)[0xFD, (byte)'7', (byte)'z', (byte)'X', (byte)'Z', 0]) ? "is compressed (xz); unpack it first"
        : head.StartsWith((ReadOnlySpan<byte>)[0x28, 0xB5, 0x2F, 0xFD]) ? "is compressed (zstd); unpack it first"
        : head.StartsWith((ReadOnlySpan<byte>)[0x04, 0x22, 0x4D, 0x18]) ? "is compressed (lz4); unpack it first"
        : head.StartsWith("PK\u0003\u0004"u8) ? "is a zip archive; unpack it first"
        : head.StartsWith((ReadOnlySpan<byte>)[(byte)'7', (byte)'z', 0xBC, 0xAF, 0x27, 0x1C]) ? "is a 7z archive; unpack it first"
        : head.StartsWith("version https://git-lfs.github.com/spec/"u8) ? "is a pointer of Git LFS and not the file itself; fetch that by git lfs pull"
        : head.StartsWith("PAR1"u8) ? "is a Parquet file; right would be its rows as a table (CSV) or as JSON"
        : IsWebPage(head) ? "is a web page (HTML), perhaps in the place of a download that failed; fetch it anew"
        : null;

    private static bool IsWebPage(ReadOnlySpan<byte> head)
    {
        var text = Encoding.ASCII.GetString(head[..Math.Min(head.Length, Looked)]).TrimStart('?', ' ', '\t', '\r', '\n');
        return text.StartsWith("<!doctype html", StringComparison.OrdinalIgnoreCase) || text.StartsWith("<html", StringComparison.OrdinalIgnoreCase);
    }
}
