using System.Net;
using System.Net.Sockets;

namespace TiMix.Exchange.Links;

/// <summary>
/// Accepts connections and lets in those that know the token. A stranger has a limited time, there is a limited number of them,
/// and until one has proved itself nothing is allocated by what it says.
/// </summary>
internal sealed class Doorman : IDisposable
{
    private const int StackBytes = 256 << 10;
    private readonly Socket _listener;
    private readonly ExchangeOptions _options;
    private readonly BlackholeGate _gate;
    private readonly ExchangeCounters _counters;
    private readonly Action<Wire, Purpose, byte[]> _admit;
    private readonly LinkedList<Wire> _strangers = new();
    private volatile bool _disposed;

    /// <param name="options">Where to listen, and what to ask for.</param>
    /// <param name="gate">Closed during a blackhole.</param>
    /// <param name="counters">Counts who was turned away.</param>
    /// <param name="admit">Takes a wire over once it has said what it is for.</param>
    /// <exception cref="IOException">The address is taken or not this machine's.</exception>
    public Doorman(ExchangeOptions options, BlackholeGate gate, ExchangeCounters counters, Action<Wire, Purpose, byte[]> admit)
    {
        (_options, _gate, _counters, _admit) = (options, gate, counters, admit);
        var address = Endpoints.Resolve(options.Host);
        _listener = new Socket(address.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
        try
        {
            _listener.Bind(new IPEndPoint(address, options.Port));
            _listener.Listen(512);
        }
        catch (SocketException error)
        {
            _listener.Dispose();
            throw new IOException($"The exchange cannot listen on {Endpoints.Format(options.Host, options.Port)} ({error.SocketErrorCode}): choose another "
                + $"port, or 0 for any free one.", error);
        }

        Port = ((IPEndPoint)_listener.LocalEndPoint!).Port;
    }

    public int Port { get; }

    public void Start() => new Thread(Accept, StackBytes) { IsBackground = true, Name = $"exchange {Port} accept" }.Start();

    public void Dispose()
    {
        _disposed = true;
        _listener.Dispose();
        lock (_strangers)
        {
            foreach (var wire in _strangers)
            {
                wire.Dispose();
            }
        }
    }

    private void Accept()
    {
        while (!_disposed)
        {
            Wire wire;
            try
            {
                var socket = _listener.Accept();
                wire = new Wire(socket, _gate) { Remote = socket.RemoteEndPoint?.ToString() ?? "a stranger" };
            }
            catch (Exception error) when (error is SocketException or ObjectDisposedException)
            {
                // One that hung up before it was accepted is nobody's trouble; but out of file handles, a pause lets others close some.
                lock (_strangers)
                {
                    Monitor.Wait(_strangers, 10);
                }

                continue;
            }

            var place = new LinkedListNode<Wire>(wire);
            lock (_strangers)
            {
                if (_strangers.Count >= _options.MaxStrangers)
                {
                    // The oldest: an honest one is done within milliseconds.
                    _strangers.First!.Value.Dispose();
                    _strangers.RemoveFirst();
                }

                _strangers.AddLast(place);
            }

            new Thread(() => Greet(place), StackBytes) { IsBackground = true, Name = $"exchange {Port} handshake" }.Start();
        }
    }

    private void Greet(LinkedListNode<Wire> place)
    {
        var wire = place.Value;
        using var limit = new Timer(state => ((Wire)state!).Dispose(), wire, _options.HandshakeTimeout, Timeout.InfiniteTimeSpan);
        try
        {
            _gate.Pass(wire);
            if (_options.Certificate is { } certificate)
            {
                wire.Secure(certificate, asServer: true);
            }

            Handshake.AsServer(wire, _options.Token);
            var (purpose, introduction) = Handshake.ReadIntroduction(wire);
            limit.Dispose();
            _admit(wire, purpose, introduction);
        }
        catch (Exception error) when (error is IOException or SocketException or ObjectDisposedException or InvalidDataException)
        {
            _counters.StrangerRefused();
            wire.Dispose();
        }
        finally
        {
            lock (_strangers)
            {
                if (place.List is not null)
                {
                    _strangers.Remove(place);
                }
            }
        }
    }
}
