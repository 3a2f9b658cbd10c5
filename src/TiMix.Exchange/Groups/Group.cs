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
    // Here is what callers see, and the end of a group's life. How it comes to stand is for GroupConnection, whether it can go on for
    // GroupHealth, the order of its calls for GroupCalls; one lock, Sync, covers all of them, as each decides by what the others know.
    private readonly GroupDesk _desk;
    private readonly GroupCalls _calls;
    private TimeSpan _patience;

    internal Group(GroupDesk desk, GroupView view, int self)
    {
        (_desk, View, Self) = (desk, view, self);
        Health = new GroupHealth(this);
        Connection = new GroupConnection(this, desk.Gate);
        Peers = [.. view.Members.Select((member, index) => index == self ? null : new Peer(this, index, member))];
        Memory = desk.Options.SharedMemory && view.Members.Count > 1 ? SharedSegment.TryCreate() : null;
        _calls = new GroupCalls(this);
    }

    /// <summary>What all members have agreed on.</summary>
    public GroupView View { get; }

    /// <summary>Which of the view's members this process is.</summary>
    public int Self { get; }

    /// <summary>Completes when every member has links to all its peers (at once when alone); faults with <see cref="GroupBrokenException"/>.</summary>
    public Task Connected => Connection.Connected;

    /// <summary>Whether sums go through memory that all members share; known when <see cref="Connected"/> has completed.</summary>
    public bool UsesSharedMemory => Connection.UsesSharedMemory;

    /// <summary>
    /// Raised once for each peer whose link breaks or falls silent, from a thread of the link; for those lost before one subscribes, at
    /// once from the subscriber's thread. Not raised for a peer that ends its part in good order (<see cref="Abort"/> or
    /// <see cref="Dispose"/>): that one lives, though calls end with <see cref="GroupBrokenException"/> all the same.
    /// </summary>
    public event Action<Suspect>? PeerLost
    {
        add => Health.PeerLost += value;
        remove => Health.PeerLost -= value;
    }

    /// <summary>The peers held lost so far.</summary>
    public IReadOnlyList<Suspect> Suspects => Health.Suspects;

    /// <summary>Guards the state of the group, of its peers and of its calls; pulsed when any of it changes.</summary>
    internal object Sync { get; } = new();

    internal GroupConnection Connection { get; }

    internal GroupHealth Health { get; }

    internal Peer?[] Peers { get; }

    internal SharedSegment? Memory { get; }

    internal ExchangeOptions Options => _desk.Options;

    internal BufferPool Pool => _desk.Pool;

    internal ExchangeCounters Counters => _desk.Counters;

    internal AllReduceCalls Sums => _calls.Sums;

    /// <summary>Number of the call that is being made, or was last; under <see cref="Sync"/>.</summary>
    internal uint Call => _calls.Number;

    /// <summary>Under <see cref="Sync"/>.</summary>
    internal bool IsBroken => Health.IsBroken;

    /// <summary>Whether this process has ended its part.</summary>
    internal bool HasEnded
    {
        get
        {
            lock (Sync)
            {
                return Health.HasEnded;
            }
        }
    }

    /// <summary>
    /// Gives every member everybody's bytes. Blocks; to be called from one thread at a time, the same as <see cref="AllReduce"/>.
    /// </summary>
    /// <param name="step">For which step; all members have to say the same.</param>
    /// <param name="flags">Seen by all members.</param>
    /// <param name="payload">At most <see cref="ExchangeOptions.MaxFrameBytes"/> bytes; read before the call returns.</param>
    /// <returns>All parts in the order of the members, the own included. Payloads are valid until the next call on the group.</returns>
    /// <exception cref="GroupBrokenException">A peer is lost, has ended its part, or the group was aborted.</exception>
    /// <exception cref="ArgumentException">The payload is too long.</exception>
    public IReadOnlyList<Part> Gather(long step, uint flags, ReadOnlySpan<byte> payload) => _calls.Gather(step, flags, payload);

    /// <summary>
    /// Sums one vector per micro-batch over the fixed tree of <see cref="TreeSum"/>, to the same bits as if one process had added all
    /// leaves. Blocks; to be called from one thread at a time, the same as <see cref="Gather"/>.
    /// </summary>
    /// <param name="step">For which step; all members have to say the same.</param>
    /// <param name="parts">The maximal tree nodes of the own share, ascending: <see cref="TreeSum.Partials"/>. Not changed, and not used after the
    /// call.</param>
    /// <param name="sum">Receives the root. As long as the vectors of <paramref name="parts"/>, alike in all members. After an exception its content
    /// is undefined.</param>
    /// <exception cref="GroupBrokenException">A peer is lost, has ended its part, or the group was aborted.</exception>
    /// <exception cref="ArgumentException">The parts are not those of the own share, or of another length.</exception>
    public void AllReduce(long step, IReadOnlyList<PartialSum> parts, Span<float> sum) => _calls.AllReduce(step, parts, sum);

    /// <summary>
    /// Who has what to do with a sum of <see cref="AllReduce"/> that is not finite. To be called right afterwards from the same thread.
    /// </summary>
    /// <param name="sum">As it was received.</param>
    public NotFiniteSum Examine(ReadOnlySpan<float> sum) => new(_calls.Sums.NotFinite, View.Members.Count == 1 ? [] : _calls.Sums.FinishersOfNotFinite(sum));

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
            if (Health.HasEnded)
            {
                return;
            }

            orderly = !_calls.IsBusy && !IsBroken;
            completed = _calls.Completed;
            _patience = orderly ? Options.Lease : TimeSpan.FromMilliseconds(250);
            Health.End();
        }

        Connection.Stop();
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
        _calls.AwaitIdle();
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
            _calls.Dispose();
            Array.ForEach(Peers, peer => peer?.Memory?.Dispose());
        }

        Memory?.Dispose();
    }

    /// <summary>Closes the links without a word, as the end of the process would.</summary>
    internal void Cut()
    {
        lock (Sync)
        {
            Health.End();
        }

        Connection.Stop();
        foreach (var link in Links())
        {
            link.Dispose();
        }

        Memory?.CloseHandle();
    }

    internal void Tell(in FrameHeader header)
    {
        foreach (var peer in Peers)
        {
            peer?.Link?.Enqueue(header);
        }
    }

    /// <exception cref="GroupBrokenException">The group is broken; under <see cref="Sync"/>.</exception>
    internal void ThrowIfBroken() => Health.ThrowIfBroken();

    internal void Lost(Peer peer, string reason, bool lied = false) => Health.Lost(peer, reason, lied);

    private IEnumerable<Link> Links() => Peers.Select(peer => peer?.Link).OfType<Link>();
}
