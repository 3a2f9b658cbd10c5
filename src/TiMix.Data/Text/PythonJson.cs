using System.Buffers;

namespace TiMix.Data.Text;

/// <summary>
/// Python writes numbers that are none into JSON, and reads them again: <c>NaN</c>, <c>Infinity</c>, <c>-Infinity</c>. Here they
/// become <c>null</c>, which is what they mean where a text or a box was expected. Goes over the bytes in parts.
/// </summary>
internal struct PythonJson
{
    private static readonly SearchValues<byte> Outside = SearchValues.Create("\"NI-"u8);
    private static readonly SearchValues<byte> Inside = SearchValues.Create("\"\\"u8);
    private bool _inText;
    private bool _escaped;

    /// <summary>A whole document.</summary>
    public static ReadOnlyMemory<byte> Plain(ReadOnlyMemory<byte> json)
    {
        if (!json.Span.ContainsAny((byte)'N', (byte)'I'))
        {
            return json;
        }

        var written = new ArrayBufferWriter<byte>(json.Length + 64);
        default(PythonJson).Rewrite(json.Span, final: true, written);
        return written.WrittenMemory;
    }

    /// <summary>One part after the other.</summary>
    /// <param name="from">The next bytes.</param>
    /// <param name="final">Whether they are the last.</param>
    /// <param name="to">Where the rewritten ones go.</param>
    /// <returns>Bytes taken; the few that are left belong before the next part.</returns>
    public int Rewrite(ReadOnlySpan<byte> from, bool final, IBufferWriter<byte> to)
    {
        var at = 0;
        while (at < from.Length)
        {
            if (_escaped)
            {
                to.Write(from.Slice(at++, 1));
                _escaped = false;
                continue;
            }

            var rest = from[at..];
            var length = rest.IndexOfAny(_inText ? Inside : Outside);
            to.Write(length < 0 ? rest : rest[..length]);
            if (length < 0)
            {
                return from.Length;
            }

            at += length;
            rest = rest[length..];
            if (rest[0] is (byte)'"' or (byte)'\\')
            {
                _escaped = rest[0] == '\\';
                _inText ^= !_escaped;
                to.Write(rest[..1]);
                at++;
                continue;
            }

            var word = rest[0] == 'N' ? "NaN"u8 : rest[0] == 'I' ? "Infinity"u8 : "-Infinity"u8;
            if (rest.StartsWith(word))
            {
                to.Write("null"u8);
                at += word.Length;
            }
            else if (!final && rest.Length < word.Length && word.StartsWith(rest))
            {
                return at;
            }
            else
            {
                to.Write(rest[..1]);
                at++;
            }
        }

        return at;
    }
}
