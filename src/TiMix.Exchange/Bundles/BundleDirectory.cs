using System.Buffers.Binary;
using System.Text;
using TiMix.Base;

namespace TiMix.Exchange.Bundles;

/// <summary>One array of a bundle.</summary>
/// <param name="Name">Unique within the bundle.</param>
/// <param name="Offset">First byte within the block; a multiple of 64.</param>
/// <param name="Length">Bytes.</param>
public sealed record BundleEntry(string Name, int Offset, int Length);

/// <summary>
/// The table of contents at the start of a bundle's block, so that the block alone says what is in it. Little-endian:
/// magic (4), number of entries (4), bytes of the directory (4), zero (4); then for each entry offset (4), length (4),
/// bytes of the name (4), the name in UTF-8. Arrays follow in order, each at a multiple of 64, none overlapping another.
/// </summary>
internal static class BundleDirectory
{
    public const int Alignment = 64;
    public const int MaxEntries = 1 << 16;
    private const uint Magic = 0x3142_5854; // "TXB1"
    private const int FixedBytes = 16;
    private const int EntryBytes = 12;
    private static readonly UTF8Encoding StrictUtf8 = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    /// <summary>Bytes that a directory of these names takes, not rounded up.</summary>
    public static int Measure(IEnumerable<string> names) =>
        names.Aggregate(FixedBytes, (sum, name) => checked(sum + EntryBytes + StrictUtf8.GetByteCount(name)));

    /// <summary>The next multiple of <see cref="Alignment"/>.</summary>
    public static int Align(int length) => checked(length + Alignment - 1) / Alignment * Alignment;

    /// <summary>Writes the directory to the start of the block.</summary>
    public static void Write(Span<byte> block, IReadOnlyCollection<BundleEntry> entries)
    {
        BinaryPrimitives.WriteUInt32LittleEndian(block, Magic);
        BinaryPrimitives.WriteInt32LittleEndian(block[4..], entries.Count);
        BinaryPrimitives.WriteInt32LittleEndian(block[8..], Measure(entries.Select(entry => entry.Name)));
        BinaryPrimitives.WriteInt32LittleEndian(block[12..], 0);
        var at = FixedBytes;
        foreach (var entry in entries)
        {
            BinaryPrimitives.WriteInt32LittleEndian(block[at..], entry.Offset);
            BinaryPrimitives.WriteInt32LittleEndian(block[(at + 4)..], entry.Length);
            var name = StrictUtf8.GetBytes(entry.Name, block[(at + EntryBytes)..]);
            BinaryPrimitives.WriteInt32LittleEndian(block[(at + 8)..], name);
            at += EntryBytes + name;
        }
    }

    /// <summary>The entries of a block that may be anything.</summary>
    /// <exception cref="InvalidDataException">It is not a bundle; the message says what is wrong.</exception>
    public static List<BundleEntry> Read(ReadOnlySpan<byte> block)
    {
        if (block.Length < FixedBytes || BinaryPrimitives.ReadUInt32LittleEndian(block) != Magic)
        {
            throw new InvalidDataException($"A block of {block.Length} bytes is not a bundle: it does not begin with TXB1.");
        }

        var count = BinaryPrimitives.ReadInt32LittleEndian(block[4..]);
        var length = BinaryPrimitives.ReadInt32LittleEndian(block[8..]);
        if (count is < 0 or > MaxEntries || length < FixedBytes + (long)count * EntryBytes || length > block.Length)
        {
            throw new InvalidDataException($"The bundle says {count} entries in a directory of {length} bytes; the block has {block.Length} bytes.");
        }

        var (entries, names) = (new List<BundleEntry>(count), new HashSet<string>(StringComparer.Ordinal));
        var directory = block[..length];
        var (at, free) = (FixedBytes, length);
        for (var i = 0; i < count; i++)
        {
            if (directory.Length - at < EntryBytes)
            {
                throw new InvalidDataException($"The bundle's directory ends within entry {i} of {count}.");
            }

            var (offset, bytes, nameBytes) = (
                BinaryPrimitives.ReadInt32LittleEndian(directory[at..]), BinaryPrimitives.ReadInt32LittleEndian(directory[(at + 4)..]),
                BinaryPrimitives.ReadInt32LittleEndian(directory[(at + 8)..]));
            at += EntryBytes;
            if (nameBytes < 0 || nameBytes > directory.Length - at)
            {
                throw new InvalidDataException($"The name of the bundle's entry {i} has {nameBytes} bytes; {directory.Length - at} are left.");
            }

            var name = Name(directory.Slice(at, nameBytes), i);
            at += nameBytes;
            if (!names.Add(name))
            {
                throw new InvalidDataException($"The bundle has two entries \"{Printable.Of(name)}\".");
            }

            if (offset % Alignment != 0 || offset < free || bytes < 0 || bytes > block.Length - offset)
            {
                throw new InvalidDataException($"The bundle's \"{Printable.Of(name)}\" lies at {offset} with {bytes} bytes; it has to lie at a multiple "
                    + $"of {Alignment} from {free} on, within {block.Length}.");
            }

            free = offset + bytes;
            entries.Add(new BundleEntry(name, offset, bytes));
        }

        return entries;
    }

    private static string Name(ReadOnlySpan<byte> bytes, int entry)
    {
        try
        {
            return StrictUtf8.GetString(bytes);
        }
        catch (DecoderFallbackException)
        {
            throw new InvalidDataException($"The name of the bundle's entry {entry} is not UTF-8.");
        }
    }
}
