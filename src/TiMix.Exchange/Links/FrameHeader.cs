using System.Buffers.Binary;

namespace TiMix.Exchange.Links;

/// <summary>What a frame is. The numbers are the wire format: none is ever used again for something else.</summary>
internal enum FrameKind : ushort
{
    /// <summary>Says only that the sender lives.</summary>
    KeepAlive = 1,

    /// <summary>The sender ends its part in the group in good order.</summary>
    Farewell = 2,

    /// <summary>Flags: 1 when the sender shares memory with all its peers.</summary>
    Verdict = 3,

    /// <summary>A member's part of a gather.</summary>
    Gather = 4,

    /// <summary>Chunk of a tree node (Node: its place among the sender's), on its way to the chunk's owner.</summary>
    Contribution = 5,

    /// <summary>Chunk of the sum, from its owner.</summary>
    Sum = 6,

    /// <summary>Phase Node of an all-reduce in shared memory; Chunk: kilobytes of the sender's segment.</summary>
    Barrier = 7,

    /// <summary>Asks for bundle Step; Generation is the request's number.</summary>
    Fetch = 16,

    /// <summary>Bundle Step is not needed any more.</summary>
    Release = 17,

    /// <summary>Answers a request: Chunk is the bundle's length.</summary>
    Head = 18,

    /// <summary>The next bytes of the bundle.</summary>
    Bytes = 19,

    /// <summary>The bundle is not there.</summary>
    Gone = 20,
}

/// <summary>The fixed start of every frame, little-endian, <see cref="Size"/> bytes.</summary>
internal struct FrameHeader
{
    public const int Size = 40;
    private const uint Magic = 0x464D_4954; // "TIMF"

    public FrameKind Kind;
    public ushort Node;
    public long Generation;
    public long Step;

    /// <summary>Number of the call within the group, counted alike by all members.</summary>
    public uint Call;
    public uint Chunk;
    public uint Flags;
    public int Length;

    public readonly void Write(Span<byte> to)
    {
        BinaryPrimitives.WriteUInt32LittleEndian(to, Magic);
        BinaryPrimitives.WriteUInt16LittleEndian(to[4..], (ushort)Kind);
        BinaryPrimitives.WriteUInt16LittleEndian(to[6..], Node);
        BinaryPrimitives.WriteInt64LittleEndian(to[8..], Generation);
        BinaryPrimitives.WriteInt64LittleEndian(to[16..], Step);
        BinaryPrimitives.WriteUInt32LittleEndian(to[24..], Call);
        BinaryPrimitives.WriteUInt32LittleEndian(to[28..], Chunk);
        BinaryPrimitives.WriteUInt32LittleEndian(to[32..], Flags);
        BinaryPrimitives.WriteInt32LittleEndian(to[36..], Length);
    }

    /// <exception cref="InvalidDataException">These bytes are no header, or say more than <paramref name="maxLength"/>.</exception>
    public static FrameHeader Read(ReadOnlySpan<byte> from, int maxLength)
    {
        if (BinaryPrimitives.ReadUInt32LittleEndian(from) != Magic)
        {
            throw new InvalidDataException("what arrives is not a frame");
        }

        var header = new FrameHeader
        {
            Kind = (FrameKind)BinaryPrimitives.ReadUInt16LittleEndian(from[4..]),
            Node = BinaryPrimitives.ReadUInt16LittleEndian(from[6..]),
            Generation = BinaryPrimitives.ReadInt64LittleEndian(from[8..]),
            Step = BinaryPrimitives.ReadInt64LittleEndian(from[16..]),
            Call = BinaryPrimitives.ReadUInt32LittleEndian(from[24..]),
            Chunk = BinaryPrimitives.ReadUInt32LittleEndian(from[28..]),
            Flags = BinaryPrimitives.ReadUInt32LittleEndian(from[32..]),
            Length = BinaryPrimitives.ReadInt32LittleEndian(from[36..]),
        };
        return header.Length >= 0 && header.Length <= maxLength
            ? header
            : throw new InvalidDataException($"a frame says {(uint)header.Length} bytes, {maxLength} are allowed");
    }
}
