using System.Text;
using TiMix.Exchange.Links;

namespace TiMix.Exchange.Groups;

/// <summary>
/// Whether a group can go on: which peers are lost, have fallen silent or have left in good order, and whether this process has ended
/// its part.
/// </summary>
internal sealed class GroupHealth(Group group)
{
    private readonly List<Suspect> _suspects = [];
    private Action<Suspect>? _peerLost;
    private string? _broken;

    // The last call that every member takes part in: one that leaves in good order has made it, others may still be making it.
    private uint _lastCall = uint.MaxValue;
    private string? _leaver;

    /// <summary>See <see cref="Group.PeerLost"/>: also raised for those lost before one subscribes.</summary>
    public event Action<Suspect>? PeerLost
    {
        add
        {
            List<Suspect> known;
            lock (group.Sync)
            {
                _peerLost += value;
                known = [.. _suspects];
            }

            known.ForEach(suspect => value?.Invoke(suspect));
        }

        remove
        {
            lock (group.Sync)
            {
                _peerLost -= value;
            }
        }
    }

    public IReadOnlyList<Suspect> Suspects
    {
        get
        {
            lock (group.Sync)
            {
                return [.. _suspects];
            }
        }
    }

    /// <summary>This process has ended its part; under <see cref="Group.Sync"/>.</summary>
    public bool HasEnded { get; private set; }

    /// <summary>Whatever call is being made; under <see cref="Group.Sync"/>.</summary>
    public bool IsOver => _broken is not null;

    /// <summary>Also true from the first call on that a peer which has left does not take part in; under <see cref="Group.Sync"/>.</summary>
    public bool IsBroken => IsOver || group.Call > _lastCall;

    /// <exception cref="GroupBrokenException">The group is broken; under <see cref="Group.Sync"/>.</exception>
    public void ThrowIfBroken()
    {
        if (IsBroken)
        {
            _broken ??= PeerHasLeft();
            throw ToException();
        }
    }

    /// <summary>What is wrong, once something is.</summary>
    public GroupBrokenException ToException()
    {
        lock (group.Sync)
        {
            var message = new StringBuilder(_broken);
            message[0] = char.ToUpperInvariant(message[0]);
            return new GroupBrokenException(message.Append('.').ToString(), [.. _suspects]);
        }
    }

    /// <summary>This process ends its part; under <see cref="Group.Sync"/>.</summary>
    public void End()
    {
        HasEnded = true;
        _broken ??= $"generation {group.View.Generation} of {group.View.Run} was ended in this process";
        Monitor.PulseAll(group.Sync);
    }

    public void Lost(Peer peer, string reason, bool lied = false)
    {
        Action<Suspect>? handlers;
        var suspect = new Suspect(peer.Member.Id, reason, lied);
        lock (group.Sync)
        {
            if (HasEnded || peer.IsGone)
            {
                return;
            }

            peer.IsGone = true;
            _suspects.Add(suspect);
            _broken ??= $"generation {group.View.Generation} of {group.View.Run} is broken: {suspect.Member} is lost: {reason}";
            handlers = _peerLost;
            Monitor.PulseAll(group.Sync);
        }

        peer.Link?.Dispose();
        group.Connection.Fail();
        handlers?.Invoke(suspect);
    }

    /// <summary>A peer has ended its part in good order after that many calls: it lives, but this generation is over.</summary>
    public void Left(Peer peer, uint completed)
    {
        lock (group.Sync)
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

            if (!group.Connection.IsStanding)
            {
                _broken ??= PeerHasLeft();
            }

            Monitor.PulseAll(group.Sync);
        }

        peer.Link?.Dispose();
        if (!group.Connection.IsStanding)
        {
            group.Connection.Fail();
        }
    }

    /// <summary>Holds those peers lost that have been silent for a lease, and gives the others a sign of life.</summary>
    /// <param name="now">In <see cref="Environment.TickCount64"/>.</param>
    /// <param name="late">This process was held up itself: silence so far is not held against peers.</param>
    public void Tick(long now, bool late)
    {
        foreach (var peer in group.Peers)
        {
            bool silent;
            lock (group.Sync)
            {
                if (peer?.Link is null || peer.IsGone || HasEnded)
                {
                    continue;
                }

                peer.Heard = Math.Max(peer.Heard, late || peer.IsStalled ? now : peer.Link.LastHeard);
                silent = now - peer.Heard > group.Options.Lease.TotalMilliseconds;
            }

            if (silent)
            {
                Lost(peer, $"nothing was heard of it for {group.Options.Lease.TotalSeconds:0.###} s");
            }
            else
            {
                peer.Link.KeepAlive(new FrameHeader { Kind = FrameKind.KeepAlive, Generation = group.View.Generation });
            }
        }
    }

    private string PeerHasLeft() => $"generation {group.View.Generation} of {group.View.Run} is over: {_leaver} has ended its part";
}
