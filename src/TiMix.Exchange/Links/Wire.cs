using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography.X509Certificates;

namespace TiMix.Exchange.Links;

/// <summary>One connection as two blocking streams of bytes, plain or TLS: one thread may receive while another sends.</summary>
internal sealed class Wire : IDisposable
{
    // A send that is longer is cut, so that a blackhole or a farewell need not wait for a whole frame.
    private const int SliceBytes = 1 << 20;
    private const int TcpCongestion = 13;
    private readonly Socket _socket;
    private readonly BlackholeGate _gate;
    private SslStream? _tls;
    private volatile bool _closed;
    private long _lastHeard = Environment.TickCount64;

    public Wire(Socket socket, BlackholeGate gate)
    {
        (_socket, _gate) = (socket, gate);
        socket.NoDelay = true;
        if (socket.RemoteEndPoint is IPEndPoint { Address: var address } && IPAddress.IsLoopback(address))
        {
            try
            {
                // BBR, the default of some systems, paces by round-trip time and costs 20-40 % where there is none.
                socket.SetRawSocketOption((int)SocketOptionLevel.Tcp, TcpCongestion, "reno"u8);
            }
            catch (SocketException)
            {
            }
        }
    }

    public bool IsClosed => _closed;

    /// <summary>When bytes last arrived, in <see cref="Environment.TickCount64"/>.</summary>
    public long LastHeard => Volatile.Read(ref _lastHeard);

    /// <summary>The other side, for messages.</summary>
    public string Remote { get; init; } = "";

    /// <summary>Connects; closing on time-out or cancellation.</summary>
    /// <exception cref="IOException">Nobody answers there; one line.</exception>
    public static Wire Connect(string endpoint, TimeSpan timeout, BlackholeGate gate, CancellationToken stop)
    {
        var (host, port) = Endpoints.Parse(endpoint);
        var address = Endpoints.Resolve(host);
        var socket = new Socket(address.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(stop);
        limit.CancelAfter(timeout);
        using var registration = limit.Token.Register(socket.Dispose);
        try
        {
            socket.Connect(address, port);
            return new Wire(socket, gate) { Remote = endpoint };
        }
        catch (Exception error) when (error is SocketException or ObjectDisposedException)
        {
            socket.Dispose();
            stop.ThrowIfCancellationRequested();
            throw new IOException(
                $"{endpoint} does not answer: {(error is SocketException socketError ? socketError.SocketErrorCode : SocketError.TimedOut)}.", error);
        }
    }

    /// <summary>Puts TLS on the wire; the other side has to have the same key.</summary>
    /// <exception cref="IOException">It does not.</exception>
    public void Secure(X509Certificate2 certificate, bool asServer)
    {
        var ours = certificate.PublicKey.ExportSubjectPublicKeyInfo();
        var tls = new SslStream(new NetworkStream(_socket, ownsSocket: false), leaveInnerStreamOpen: false);
        bool IsPinned(object sender, X509Certificate? presented, X509Chain? chain, SslPolicyErrors errors) =>
            presented is X509Certificate2 theirs && theirs.PublicKey.ExportSubjectPublicKeyInfo().AsSpan().SequenceEqual(ours);
        try
        {
            if (asServer)
            {
                tls.AuthenticateAsServer(
                    new SslServerAuthenticationOptions
                    {
                        ServerCertificate = certificate,
                        ClientCertificateRequired = true,
                        RemoteCertificateValidationCallback = IsPinned,
                    });
            }
            else
            {
                tls.AuthenticateAsClient(
                    new SslClientAuthenticationOptions
                    {
                        TargetHost = "timix",
                        ClientCertificates = [certificate],
                        LocalCertificateSelectionCallback = (_, _, _, _, _) => certificate,
                        RemoteCertificateValidationCallback = IsPinned,
                    });
            }
        }
        catch (Exception error) when (error is System.Security.Authentication.AuthenticationException or InvalidOperationException or ObjectDisposedException)
        {
            tls.Dispose();
            throw new IOException($"{Remote} does not have the run's key: {error.Message}", error);
        }

        _tls = tls;
    }

    /// <summary>Receives until <paramref name="to"/> is full.</summary>
    /// <exception cref="IOException">The connection ended.</exception>
    public void Receive(Span<byte> to)
    {
        while (to.Length > 0)
        {
            ObjectDisposedException.ThrowIf(_closed, this);
            _gate.Pass(this);
            var received = _tls is { } tls ? tls.Read(to) : _socket.Receive(to);
            _gate.Pass(this);
            if (received == 0)
            {
                throw new EndOfStreamException("the connection was closed at the other side");
            }

            Volatile.Write(ref _lastHeard, Environment.TickCount64);
            to = to[received..];
        }
    }

    /// <summary>Sends all of it.</summary>
    /// <exception cref="IOException">The connection ended.</exception>
    public void Send(ReadOnlySpan<byte> bytes)
    {
        while (bytes.Length > 0)
        {
            _gate.Pass(this);
            ObjectDisposedException.ThrowIf(_closed, this);
            var slice = bytes[..Math.Min(bytes.Length, SliceBytes)];
            if (_tls is { } tls)
            {
                tls.Write(slice);
            }
            else
            {
                slice = slice[.._socket.Send(slice)];
            }

            bytes = bytes[slice.Length..];
        }
    }

    /// <summary>Nothing more will be sent; what was sent arrives.</summary>
    public void EndSending()
    {
        try
        {
            _socket.Shutdown(SocketShutdown.Send);
        }
        catch (Exception error) when (error is SocketException or ObjectDisposedException)
        {
        }
    }

    /// <summary>Closes at once; threads blocked in this wire return with an error.</summary>
    public void Dispose()
    {
        if (_closed)
        {
            return;
        }

        _closed = true;
        _gate.Recheck();
        try
        {
            _socket.Shutdown(SocketShutdown.Both);
        }
        catch (Exception error) when (error is SocketException or ObjectDisposedException)
        {
        }

        // The TLS stream is left to the collector: its own farewell could block on a peer that does not read.
        _socket.Dispose();
    }
}
