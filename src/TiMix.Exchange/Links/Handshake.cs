using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;

namespace TiMix.Exchange.Links;

/// <summary>What a connection is for.</summary>
internal enum Purpose : ushort
{
    Bundles = 1,
    Group = 2,
}

/// <summary>The answer to an introduction.</summary>
internal enum Welcome : byte
{
    Accepted = 1,

    /// <summary>Not yet: try again.</summary>
    Later = 2,

    /// <summary>Never: the text says why.</summary>
    Refused = 3,
}

/// <summary>
/// Both sides prove that they know the token, and neither reveals it. All messages before that are of fixed size:
/// client: "TMX1", 32 random bytes; server: 32 random bytes; client: HMAC(token, "client" both); server: HMAC(token, "server" both).
/// The client proves first, so that a stranger gets nothing to guess tokens with. Then the client says what the connection is for.
/// </summary>
internal static class Handshake
{
    private const int NonceBytes = 32;
    private const int ProofBytes = 32;
    private const int MaxIntroduction = 4096;
    private const uint Magic = 0x3158_4D54; // "TMX1"

    /// <exception cref="InvalidDataException">The other side does not know the token, or speaks something else.</exception>
    /// <exception cref="IOException">The connection ended.</exception>
    public static void AsServer(Wire wire, string token)
    {
        Span<byte> nonces = stackalloc byte[4 + (2 * NonceBytes)];
        wire.Receive(nonces[..(4 + NonceBytes)]);
        if (BinaryPrimitives.ReadUInt32LittleEndian(nonces) != Magic)
        {
            throw new InvalidDataException("a stranger does not speak this protocol");
        }

        RandomNumberGenerator.Fill(nonces[(4 + NonceBytes)..]);
        wire.Send(nonces[(4 + NonceBytes)..]);
        Span<byte> theirs = stackalloc byte[ProofBytes];
        wire.Receive(theirs);
        if (!CryptographicOperations.FixedTimeEquals(theirs, Proof(token, "timix client"u8, nonces)))
        {
            throw new InvalidDataException("a stranger does not know the token");
        }

        wire.Send(Proof(token, "timix server"u8, nonces));
    }

    /// <exception cref="IOException">The other side does not know the token, or the connection ended; one line.</exception>
    public static void AsClient(Wire wire, string token)
    {
        Span<byte> nonces = stackalloc byte[4 + (2 * NonceBytes)];
        BinaryPrimitives.WriteUInt32LittleEndian(nonces, Magic);
        RandomNumberGenerator.Fill(nonces.Slice(4, NonceBytes));
        wire.Send(nonces[..(4 + NonceBytes)]);
        Span<byte> theirs = stackalloc byte[ProofBytes];
        try
        {
            wire.Receive(nonces[(4 + NonceBytes)..]);
            wire.Send(Proof(token, "timix client"u8, nonces));
            wire.Receive(theirs);
        }
        catch (Exception error) when (error is EndOfStreamException or System.Net.Sockets.SocketException)
        {
            throw new IOException($"{wire.Remote} ended the handshake: it has to have the same token, and the same key if any.", error);
        }

        if (!CryptographicOperations.FixedTimeEquals(theirs, Proof(token, "timix server"u8, nonces)))
        {
            throw new IOException($"{wire.Remote} does not know the token: it is not a node of this run.");
        }
    }

    public static void Introduce(Wire wire, Purpose purpose, ReadOnlySpan<byte> introduction)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(introduction.Length, MaxIntroduction);
        var message = new byte[4 + introduction.Length];
        BinaryPrimitives.WriteUInt16LittleEndian(message, (ushort)purpose);
        BinaryPrimitives.WriteUInt16LittleEndian(message.AsSpan(2), (ushort)introduction.Length);
        introduction.CopyTo(message.AsSpan(4));
        wire.Send(message);
    }

    /// <exception cref="InvalidDataException">It is too long.</exception>
    public static (Purpose Purpose, byte[] Introduction) ReadIntroduction(Wire wire)
    {
        Span<byte> head = stackalloc byte[4];
        wire.Receive(head);
        var length = BinaryPrimitives.ReadUInt16LittleEndian(head[2..]);
        if (length > MaxIntroduction)
        {
            throw new InvalidDataException($"an introduction of {length} bytes, {MaxIntroduction} are allowed");
        }

        var introduction = new byte[length];
        wire.Receive(introduction);
        return ((Purpose)BinaryPrimitives.ReadUInt16LittleEndian(head), introduction);
    }

    public static void Answer(Wire wire, Welcome welcome, ReadOnlySpan<byte> text)
    {
        var message = new byte[3 + Math.Min(text.Length, MaxIntroduction)];
        message[0] = (byte)welcome;
        BinaryPrimitives.WriteUInt16LittleEndian(message.AsSpan(1), (ushort)(message.Length - 3));
        text[..(message.Length - 3)].CopyTo(message.AsSpan(3));
        wire.Send(message);
    }

    public static (Welcome Welcome, byte[] Text) ReadAnswer(Wire wire)
    {
        Span<byte> head = stackalloc byte[3];
        wire.Receive(head);
        var length = BinaryPrimitives.ReadUInt16LittleEndian(head[1..]);
        if (length > MaxIntroduction)
        {
            throw new InvalidDataException($"an answer of {length} bytes, {MaxIntroduction} are allowed");
        }

        var text = new byte[length];
        wire.Receive(text);
        return ((Welcome)head[0], text);
    }

    private static byte[] Proof(string token, ReadOnlySpan<byte> role, ReadOnlySpan<byte> nonces)
    {
        Span<byte> said = stackalloc byte[role.Length + nonces.Length];
        role.CopyTo(said);
        nonces.CopyTo(said[role.Length..]);
        return HMACSHA256.HashData(Encoding.UTF8.GetBytes(token), said);
    }
}
