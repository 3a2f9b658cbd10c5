using System.Buffers;
using System.Text;

namespace TiMix.Data.Shards;

/// <summary>
/// Names in a tar are bytes, of whatever encoding the machine had that wrote it. They are compared as bytes, held as a text of one
/// character a byte, so that two names are never taken for one; only what is shown is decoded.
/// </summary>
internal static class TarName
{
    /// <summary>One character a byte, up to the first zero.</summary>
    public static string Of(ReadOnlySpan<byte> bytes)
    {
        var end = bytes.IndexOf((byte)0);
        return Encoding.Latin1.GetString(end < 0 ? bytes : bytes[..end]);
    }

    /// <summary>The name as UTF-8; bytes that are none as \xEA.</summary>
    public static string Shown(string name)
    {
        ReadOnlySpan<byte> bytes = Encoding.Latin1.GetBytes(name);
        var shown = new StringBuilder(name.Length);
        while (!bytes.IsEmpty)
        {
            var isText = Rune.DecodeFromUtf8(bytes, out var rune, out var length) == OperationStatus.Done;
            if (isText)
            {
                shown.Append(rune.ToString());
            }
            else
            {
                foreach (var one in bytes[..length])
                {
                    shown.Append("\\x").Append(one.ToString("X2", System.Globalization.CultureInfo.InvariantCulture));
                }
            }

            bytes = bytes[length..];
        }

        return shown.ToString();
    }
}
