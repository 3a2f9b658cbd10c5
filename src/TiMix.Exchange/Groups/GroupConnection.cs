using TiMix.Exchange.Links;

namespace TiMix.Exchange.Groups;

/// <summary>
/// How a group comes to stand: dials the peers of lower index, takes the links of the others, and agrees with all on whether sums go
/// through shared memory.
/// </summary>
internal sealed class GroupConnection
{
    private readonly Group _group;
    private readonly BlackholeGate _gate;
    private readonly ulong _fingerprint;
    private readonly TaskCompletionSource _connected = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly CancellationTokenSource _stop = new();
    private bool _verdictSent;
    private bool _verdict;

    public GroupConnection(Group group, BlackholeGate gate)
    {
        (_group, _gate, _fingerprint) = (group, gate, group.View.Fingerprint());

        // Nobody has to wait for the connection: a fault that no one looks at is not to be reported as unobserved.
        _ = _connected.Task.ContinueWith(task => task.Exception, TaskContinuationOptions.OnlyOnFaulted | TaskContinuationOptions.ExecuteSynchronously);
    }

    public Task Connected => _connected.Task;

    public bool UsesSharedMemory { get; private set; }

    /// <summary>Every member has links to all its peers, and all have said whether they share memory; under <see cref="Group.Sync"/>.</summary>
    public bool IsStanding { get; private set; }

    public void Start()
    {
        for (var index = 0; index < _group.Self; index++)
        {
            var peer = _group.Peers[index]!;
            new Thread(() => Dialer.Dial(_group, peer, _gate, _stop.Token), 256 << 10) { IsBackground = true, Name = $"dial {peer.Member.Id}" }.Start();
        }

        lock (_group.Sync)
        {
            StandIfComplete();
        }
    }

    public GroupIntroduction Introduction(int to) =>
        new(_group.View.Run, _group.View.Generation, _group.Self, to, _fingerprint, _group.Memory?.Offer);

    /// <summary>A dialer has arrived: links it and answers, or says why not.</summary>
    public string? Accept(Wire wire, GroupIntroduction introduction)
    {
        var from = introduction.From;
        if (introduction.View != _fingerprint || introduction.To != _group.Self || from <= _group.Self || from >= _group.Peers.Length)
        {
            return $"generation {_group.View.Generation} has other members or shares here: register anew";
        }

        var peer = _group.Peers[from]!;
        lock (_group.Sync)
        {
            if (_group.Health.HasEnded || _group.Health.IsOver || peer.Link is not null || peer.Arriving)
            {
                return $"generation {_group.View.Generation} is over here: register anew";
            }

            // One link a pair and generation, whatever else claims to be that member.
            peer.Arriving = true;
        }

        try
        {
            peer.TryOpen(introduction.Memory);
            Handshake.Answer(wire, Welcome.Accepted, GroupIntroduction.OfferToBytes(_group.Memory?.Offer));
            Attach(peer, wire);
        }
        catch (Exception error) when (error is IOException or System.Net.Sockets.SocketException or ObjectDisposedException)
        {
            // The dialer will try again, from its point of view nothing has happened.
            lock (_group.Sync)
            {
                peer.Arriving = false;
            }

            throw;
        }

        return null;
    }

    /// <summary>The handshake with a peer is over.</summary>
    public void Attach(Peer peer, Wire wire)
    {
        var link = new Link(wire, $"{_group.View.Generation} {peer.Member.Id}", _group.Options.MaxFrameBytes, peer, _group.Counters);
        lock (_group.Sync)
        {
            if (_group.Health.HasEnded)
            {
                link.Dispose();
                return;
            }

            peer.Link = link;
            link.Start();
            StandIfComplete();
        }
    }

    /// <summary>A peer has said whether it shares memory with all; under <see cref="Group.Sync"/>.</summary>
    public void StandIfComplete()
    {
        var peers = _group.Peers;
        if (IsStanding || _group.Health.IsOver || !peers.All(peer => peer is null || peer.Link is not null))
        {
            return;
        }

        if (!_verdictSent)
        {
            _verdictSent = true;
            _verdict = peers.All(peer => peer is null || peer.Memory is not null) && _group.Memory is not null;
            _group.Tell(new FrameHeader { Kind = FrameKind.Verdict, Generation = _group.View.Generation, Flags = _verdict ? 1u : 0 });
        }

        if (peers.All(peer => peer is null || peer.Verdict is not null))
        {
            UsesSharedMemory = _verdict && peers.All(peer => peer is null || peer.Verdict == true);
            IsStanding = true;
            Monitor.PulseAll(_group.Sync);
            _connected.TrySetResult();
        }
    }

    /// <summary>Dials no more: this process has ended its part.</summary>
    public void Stop()
    {
        _stop.Cancel();
        Fail();
    }

    /// <summary>The group is broken: who waits for it to stand waits in vain. Without effect when it has stood before.</summary>
    public void Fail() => _connected.TrySetException(_group.Health.ToException());
}
