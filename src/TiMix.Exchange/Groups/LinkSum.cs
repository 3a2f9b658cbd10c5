using TiMix.Exchange.Bundles;
using TiMix.Exchange.Links;

namespace TiMix.Exchange.Groups;

/// <summary>
/// One all-reduce over the links. The vector is cut into chunks, dealt out to the members in turn. Each member sends every chunk of
/// its nodes to the chunk's owner; the owner finishes the tree and sends the sum to all; later chunks travel meanwhile.
/// Pieces that arrive go to pooled buffers, sums straight to their place; the state is the next call's again afterwards.
/// </summary>
internal sealed unsafe class LinkSum(Group group, AllReducePlan plan) : IFrameOwner, IDisposable
{
    private const int SmallestChunk = 16 << 10;
    private const int LargestChunk = 256 << 10;
    private const int ChunksPerMember = 8;
    private static readonly TimeSpan Patience = TimeSpan.FromMilliseconds(250);
    private readonly int _members = group.View.Members.Count;
    private readonly nint[] _slots = new nint[plan.Slots];
    private int _length = -1;
    private int _chunkFloats;
    private int _chunks;
    private int _ownChunks;

    // One call's state, under Group.Sync. Pieces of own chunk number i begin at i * plan.Slots.
    private NativeBlock?[] _pieces = [];
    private int[] _missing = [];
    private bool[] _sums = [];
    private int _sumsMissing;
    private int _current;
    private bool _active;
    private float* _to;
    private int _sending;
    private int _placing;

    public void Run(long step, ReadOnlySpan<nint> own, float* to, int length)
    {
        var header = new FrameHeader { Generation = group.View.Generation, Step = step, Call = group.Call };
        Begin(to, length);
        try
        {
            if (DrainEarly() is { } wrong)
            {
                group.Lost(wrong.Peer, wrong.Reason, lied: true);
            }

            SendNodes(header, own);
            for (var ordinal = 0; ordinal < _ownChunks; ordinal++)
            {
                Await(Waiting.ForPieces, ordinal);
                Finish(header, ordinal, own);
            }

            Await(Waiting.ForSums, _ownChunks);
        }
        finally
        {
            Leave();
        }
    }

    /// <summary>Who finishes the chunk that a float is in.</summary>
    public int OwnerOf(int at) => at / _chunkFloats % _members;

    public bool Place(Peer peer, in FrameHeader header, out float* place)
    {
        place = null;
        if (!_active || header.Call != group.Call)
        {
            return false;
        }

        CheckChunk(header);
        if (header.Chunk % _members != peer.Index || _sums[header.Chunk])
        {
            throw new InvalidDataException($"the sum of chunk {header.Chunk}, which is another's or was here before");
        }

        place = _to + (header.Chunk * (long)_chunkFloats);
        _placing++;
        return true;
    }

    public void Placed(in FrameHeader header, bool complete)
    {
        lock (group.Sync)
        {
            _placing--;
            if (complete)
            {
                _sums[header.Chunk] = true;
                _sumsMissing--;
            }

            if (_sumsMissing == 0 || _placing == 0)
            {
                Monitor.PulseAll(group.Sync);
            }
        }
    }

    public bool IsAwaited(in FrameHeader header) =>
        _active && header.Call == group.Call && header.Kind == FrameKind.Contribution && header.Chunk / (uint)_members <= _current;

    public void Arrived(Peer peer, in FrameHeader header, NativeBlock block)
    {
        if (!_active || header.Call != group.Call)
        {
            peer.Early.Enqueue((header, block));
            return;
        }

        try
        {
            Keep(peer, header, block);
        }
        catch (InvalidDataException)
        {
            peer.Return(block);
            throw;
        }
    }

    public void Done(Link link, in FrameHeader header, bool sent)
    {
        lock (group.Sync)
        {
            if (--_sending == 0)
            {
                Monitor.PulseAll(group.Sync);
            }
        }
    }

    public void Dispose()
    {
        lock (group.Sync)
        {
            foreach (var peer in group.Peers)
            {
                while (peer is not null && peer.Early.TryDequeue(out var early))
                {
                    peer.Return(early.Block);
                }
            }
        }
    }

    private void Begin(float* to, int length)
    {
        if (length != _length)
        {
            // Enough chunks that they overlap, large enough that a frame is worth its cost; the same in every member.
            var share = length / (_members * ChunksPerMember);
            _chunkFloats = Math.Min(Math.Clamp((share + 15) / 16 * 16, SmallestChunk, LargestChunk), group.Options.MaxFrameBytes / sizeof(float));
            _length = length;
            _chunks = (int)((length + (long)_chunkFloats - 1) / _chunkFloats);
            _ownChunks = (_chunks - group.Self + _members - 1) / _members;
            _pieces = new NativeBlock?[_ownChunks * plan.Slots];
            _missing = new int[_ownChunks];
            _sums = new bool[_chunks];
        }

        lock (group.Sync)
        {
            Array.Fill(_missing, plan.Slots - plan.NodesOf(group.Self).Count);
            Array.Clear(_sums);
            (_sumsMissing, _current, _active) = (_chunks - _ownChunks, 0, true);
            _to = to;
            Monitor.PulseAll(group.Sync);
        }
    }

    private (Peer Peer, string Reason)? DrainEarly()
    {
        lock (group.Sync)
        {
            foreach (var peer in group.Peers)
            {
                while (peer is not null && peer.Early.TryPeek(out var early) && early.Header.Call == group.Call)
                {
                    peer.Early.Dequeue();
                    try
                    {
                        Keep(peer, early.Header, early.Block);
                    }
                    catch (InvalidDataException error)
                    {
                        peer.Return(early.Block);
                        return (peer, error.Message);
                    }
                }
            }
        }

        return null;
    }

    private void Keep(Peer peer, in FrameHeader header, NativeBlock block)
    {
        CheckChunk(header);
        var chunk = (int)header.Chunk;
        if (header.Kind == FrameKind.Sum)
        {
            // It came before this process had a place for it.
            if (chunk % _members != peer.Index || _sums[chunk])
            {
                throw new InvalidDataException($"the sum of chunk {chunk}, which is another's or was here before");
            }

            block.Span[..header.Length].CopyTo(new Span<byte>(_to + (chunk * (long)_chunkFloats), header.Length));
            peer.Return(block);
            _sums[chunk] = true;
            _sumsMissing--;
            return;
        }

        var ordinal = chunk / _members;
        if (chunk % _members != group.Self || header.Node >= plan.NodesOf(peer.Index).Count)
        {
            throw new InvalidDataException($"node {header.Node} of chunk {chunk}, which is not for this process");
        }

        ref var place = ref _pieces[(ordinal * plan.Slots) + plan.FirstSlot(peer.Index) + header.Node];
        if (place is not null || ordinal < _current)
        {
            throw new InvalidDataException($"node {header.Node} of chunk {chunk} a second time");
        }

        place = block;
        _missing[ordinal]--;
    }

    private void CheckChunk(in FrameHeader header)
    {
        if (header.Chunk >= _chunks || header.Length != ChunkLength((int)header.Chunk) * sizeof(float))
        {
            throw new InvalidDataException(
                $"chunk {header.Chunk} with {header.Length} bytes; here the vector has {_length} floats in {_chunks} chunks of {_chunkFloats}");
        }
    }

    private void SendNodes(FrameHeader header, ReadOnlySpan<nint> own)
    {
        header.Kind = FrameKind.Contribution;
        var (first, nodes) = (plan.FirstSlot(group.Self), plan.NodesOf(group.Self).Count);
        for (var chunk = 0; chunk < _chunks; chunk++)
        {
            if (group.Peers[chunk % _members] is { } owner)
            {
                for (var node = 0; node < nodes; node++)
                {
                    Send(owner, header, chunk, node, (float*)own[first + node]);
                }
            }
        }
    }

    private void Send(Peer to, FrameHeader header, int chunk, int node, float* vector)
    {
        (header.Chunk, header.Node, header.Length) = ((uint)chunk, (ushort)node, ChunkLength(chunk) * sizeof(float));
        lock (group.Sync)
        {
            group.ThrowIfBroken();
            _sending++;
        }

        to.Link!.Enqueue(header, (nint)(vector + (chunk * (long)_chunkFloats)), this);
    }

    private void Finish(FrameHeader header, int ordinal, ReadOnlySpan<nint> own)
    {
        var chunk = (ordinal * _members) + group.Self;
        var (ownFirst, ownNodes) = (plan.FirstSlot(group.Self), plan.NodesOf(group.Self).Count);
        var offset = chunk * (long)_chunkFloats;
        for (var slot = 0; slot < plan.Slots; slot++)
        {
            _slots[slot] = slot >= ownFirst && slot < ownFirst + ownNodes
                ? (nint)((float*)own[slot] + offset)
                : (nint)_pieces[(ordinal * plan.Slots) + slot]!.Pointer;
        }

        plan.Fold(_slots, 0, _to + offset, ChunkLength(chunk));
        header.Kind = FrameKind.Sum;
        foreach (var peer in group.Peers)
        {
            if (peer is not null)
            {
                GiveBack(peer, ordinal);
                Send(peer, header, chunk, 0, _to);
            }
        }
    }

    private void GiveBack(Peer peer, int ordinal)
    {
        lock (group.Sync)
        {
            for (var node = 0; node < plan.NodesOf(peer.Index).Count; node++)
            {
                ref var place = ref _pieces[(ordinal * plan.Slots) + plan.FirstSlot(peer.Index) + node];
                if (place is not null)
                {
                    peer.Return(place);
                    place = null;
                }
            }
        }
    }

    private void Await(Waiting what, int ordinal)
    {
        lock (group.Sync)
        {
            _current = ordinal;
            Monitor.PulseAll(group.Sync);
            group.ThrowIfBroken();
            while (what == Waiting.ForPieces ? _missing[ordinal] > 0 : _sumsMissing > 0 || _sending > 0)
            {
                Monitor.Wait(group.Sync);
                group.ThrowIfBroken();
            }
        }
    }

    /// <summary>
    /// Nobody may touch the caller's memory after the call. When it went well, nobody does. Otherwise frames under way get a moment to
    /// end in good order, so that the farewell that follows can be read; then the links are cut.
    /// </summary>
    private void Leave()
    {
        lock (group.Sync)
        {
            _active = false;
            if (_sending == 0 && _placing == 0 && _sumsMissing == 0)
            {
                return;
            }
        }

        for (var ordinal = 0; ordinal < _ownChunks; ordinal++)
        {
            foreach (var peer in group.Peers)
            {
                if (peer is not null)
                {
                    GiveBack(peer, ordinal);
                }
            }
        }

        foreach (var peer in group.Peers)
        {
            peer?.Link!.Purge();
        }

        var until = Environment.TickCount64 + (long)Patience.TotalMilliseconds;
        lock (group.Sync)
        {
            for (var left = until - Environment.TickCount64; left > 0 && !IsQuiet; left = until - Environment.TickCount64)
            {
                Monitor.Wait(group.Sync, (int)left);
            }

            if (IsQuiet)
            {
                return;
            }
        }

        foreach (var peer in group.Peers)
        {
            peer?.Link!.Dispose();
        }

        lock (group.Sync)
        {
            while (!IsQuiet)
            {
                Monitor.Wait(group.Sync);
            }
        }
    }

    private enum Waiting
    {
        ForPieces,
        ForSums,
    }

    private bool IsQuiet => _sending == 0 && _placing == 0;

    private int ChunkLength(int chunk) => (int)Math.Min(_chunkFloats, _length - (chunk * (long)_chunkFloats));
}
