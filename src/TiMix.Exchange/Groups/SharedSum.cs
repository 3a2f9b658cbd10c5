using TiMix.Exchange.Links;

namespace TiMix.Exchange.Groups;

/// <summary>
/// One all-reduce through memory that the members share. Each has a shard of the vector. Everybody writes what others need of its
/// nodes to its own segment; barrier; everybody finishes the tree for its shard, reading the others' segments, and leaves the sum in
/// its own; barrier; everybody copies the others' shards of the sum. The next call's first barrier keeps a fast member from
/// overwriting a sum that a slow one still copies.
/// </summary>
internal sealed unsafe class SharedSum(Group group, AllReducePlan plan)
{
    private const int CopyFloats = 256 << 10;
    private readonly int _members = group.View.Members.Count;
    private readonly nint[] _slots = new nint[plan.Slots];

    /// <returns>False when some member had no room for its segment: nothing has been summed, and all members know.</returns>
    public bool Run(long step, ReadOnlySpan<nint> own, float* to, int length)
    {
        var self = group.Self;
        var (from, until) = Shard(self, length);
        var bytes = ResultOffset(self, length) + ((until - from) * sizeof(float));
        var room = group.Memory!.TryGrow(bytes);
        if (room)
        {
            Publish(own, length);
        }

        Barrier(step, 1, room ? (uint)((bytes + 1023) / 1024) : 0);
        if (!room || Array.Exists(group.Peers, peer => peer is { SegmentBytes: 0 }))
        {
            return false;
        }

        for (var member = 0; member < _members; member++)
        {
            for (var node = 0; node < plan.NodesOf(member).Count; node++)
            {
                var slot = plan.FirstSlot(member) + node;
                _slots[slot] = member == self ? own[slot] : (nint)(Segment(member, length) + NodeOffset(node, length));
            }
        }

        var result = (float*)(group.Memory.Pointer + ResultOffset(self, length));
        for (var at = from; at < until; at += CopyFloats)
        {
            ThrowIfBroken();
            plan.Fold(_slots, at, result + (at - from), (int)Math.Min(CopyFloats, until - at), to + at);
        }

        Barrier(step, 2, 0);
        for (var turn = 1; turn < _members; turn++)
        {
            // Each begins with another member's shard.
            var member = (self + turn) % _members;
            var (first, end) = Shard(member, length);
            Copy((float*)(Segment(member, length) + ResultOffset(member, length)), to + first, end - first);
        }

        return true;
    }

    /// <summary>Whose part of the vector a float is in.</summary>
    public static int OwnerOf(int at, int length, int members)
    {
        var owner = 0;
        while (at >= Cut(owner + 1, length, members))
        {
            owner++;
        }

        return owner;
    }

    /// <summary>A member's part of the vector, cut at cache lines.</summary>
    private (long From, long Until) Shard(int member, int length) => (Cut(member, length, _members), Cut(member + 1, length, _members));

    private static long Cut(int index, int length, int members) => index == members ? length : (long)length * index / members / 16 * 16;

    private static long NodeOffset(int node, int length) => SharedSegment.HeaderBytes + (node * (((length * (long)sizeof(float)) + 63) / 64 * 64));

    private long ResultOffset(int member, int length) => NodeOffset(plan.NodesOf(member).Count, length);

    private byte* Segment(int member, int length)
    {
        var (from, until) = Shard(member, length);
        var peer = group.Peers[member]!;
        var needed = ResultOffset(member, length) + ((until - from) * sizeof(float));
        if (needed > peer.SegmentBytes)
        {
            throw new IOException($"{peer.Member.Id} shares {peer.SegmentBytes} bytes where {needed} are needed: do all members sum {length} floats?");
        }

        return peer.Memory!.Map(needed);
    }

    private void Publish(ReadOnlySpan<nint> own, int length)
    {
        var (from, until) = Shard(group.Self, length);
        for (var node = 0; node < plan.NodesOf(group.Self).Count; node++)
        {
            var vector = (float*)own[plan.FirstSlot(group.Self) + node];
            var place = (float*)(group.Memory!.Pointer + NodeOffset(node, length));

            // Nobody but this process reads the own shard.
            Copy(vector, place, from);
            Copy(vector + until, place + until, length - until);
        }
    }

    private void Copy(float* from, float* to, long count)
    {
        for (long done = 0; done < count; done += CopyFloats)
        {
            ThrowIfBroken();
            var floats = Math.Min(CopyFloats, count - done);
            Buffer.MemoryCopy(from + done, to + done, floats * sizeof(float), floats * sizeof(float));
        }
    }

    private void Barrier(long step, ushort phase, uint kilobytes)
    {
        group.Tell(
            new FrameHeader { Kind = FrameKind.Barrier, Generation = group.View.Generation, Step = step, Call = group.Call, Node = phase, Chunk = kilobytes });
        var position = (group.Call * 4UL) + phase;
        lock (group.Sync)
        {
            group.ThrowIfBroken();
            foreach (var peer in group.Peers)
            {
                while (peer is not null && peer.Barrier < position)
                {
                    Monitor.Wait(group.Sync);
                    group.ThrowIfBroken();
                }
            }
        }
    }

    private void ThrowIfBroken()
    {
        lock (group.Sync)
        {
            group.ThrowIfBroken();
        }
    }
}
