using TiMix.Exchange.Bundles;
using TiMix.Exchange.Groups;
using TiMix.Exchange.Links;

namespace TiMix.Exchange;

/// <summary>
/// A process's place in the exchange of bytes: one listening socket, behind which are the bundles that the process offers and the
/// groups in which it gathers and sums. Everything blocks on threads of its own; nothing here uses the thread pool for waiting.
/// </summary>
public sealed class ExchangeNode : IDisposable
{
    private readonly ExchangeOptions _options;
    private readonly BlackholeGate _gate = new();
    private readonly Doorman _doorman;
    private readonly BundleServer _server;
    private readonly BundleExchange _bundles;
    private readonly GroupDesk _groups;
    private int _disposed;

    private ExchangeNode(ExchangeOptions options)
    {
        options.Validate();
        _options = options;
        _doorman = new Doorman(options, _gate, Counters, Admit);
        Endpoint = Endpoints.Format(options.Host, _doorman.Port);
        Pool = new BufferPool(options.BufferBytes);
        Bundles = new BundleStore(Endpoint, options.StoreBytes);
        _server = new BundleServer(Bundles, options, Counters);
        _bundles = new BundleExchange(Bundles, options, _gate, Counters);
        _groups = new GroupDesk(options, _gate, Counters, Pool);
    }

    /// <summary>"host:port", as in <see cref="BundleReference.Endpoint"/> and <see cref="GroupMember.Endpoint"/>.</summary>
    public string Endpoint { get; }

    /// <summary>What this process offers.</summary>
    public BundleStore Bundles { get; }

    /// <summary>What was refused and dropped since the start.</summary>
    public ExchangeCounters Counters { get; } = new();

    internal BufferPool Pool { get; }

    /// <summary>Listens and serves from now on.</summary>
    /// <exception cref="IOException">The port is taken, or the address is not this machine's; one line.</exception>
    /// <exception cref="ArgumentException">The options make no sense; one line.</exception>
    public static ExchangeNode Start(ExchangeOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        var node = new ExchangeNode(options);
        node._groups.Start();
        node._doorman.Start();
        return node;
    }

    /// <summary>
    /// Takes a bundle over: in this process without a copy; from elsewhere its bytes are fetched, verified by their hash, and released
    /// there. Blocks; the caller disposes the bundle. Null when it is gone, its node is, or its bytes are not what the reference says
    /// (see <see cref="ExchangeCounters.HashMismatches"/>).
    /// </summary>
    /// <exception cref="OperationCanceledException"><paramref name="stop"/> was cancelled.</exception>
    public Bundle? Take(BundleReference reference, CancellationToken stop) => _bundles.Take(reference, stop);

    /// <summary>The same as <see cref="Take"/>, but the bundle stays where it is and the caller gets a copy.</summary>
    /// <exception cref="OperationCanceledException"><paramref name="stop"/> was cancelled.</exception>
    public Bundle? Read(BundleReference reference, CancellationToken stop) => _bundles.Read(reference, stop);

    /// <summary>Says that a bundle is not needed: here it goes at once, elsewhere as soon as its node hears of it. Neither blocks nor throws.</summary>
    public void Release(BundleReference reference) => _bundles.Release(reference);

    /// <summary>
    /// Takes part in a view as its member <paramref name="self"/>: begins to connect to the peers (<see cref="Group.Connected"/>).
    /// An earlier group of the same run in this process is aborted, unless it is <paramref name="beside"/>, which goes on.
    /// </summary>
    /// <exception cref="ArgumentException">The view makes no sense; one line.</exception>
    /// <exception cref="InvalidOperationException">This node has entered that generation or a newer one before.</exception>
    public Group Enter(GroupView view, int self, Group? beside = null) => _groups.Enter(view, self, beside);

    /// <summary>Fault injection: for so long this node sends and accepts nothing and reads nothing of what arrives. Its sockets stay open.</summary>
    public void Blackhole(TimeSpan duration) => _gate.Close(duration);

    /// <summary>Fault injection: ends <see cref="Blackhole"/> before its time.</summary>
    public void EndBlackhole() => _gate.Open();

    /// <summary>Closes everything at once. Peers of a group that was not disposed before hold this node lost.</summary>
    public void Dispose()
    {
        if (Interlocked.Exchange(ref _disposed, 1) != 0)
        {
            return;
        }

        _doorman.Dispose();
        _groups.Dispose();
        _server.Dispose();
        _bundles.Dispose();
        Bundles.Dispose();
        Pool.Dispose();
    }

    private void Admit(Wire wire, Purpose purpose, byte[] introduction)
    {
        switch (purpose)
        {
            case Purpose.Bundles:
                _server.Serve(wire);
                break;
            case Purpose.Group:
                _groups.Admit(wire, introduction);
                break;
            default:
                Handshake.Answer(
                    wire, Welcome.Refused,
                    System.Text.Encoding.UTF8.GetBytes($"purpose {(ushort)purpose} is not known here: is the other side of a newer version?"));
                wire.Dispose();
                break;
        }
    }
}
