using System.Text;

namespace TiMix.Exchange.Groups;

/// <summary>Where a process's shared memory is to be found, and the random number inside that proves it is the one meant.</summary>
internal sealed record MemoryOffer(int Process, int Handle, Guid Nonce)
{
    public void Write(BinaryWriter to)
    {
        to.Write(Process);
        to.Write(Handle);
        to.Write(Nonce.ToByteArray());
    }

    public static MemoryOffer Read(BinaryReader from) => new(from.ReadInt32(), from.ReadInt32(), new Guid(from.ReadBytes(16)));
}

/// <summary>What a dialer says of itself when a link is for a group.</summary>
internal sealed record GroupIntroduction(string Run, long Generation, int From, int To, ulong View, MemoryOffer? Memory)
{
    public byte[] ToBytes()
    {
        using var stream = new MemoryStream();
        using var writer = new BinaryWriter(stream, Encoding.UTF8);
        writer.Write(Run);
        writer.Write(Generation);
        writer.Write(From);
        writer.Write(To);
        writer.Write(View);
        WriteOffer(writer, Memory);
        writer.Flush();
        return stream.ToArray();
    }

    /// <exception cref="InvalidDataException">These bytes are no introduction.</exception>
    public static GroupIntroduction Read(byte[] bytes)
    {
        try
        {
            using var reader = new BinaryReader(new MemoryStream(bytes, writable: false), Encoding.UTF8);
            return new GroupIntroduction(
                reader.ReadString(), reader.ReadInt64(), reader.ReadInt32(), reader.ReadInt32(), reader.ReadUInt64(), ReadOffer(reader));
        }
        catch (Exception error) when (error is IOException or FormatException or ArgumentException)
        {
            throw new InvalidDataException("an introduction to a group that makes no sense", error);
        }
    }

    public static byte[] OfferToBytes(MemoryOffer? offer)
    {
        using var stream = new MemoryStream();
        using var writer = new BinaryWriter(stream);
        WriteOffer(writer, offer);
        writer.Flush();
        return stream.ToArray();
    }

    /// <exception cref="InvalidDataException">These bytes are no offer.</exception>
    public static MemoryOffer? OfferFrom(byte[] bytes)
    {
        try
        {
            using var reader = new BinaryReader(new MemoryStream(bytes, writable: false));
            return ReadOffer(reader);
        }
        catch (Exception error) when (error is IOException or ArgumentException)
        {
            throw new InvalidDataException("an offer of memory that makes no sense", error);
        }
    }

    private static void WriteOffer(BinaryWriter to, MemoryOffer? offer)
    {
        to.Write(offer is not null);
        offer?.Write(to);
    }

    private static MemoryOffer? ReadOffer(BinaryReader from) => from.ReadBoolean() ? MemoryOffer.Read(from) : null;
}
