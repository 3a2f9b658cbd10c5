using System.Buffers;
using TiMix.Exchange.Bundles;
using TiMix.Exchange.Links;

namespace TiMix.Exchange.Groups;

/// <summary>
/// What one peer has gathered ahead of this process. Two places are enough: a peer can send its part of gather k + 2 only when it has
/// this process's part of k + 1, and by then the parts of k are not read any more.
/// </summary>
internal sealed class GatherInbox : IDisposable
{
    private readonly PartBuffer[] _buffers = [new(), new()];
    private readonly FrameHeader[] _headers = new FrameHeader[2];
    private long _arrived;
    private long _released;

    public NativeBlock Nothing { get; } = new(0);

    public bool IsFull => _arrived >= _released + 2;

    public long Count => _arrived;

    /// <summary>Memory for the next part.</summary>
    public NativeBlock Room(int length) => _buffers[_arrived & 1].Room(length);

    public void Arrived(in FrameHeader header)
    {
        _headers[_arrived & 1] = header;
        _arrived++;
    }

    public ref readonly FrameHeader Header(long gather) => ref _headers[gather & 1];

    public ReadOnlyMemory<byte> Payload(long gather) => _buffers[gather & 1].Memory[.._headers[gather & 1].Length];

    /// <summary>Parts of gathers below this one are not read any more.</summary>
    public void Release(long gather) => _released = gather;

    public void Dispose()
    {
        Array.ForEach(_buffers, buffer => ((IDisposable)buffer).Dispose());
        Nothing.Dispose();
    }
}

/// <summary>The gathers of a group, one after another; the state of each peer is in its inbox.</summary>
internal sealed class GatherCalls(Group group) : IDisposable
{
    private readonly PartBuffer[] _own = [new(), new()];
    private long _next;

    /// <summary>A new call begins: what the last gather returned is not read any more. Under <see cref="Group.Sync"/>.</summary>
    public void Release()
    {
        foreach (var peer in group.Peers)
        {
            peer?.Gathers.Release(_next);
        }
    }

    public unsafe IReadOnlyList<Part> Run(long step, uint flags, ReadOnlySpan<byte> payload)
    {
        var gather = _next;

        // Peers still being sent the last part but one would have had to answer it before this call: it is free.
        var own = _own[gather & 1];
        var block = own.Room(payload.Length);
        payload.CopyTo(block.Span);
        var header = new FrameHeader
        {
            Kind = FrameKind.Gather,
            Generation = group.View.Generation,
            Step = step,
            Call = group.Call,
            Flags = flags,
            Length = payload.Length,
        };
        foreach (var peer in group.Peers)
        {
            peer?.Link!.Enqueue(header, (nint)block.Pointer);
        }

        var parts = new Part[group.Peers.Length];
        for (var index = 0; index < parts.Length; index++)
        {
            var member = group.View.Members[index].Id;
            parts[index] = group.Peers[index] is { } peer
                ? Await(peer, gather, step)
                : new Part(member, flags, own.Memory[..payload.Length]);
        }

        _next = gather + 1;
        return parts;
    }

    public void Dispose()
    {
        Array.ForEach(_own, buffer => ((IDisposable)buffer).Dispose());
        foreach (var peer in group.Peers)
        {
            peer?.Gathers.Dispose();
        }
    }

    private Part Await(Peer peer, long gather, long step)
    {
        string wrong;
        lock (group.Sync)
        {
            group.ThrowIfBroken();
            while (peer.Gathers.Count <= gather)
            {
                if (peer.Early.TryPeek(out var early) && early.Header.Call == group.Call)
                {
                    break;
                }

                Monitor.Wait(group.Sync);
                group.ThrowIfBroken();
            }

            if (peer.Gathers.Count > gather)
            {
                ref readonly var header = ref peer.Gathers.Header(gather);
                if (header.Step == step && header.Call == group.Call)
                {
                    return new Part(peer.Member.Id, header.Flags, peer.Gathers.Payload(gather));
                }

                wrong = $"it gathers step {header.Step} (call {header.Call}) where this process gathers step {step} (call {group.Call})";
            }
            else
            {
                wrong = $"it sums where this process gathers step {step} (call {group.Call})";
            }
        }

        group.Lost(peer, wrong, lied: true);
        lock (group.Sync)
        {
            group.ThrowIfBroken();
        }

        throw new InvalidOperationException(wrong);
    }
}

/// <summary>Native memory that grows when it has to, seen as <see cref="Memory{T}"/>.</summary>
internal sealed class PartBuffer : MemoryManager<byte>
{
    private NativeBlock _block = new(0);

    public NativeBlock Room(int length)
    {
        if (_block.Length < length)
        {
            _block.Dispose();
            _block = new NativeBlock(BufferPool.Capacity(length), clear: false);
        }

        return _block;
    }

    public override Span<byte> GetSpan() => _block.Span;

    public override unsafe MemoryHandle Pin(int elementIndex = 0) => new(_block.Pointer + elementIndex);

    public override void Unpin()
    {
    }

    protected override void Dispose(bool disposing) => _block.Dispose();
}
