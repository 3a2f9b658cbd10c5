using System.Text;

namespace TiMix.Data.Text;

/// <summary>Text as people's programs leave it in files: UTF-8, or UTF-16 or UTF-32 with its mark (PowerShell writes it).</summary>
internal static class StoredText
{
    // UTF-32's mark begins with that of UTF-16, so it is asked for first.
    private static readonly Encoding[] Marked =
        [new UTF32Encoding(false, true), new UTF32Encoding(true, true), new UnicodeEncoding(false, true), new UnicodeEncoding(true, true)];

    /// <summary>The text without its mark. What is no text becomes U+FFFD.</summary>
    public static string Decode(ReadOnlySpan<byte> bytes)
    {
        var encoding = EncodingOf(bytes);
        var mark = encoding.Preamble;
        return encoding.GetString(bytes.StartsWith(mark) ? bytes[mark.Length..] : bytes);
    }

    /// <summary>The lines of the text; an end of line at its end begins none.</summary>
    public static string[] Lines(ReadOnlySpan<byte> bytes)
    {
        using var reader = new StringReader(Decode(bytes));
        List<string> lines = [];
        while (reader.ReadLine() is { } line)
        {
            lines.Add(line);
        }

        return [.. lines];
    }

    /// <summary>The encoding that the mark at the beginning says; UTF-8 without one.</summary>
    public static Encoding EncodingOf(ReadOnlySpan<byte> head)
    {
        foreach (var encoding in Marked)
        {
            if (head.StartsWith(encoding.Preamble))
            {
                return encoding;
            }
        }

        return Encoding.UTF8;
    }

    /// <summary>The same text in UTF-8 without a mark.</summary>
    public static ReadOnlyMemory<byte> Utf8(byte[] bytes) =>
        EncodingOf(bytes) is not UTF8Encoding ? Encoding.UTF8.GetBytes(Decode(bytes))
        : bytes.AsSpan().StartsWith(Encoding.UTF8.Preamble) ? bytes.AsMemory(Encoding.UTF8.Preamble.Length)
        : bytes;
}
