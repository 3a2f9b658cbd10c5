using System.Text;
using TiMix.Exchange.Links;
using TiMix.Exchange.Reduction;

namespace TiMix.Exchange.Groups;

/// <summary>
/// The members of one view, each linked with each. All make the same calls in the same order; a call blocks until every member has
/// made it, or ends with <see cref="GroupBrokenException"/> as soon as one is lost. A group that is broken stays broken: the next view
/// has a group of its own, so that nothing of this generation can reach a later sum.
/// </summary>
public sealed class Group : IDisposable
{
    private readonly GroupDesk _desk;
    private readonly Peer?[] _peers;
    private readonly List<Suspect> _suspects = [];
    private readonly TaskCompletionSource _connected = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly CancellationTokenSource _stop = new();
    private readonly ulong _fingerprint;
    private readonly GatherCalls _gathers;
    private readonly AllReduceCalls _sums;
    private Action<Suspect>? _peerLost;
    private string? _broken;
    private bool _ended;
    private bool _standing;
    private bool _busy;
    private bool _verdictSent;
    private bool _verdict;

    // The last call that every member takes part in: one that leaves in good order has made it, others may still be making it.
    private uint _lastCall = uint.MaxValue;
    private string? _leaver;
    private TimeSpan _patience;

    internal Group(GroupDesk desk, GroupView view, int self)
    {
        (_desk, View, Self) = (desk, view, self);
        _fingerprint = view.Fingerprint();
        _peers = [.. view.Members.Select((member, index) => index == self ? null : new Peer(this, index, member))];
        Memory = desk.Options.SharedMemory && view.Members.Count > 1 ? SharedSegment.TryCreate() : null;
        _gathers = new GatherCalls(this);
        _sums = new AllReduceCalls(this);
        _ = _connected.Task.ContinueWith(task => task.Exception, TaskContinuationOptions.OnlyOnFaulted | TaskContinuationOptions.ExecuteSynchronously);
    }

    /// <summary>What all members have agreed on.</summary>
    public GroupView View { get; }

    /// <summary>Which of the view's members this process is.</summary>
    public int Self { get; }

    /// <summary>Completes when every member has links to all its peers (at once when alone); faults with <see cref="GroupBrokenException"/>.</summary>
    public Task Connected => _connected.Task;

    /// <summary>Whether sums go through memory that all members share; known when <see cref="Connected"/> has completed.</summary>
    public bool UsesSharedMemory { get; private set; }

    /// <summary>
    /// Raised once for each peer whose link breaks or falls silent, from a thread of the link; for those lost before one subscribes, at
    /// once from the subscriber's thread. Not raised for a peer that ends its part in good order (<see cref="Abort"/> or
    /// <see cref="Dispose"/>): that one lives, though calls end with <see cref="GroupBrokenException"/> all the same.
    /// </summary>
    public event Action<Suspect>? PeerLost
    {
        add
        {
            List<Suspect> known;
            lock (Sync)
            {
                _peerLost += value;
                known = [.. _suspects];
            }

            known.ForEach(suspect => value?.Invoke(suspect));
        }

        remove
        {
            lock (Sync)
            {
                _peerLost -= value;
            }
        }
    }

    /// <summary>The peers held lost so far.</summary>
    public IReadOnlyList<Suspect> Suspects
    {
        get
        {
            lock (Sync)
            {
                return [.. _suspects];
            }
        }
    }

    /// <summary>Guards the state of the group, of its peers and of its calls; pulsed when any of it changes.</summary>
    internal object Sync { get; } = new();

    internal Peer?[] Peers => _peers;

    internal SharedSegment? Memory { get; }

    internal ExchangeOptions Options => _desk.Options;

    internal BufferPool Pool => _desk.Pool;

    internal ExchangeCounters Counters => _desk.Counters;

    internal AllReduceCalls Sums => _sums;

    /// <summary>Number of the call that is being made, or was last; under <see cref="Sync"/>.</summary>
    internal uint Call { get; private set; }

    /// <summary>Under <see cref="Sync"/>.</summary>
    internal bool IsBroken => _broken is not null || Call > _lastCall;

    /// <summary>
    /// Gives every member everybody's bytes. Blocks; to be called from one thread at a time, the same as <see cref="AllReduce"/>.
    /// </summary>
    /// <param name="step">For which step; all members have to say the same.</param>
    /// <param name="flags">Seen by all members.</param>
    /// <param name="payload">At most <see cref="ExchangeOptions.MaxFrameBytes"/> bytes; read before the call returns.</param>
    /// <returns>All parts in the order of the members, the own included. Payloads are valid until the next call on the group.</returns>
    /// <exception cref="GroupBrokenException">A peer is lost, has ended its part, or the group was aborted.</exception>
    /// <exception cref="ArgumentException">The payload is too long.</exception>
    public IReadOnlyList<Part> Gather(long step, uint flags, ReadOnlySpan<byte> payload)
    {
        if (payload.Length > Options.MaxFrameBytes)
        {
            throw new ArgumentException($"A gather of {payload.Length} bytes; MaxFrameBytes allows {Options.MaxFrameBytes}.", nameof(payload));
        }

        Begin();
        try
        {
            return _gathers.Run(step, flags, payload);
        }
        finally
        {
            End();
        }
    }

    /// <summary>
    /// Sums one vector per micro-batch over the fixed tree of <see cref="TreeSum"/>, to the same bits as if one process had added all
    /// leaves. Blocks; to be called from one thread at a time, the same as <see cref="Gather"/>.
    /// </summary>
    /// <param name="step">For which step; all members have to say the same.</param>
    /// <param name="parts">The maximal tree nodes of the own share, ascending: <see cref="TreeSum.Partials"/>. Not changed, and not used after the call.</param>
    /// <param name="sum">Receives the root. As long as the vectors of <paramref name="parts"/>, alike in all members. After an exception its content is undefined.</param>
    /// <exception cref="GroupBrokenException">A peer is lost, has ended its part, or the group was aborted.</exception>
    /// <exception cref="ArgumentException">The parts are not those of the own share, or of another length.</exception>
    public void AllReduce(long step, IReadOnlyList<PartialSum> parts, Span<float> sum)
    {
        _sums.Check(parts, sum.Length);
        Begin();
        try
        {
            _sums.Run(step, parts, sum);
        }
        finally
        {
            End();
        }
    }

    /// <summary>Ends work early whose next call would end so anyway.</summary>
    /// <exception cref="GroupBrokenException">A peer is lost, has ended its part, or the group was aborted.</exception>
    public void Check()
    {
        lock (Sync)
        {
            ThrowIfBroken();
        }
    }

    /// <summary>
    /// Ends this process's part from any thread: a blocked call throws <see cref="GroupBrokenException"/> at once, and so does every
    /// later one. Peers are told, and do not hold this process lost: calls that it has completed go on to their end there, later ones throw.
    /// </summary>
    public void Abort()
    {
        bool orderly;
        uint completed;
        lock (Sync)
        {
            if (_ended)
            {
                return;
            }

            orderly = !_busy && !IsBroken;
            completed = _busy ? Call - 1 : Call;
            _ended = true;
            _broken ??= $"generation {View.Generation} of {View.Run} was ended in this process";
            _patience = orderly ? Options.Lease : TimeSpan.FromMilliseconds(250);
            Monitor.PulseAll(Sync);
        }

        _stop.Cancel();
        _connected.TrySetException(Exception());
        foreach (var link in Links())
        {
            if (!orderly)
            {
                link.Purge();
            }

            link.Leave(new FrameHeader { Kind = FrameKind.Farewell, Generation = View.Generation, Call = completed });
            _desk.Linger(link, _patience);
        }
    }

    /// <summary><see cref="Abort"/>, then waits until no thread touches the group's memory any more, and frees it.</summary>
    public void Dispose()
    {
        Abort();
        lock (Sync)
        {
            while (_busy)
            {
                Monitor.Wait(Sync);
            }
        }

        var quiet = true;
        foreach (var link in Links())
        {
            if (!link.Join(_patience))
            {
                link.Dispose();
                quiet &= link.Join(TimeSpan.FromSeconds(2));
            }
        }

        // Otherwise a thread of a link is still in here (it may be the caller): then the memory goes when the collector finds it.
        if (quiet)
        {
            _gathers.Dispose();
            _sums.Dispose();
        }

        Memory?.Dispose();
    }

    internal void Start()
    {
        for (var index = 0; index < Self; index++)
        {
            var peer = _peers[index]!;
            new Thread(() => Dialer.Dial(this, peer, _desk.Gate, _stop.Token), 256 << 10) { IsBackground = true, Name = $"dial {peer.Member.Id}" }.Start();
        }

        lock (Sync)
        {
            StandIfComplete();
        }
    }

    internal GroupIntroduction Introduction(int to) => new(View.Run, View.Generation, Self, to, _fingerprint, Memory?.Offer);

    /// <summary>A dialer has arrived: links it and answers, or says why not.</summary>
    internal string? Accept(Wire wire, GroupIntroduction introduction)
    {
        var from = introduction.From;
        if (introduction.View != _fingerprint || introduction.To != Self || from <= Self || from >= _peers.Length)
        {
            return $"generation {View.Generation} has other members or shares here: register anew";
        }

        var peer = _peers[from]!;
        lock (Sync)
        {
            if (_ended || _broken is not null || peer.Link is not null || peer.Arriving)
            {
                return $"generation {View.Generation} is over here: register anew";
            }

            // One link a pair and generation, whatever else claims to be that member.
            peer.Arriving = true;
        }

        try
        {
            peer.TryOpen(introduction.Memory);
            Handshake.Answer(wire, Welcome.Accepted, GroupIntroduction.OfferToBytes(Memory?.Offer));
            Attach(peer, wire);
        }
        catch (Exception error) when (error is IOException or System.Net.Sockets.SocketException or ObjectDisposedException)
        {
            // The dialer will try again, from its point of view nothing has happened.
            lock (Sync)
            {
                peer.Arriving = false;
            }

            throw;
        }

        return null;
    }

    /// <summary>The handshake with a peer is over.</summary>
    internal void Attach(Peer peer, Wire wire)
    {
        var link = new Link(wire, $"{View.Generation} {peer.Member.Id}", Options.MaxFrameBytes, peer, Counters);
        lock (Sync)
        {
            if (_ended)
            {
                link.Dispose();
                return;
            }

            peer.Link = link;
            link.Start();
            StandIfComplete();
        }
    }

    /// <summary>A peer has said whether it shares memory with all; under <see cref="Sync"/>.</summary>
    internal void StandIfComplete()
    {
        if (_standing || _broken is not null || !_peers.All(peer => peer is null || peer.Link is not null))
        {
            return;
        }

        if (!_verdictSent)
        {
            _verdictSent = true;
            _verdict = _peers.All(peer => peer is null || peer.Memory is not null) && Memory is not null;
            Tell(new FrameHeader { Kind = FrameKind.Verdict, Generation = View.Generation, Flags = _verdict ? 1u : 0 });
        }

        if (_peers.All(peer => peer is null || peer.Verdict is not null))
        {
            UsesSharedMemory = _verdict && _peers.All(peer => peer is null || peer.Verdict == true);
            _standing = true;
            Monitor.PulseAll(Sync);
            _connected.TrySetResult();
        }
    }

    internal void Lost(Peer peer, string reason)
    {
        Action<Suspect>? handlers;
        var suspect = new Suspect(peer.Member.Id, reason);
        lock (Sync)
        {
            if (_ended || peer.IsGone)
            {
                return;
            }

            peer.IsGone = true;
            _suspects.Add(suspect);
            _broken ??= $"generation {View.Generation} of {View.Run} is broken: {suspect.Member} is lost: {reason}";
            handlers = _peerLost;
            Monitor.PulseAll(Sync);
        }

        peer.Link?.Dispose();
        _connected.TrySetException(Exception());
        handlers?.Invoke(suspect);
    }

    /// <summary>A peer has ended its part in good order after that many calls: it lives, but this generation is over.</summary>
    internal void Left(Peer peer, uint completed)
    {
        lock (Sync)
        {
            if (peer.IsGone)
            {
                return;
            }

            peer.IsGone = true;
            if (completed < _lastCall)
            {
                (_lastCall, _leaver) = (completed, peer.Member.Id);
            }

            if (!_standing)
            {
                _broken ??= Over();
            }

            Monitor.PulseAll(Sync);
        }

        peer.Link?.Dispose();
        if (!_standing)
        {
            _connected.TrySetException(Exception());
        }
    }

    /// <summary>Closes the links without a word, as the end of the process would.</summary>
    internal void Cut()
    {
        lock (Sync)
        {
            _ended = true;
            _broken ??= $"generation {View.Generation} of {View.Run} was ended in this process";
            Monitor.PulseAll(Sync);
        }

        _stop.Cancel();
        _connected.TrySetException(Exception());
        foreach (var link in Links())
        {
            link.Dispose();
        }

        Memory?.CloseHandle();
    }

    internal void Tick(long now, bool late)
    {
        foreach (var peer in _peers)
        {
            bool silent;
            lock (Sync)
            {
                if (peer?.Link is null || peer.IsGone || _ended)
                {
                    continue;
                }

                peer.Heard = Math.Max(peer.Heard, late || peer.IsStalled ? now : peer.Link.LastHeard);
                silent = now - peer.Heard > Options.Lease.TotalMilliseconds;
            }

            if (silent)
            {
                Lost(peer, $"nothing was heard of it for {Options.Lease.TotalSeconds:0.###} s");
            }
            else
            {
                peer.Link.KeepAlive(new FrameHeader { Kind = FrameKind.KeepAlive, Generation = View.Generation });
            }
        }
    }

    internal void Tell(in FrameHeader header)
    {
        foreach (var peer in _peers)
        {
            peer?.Link?.Enqueue(header);
        }
    }

    /// <exception cref="GroupBrokenException">The group is broken; under <see cref="Sync"/>.</exception>
    internal void ThrowIfBroken()
    {
        if (IsBroken)
        {
            _broken ??= Over();
            throw Exception();
        }
    }

    private string Over() => $"generation {View.Generation} of {View.Run} is over: {_leaver} has ended its part";

    private GroupBrokenException Exception()
    {
        lock (Sync)
        {
            var message = new StringBuilder(_broken);
            message[0] = char.ToUpperInvariant(message[0]);
            return new GroupBrokenException(message.Append('.').ToString(), [.. _suspects]);
        }
    }

    private void Begin()
    {
        lock (Sync)
        {
            if (_busy)
            {
                throw new InvalidOperationException("A call on the group is being made by another thread.");
            }

            while (!_standing)
            {
                ThrowIfBroken();
                Monitor.Wait(Sync);
            }

            ThrowIfBroken();
            _busy = true;
            Call++;
            _gathers.Release();
            Monitor.PulseAll(Sync);
        }
    }

    private void End()
    {
        lock (Sync)
        {
            _busy = false;
            Monitor.PulseAll(Sync);
        }
    }

    private IEnumerable<Link> Links() => _peers.Select(peer => peer?.Link).OfType<Link>();
}
