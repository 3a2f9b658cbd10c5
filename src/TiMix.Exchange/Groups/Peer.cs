using TiMix.Exchange.Bundles;
using TiMix.Exchange.Links;

namespace TiMix.Exchange.Groups;

/// <summary>
/// Another member as seen from here: its link, and what it has sent that nobody has asked for yet. Parts of gathers have two buffers
/// of their own; pieces of sums come into pooled buffers up to a quota, and beyond it the peer has to wait. So a peer that is ahead
/// can never take the memory that is needed to receive from one that is behind.
/// </summary>
internal sealed class Peer(Group group, int index, GroupMember member) : IFrameHandler
{
    private readonly long _quota = group.Options.BufferBytes / Math.Max(1, group.View.Members.Count - 1);
    private long _pooled;

    public int Index => index;

    public GroupMember Member => member;

    /// <summary>All of the following under <see cref="Group.Sync"/>.</summary>
    public Link? Link { get; set; }

    public bool Arriving { get; set; }

    /// <summary>Lost, or has ended its part.</summary>
    public bool IsGone { get; set; }

    public long Heard { get; set; } = Environment.TickCount64;

    /// <summary>The link's thread waits for this process, so that silence is not the peer's fault.</summary>
    public bool IsStalled { get; private set; }

    public PeerSegment? Memory { get; private set; }

    public bool? Verdict { get; private set; }

    public GatherInbox Gathers { get; } = new();

    /// <summary>Pieces of a sum that this process has not begun yet, in the order of arrival.</summary>
    public Queue<(FrameHeader Header, NativeBlock Block)> Early { get; } = new();

    /// <summary>The last barrier that it has reached: call number times 4 plus phase.</summary>
    public ulong Barrier { get; private set; }

    /// <summary>As of its last first barrier: bytes of its segment; 0 when it could not make room.</summary>
    public long SegmentBytes { get; private set; }

    /// <summary>Looks whether the peer's memory can be read from here.</summary>
    public void TryOpen(MemoryOffer? offer)
    {
        var memory = offer is null || group.Memory is null ? null : PeerSegment.TryOpen(offer, group.Options.ProcessDirectory);
        lock (group.Sync)
        {
            Memory?.Dispose();
            Memory = memory;
        }
    }

    /// <summary>A piece has been summed; its buffer may hold the next one. Under <see cref="Group.Sync"/>.</summary>
    public void Return(NativeBlock block)
    {
        _pooled -= block.Length;
        group.Pool.Return(block);
        Monitor.PulseAll(group.Sync);
    }

    public void Broken(Link link, string reason, bool isGarbage) => group.Lost(this, reason, isGarbage);

    public void Receive(Link link, in FrameHeader header)
    {
        if (header.Generation != group.View.Generation)
        {
            group.Counters.StaleFrame();
            link.Skip(header.Length);
            return;
        }

        switch (header.Kind)
        {
            case FrameKind.Gather:
                ReceiveGather(link, header);
                break;
            case FrameKind.Contribution or FrameKind.Sum:
                ReceivePiece(link, header);
                break;
            case FrameKind.KeepAlive or FrameKind.Farewell or FrameKind.Verdict or FrameKind.Barrier when header.Length == 0:
                ReceiveSignal(header);
                break;
            default:
                throw new InvalidDataException($"a frame of kind {header.Kind} with {header.Length} bytes in a group");
        }
    }

    private void ReceiveSignal(in FrameHeader header)
    {
        if (header.Kind == FrameKind.Farewell)
        {
            group.Health.Left(this, header.Call);
            return;
        }

        lock (group.Sync)
        {
            switch (header.Kind)
            {
                case FrameKind.Verdict:
                    Verdict ??= header.Flags != 0;
                    group.Connection.StandIfComplete();
                    break;
                case FrameKind.Barrier:
                    Barrier = (header.Call * 4UL) + header.Node;
                    if (header.Node == 1)
                    {
                        SegmentBytes = header.Chunk * 1024L;
                    }

                    Monitor.PulseAll(group.Sync);
                    break;
                default:
                    break;
            }
        }
    }

    private void ReceiveGather(Link link, in FrameHeader header)
    {
        NativeBlock block;
        lock (group.Sync)
        {
            WaitForRoom();
            if (group.IsBroken)
            {
                block = Gathers.Nothing;
            }
            else
            {
                block = Gathers.Room(header.Length);
            }
        }

        if (block.Length < header.Length)
        {
            link.Skip(header.Length);
            return;
        }

        link.Receive(block.Span[..header.Length]);
        lock (group.Sync)
        {
            Gathers.Arrived(header);
            Monitor.PulseAll(group.Sync);
        }
    }

    private unsafe void ReceivePiece(Link link, in FrameHeader header)
    {
        NativeBlock? block = null;
        float* place = null;
        lock (group.Sync)
        {
            var capacity = BufferPool.Capacity(header.Length);
            while (true)
            {
                if (group.IsBroken)
                {
                    break;
                }

                if (header.Kind == FrameKind.Sum && group.Sums.Place(this, header, out place))
                {
                    break;
                }

                if (_pooled + capacity <= _quota || group.Sums.IsAwaited(header))
                {
                    block = group.Pool.Rent(header.Length);
                    _pooled += block.Length;
                    break;
                }

                IsStalled = true;
                Monitor.Wait(group.Sync);
                IsStalled = false;
                Heard = Environment.TickCount64;
            }
        }

        if (place is not null)
        {
            try
            {
                link.Receive(new Span<byte>(place, header.Length));
            }
            catch
            {
                group.Sums.Placed(header, complete: false);
                throw;
            }

            group.Sums.Placed(header, complete: true);
        }
        else if (block is null)
        {
            link.Skip(header.Length);
        }
        else
        {
            try
            {
                link.Receive(block.Span[..header.Length]);
            }
            catch
            {
                lock (group.Sync)
                {
                    Return(block);
                }

                throw;
            }

            lock (group.Sync)
            {
                group.Sums.Arrived(this, header, block);
                Monitor.PulseAll(group.Sync);
            }
        }
    }

    private void WaitForRoom()
    {
        while (Gathers.IsFull && !group.IsBroken)
        {
            IsStalled = true;
            Monitor.Wait(group.Sync);
            IsStalled = false;
            Heard = Environment.TickCount64;
        }
    }
}
