using System.Buffers.Binary;

namespace TiMix.Data.Images;

/// <summary>
/// Looks at the markers of a JPEG (ITU T.81). One whose picture comes in several scans, as all progressive ones do, is decoded from
/// however many of them are there, and the decoder says nothing: it is blurred, or grey where a scan breaks off.
/// </summary>
internal static class JpegScans
{
    private const byte EndOfImage = 0xD9, StartOfScan = 0xDA, Filler = 0xFF;

    /// <summary>Whether it has several scans and ends before the mark that ends the picture.</summary>
    public static bool IsCutOff(ReadOnlySpan<byte> jpeg)
    {
        var (at, severalScans, components) = (2, false, 0);
        while (true)
        {
            var next = jpeg[Math.Min(at, jpeg.Length)..].IndexOf(Filler);
            if (next < 0 || at + next + 1 >= jpeg.Length)
            {
                return severalScans;
            }

            at += next + 1;
            var marker = jpeg[at];
            if (marker is Filler)
            {
                continue;
            }

            at++;
            if (marker is EndOfImage)
            {
                return false;
            }

            // A zero is a byte FF of the picture; marks for restarting and a second beginning have no length.
            if (marker is 0 or 1 or (>= 0xD0 and <= 0xD8))
            {
                continue;
            }

            if (at + 2 > jpeg.Length || BinaryPrimitives.ReadUInt16BigEndian(jpeg[at..]) is var length && at + length > jpeg.Length)
            {
                return severalScans;
            }

            var segment = jpeg.Slice(at, Math.Max(2, (int)length));
            if (IsFrame(marker) && segment.Length > 7)
            {
                components = segment[7];
                severalScans |= marker is 0xC2 or 0xC6 or 0xCA or 0xCE;
            }
            else if (marker is StartOfScan && segment.Length > 2)
            {
                severalScans |= segment[2] < components;
            }

            at += segment.Length;
        }
    }

    private static bool IsFrame(byte marker) => marker is >= 0xC0 and <= 0xCF and not (0xC4 or 0xC8 or 0xCC);
}
