using System.Security.Cryptography.X509Certificates;

namespace TiMix.Exchange.Links;

/// <summary>How a process takes part in the exchange of bytes. All nodes of a run have to agree on everything but host and port.</summary>
public sealed record ExchangeOptions
{
    /// <summary>The address to bind, and by which others reach this process.</summary>
    public string Host { get; init; } = "127.0.0.1";

    /// <summary>The port to bind; 0 takes any free one.</summary>
    public int Port { get; init; }

    /// <summary>
    /// The shared secret. It never travels: both sides prove that they know it by HMAC-SHA256 over each other's random numbers.
    /// Without a <see cref="Certificate"/> what follows the handshake is neither encrypted nor signed.
    /// </summary>
    public required string Token { get; init; }

    /// <summary>With a certificate (and its private key) every link is TLS, and both sides have to have its key; it may be self-signed.</summary>
    public X509Certificate2? Certificate { get; init; }

    /// <summary>Bytes of the largest frame; a header that says more closes the link before anything is allocated.</summary>
    public int MaxFrameBytes { get; init; } = 64 << 20;

    /// <summary>Bytes of receive memory for frames that nobody has asked for yet; beyond it the senders wait.</summary>
    public long BufferBytes { get; init; } = 512L << 20;

    /// <summary>Bytes of bundles held; beyond it the oldest go.</summary>
    public long StoreBytes { get; init; } = 4L << 30;

    /// <summary>Whether members of a group that are on one host add up through shared memory.</summary>
    public bool SharedMemory { get; init; } = true;

    /// <summary>A group peer that is silent for so long is held lost; keep-alives go out every sixth of it.</summary>
    public TimeSpan Lease { get; init; } = TimeSpan.FromSeconds(3);

    /// <summary>How long a stranger may take for its handshake.</summary>
    public TimeSpan HandshakeTimeout { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>Strangers in the middle of a handshake at the same time; one more, and the oldest is turned away.</summary>
    public int MaxStrangers { get; init; } = 64;

    /// <summary>How long a member may take to reach its peers, and how long a link for a group not yet entered is kept.</summary>
    public TimeSpan ConnectTimeout { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>Answers that may wait for somebody who fetches bundles; one more, and the link is closed: it asks and does not read.</summary>
    public int MostWaitingFrames { get; init; } = 4096;

    /// <summary>How long a bundle may take without any byte arriving.</summary>
    public TimeSpan FetchTimeout { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>Where handles of other processes are found; tests point it elsewhere.</summary>
    internal string ProcessDirectory { get; init; } = "/proc";

    /// <exception cref="ArgumentException">A value makes no sense; the message says which.</exception>
    internal void Validate()
    {
        if (string.IsNullOrEmpty(Token))
        {
            throw new ArgumentException("The exchange needs a token, the same in every process of the run.");
        }

        if (MaxFrameBytes < 1 << 16)
        {
            throw new ArgumentException($"MaxFrameBytes is {MaxFrameBytes}; at least {1 << 16} are needed.");
        }

        if (BufferBytes < 0 || StoreBytes < 0 || MaxStrangers < 1 || MostWaitingFrames < 1)
        {
            throw new ArgumentException("BufferBytes and StoreBytes have to be at least 0, MaxStrangers and MostWaitingFrames at least 1.");
        }

        if (Lease <= TimeSpan.Zero || HandshakeTimeout <= TimeSpan.Zero || ConnectTimeout <= TimeSpan.Zero || FetchTimeout <= TimeSpan.Zero)
        {
            throw new ArgumentException("Lease, HandshakeTimeout, ConnectTimeout and FetchTimeout have to be above zero.");
        }

        if (Certificate is { HasPrivateKey: false })
        {
            throw new ArgumentException("The exchange's certificate has no private key.");
        }
    }
}
