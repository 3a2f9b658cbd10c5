using TiMix.Exchange.Bundles;
using TiMix.Exchange.Links;
using TiMix.Exchange.Reduction;

namespace TiMix.Exchange.Groups;

/// <summary>The all-reduces of a group, one after another: alone, through shared memory, or over the links.</summary>
internal sealed unsafe class AllReduceCalls : IDisposable
{
    private readonly Group _group;
    private readonly AllReducePlan _plan;
    private readonly LinkSum _links;
    private readonly nint[] _own;
    private SharedSum? _shared;
    private bool _memoryFailed;

    public AllReduceCalls(Group group)
    {
        _group = group;
        _plan = new AllReducePlan(group.View);
        _links = new LinkSum(group, _plan);
        _own = new nint[_plan.Slots];
    }

    /// <exception cref="ArgumentException">The parts are not those of the own share, or of another length.</exception>
    public void Check(IReadOnlyList<PartialSum> parts, int length)
    {
        var nodes = _plan.NodesOf(_group.Self);
        var fits = parts.Count == nodes.Count;
        for (var i = 0; fits && i < nodes.Count; i++)
        {
            fits = nodes[i] == (parts[i].Lo, parts[i].Hi);
        }

        if (!fits)
        {
            throw new ArgumentException($"The parts are {string.Join(", ", parts.Select(part => $"[{part.Lo}, {part.Hi})"))}; the share of "
                + $"{_group.View.Members[_group.Self].Id} is {string.Join(", ", nodes.Select(node => $"[{node.Lo}, {node.Hi})"))}.");
        }

        foreach (var part in parts)
        {
            if (part.Values.Length != length * (long)sizeof(float))
            {
                throw new ArgumentException($"The part [{part.Lo}, {part.Hi}) has {part.Values.Length} bytes, the sum {length * (long)sizeof(float)}.");
            }
        }
    }

    /// <summary>See <see cref="AllReducePlan.NotFinite"/>.</summary>
    public IReadOnlyList<NotFiniteNode> NotFinite => _plan.NotFinite;

    /// <summary>Members that finished parts of the last sum that are not finite, ascending.</summary>
    public IReadOnlyList<int> FinishersOfNotFinite(ReadOnlySpan<float> sum)
    {
        var members = _group.View.Members.Count;
        var found = new bool[members];
        for (var at = 0; at < sum.Length; at++)
        {
            if (!float.IsFinite(sum[at]))
            {
                found[_group.UsesSharedMemory && !_memoryFailed ? SharedSum.OwnerOf(at, sum.Length, members) : _links.OwnerOf(at)] = true;
            }
        }

        return [.. Enumerable.Range(0, members).Where(member => found[member])];
    }

    public void Run(long step, IReadOnlyList<PartialSum> parts, Span<float> sum)
    {
        fixed (float* to = sum)
        {
            if (sum.Length == 0)
            {
                return;
            }

            _plan.Forget();
            var first = _plan.FirstSlot(_group.Self);
            for (var i = 0; i < parts.Count; i++)
            {
                _own[first + i] = (nint)parts[i].Values.Pointer;
            }

            if (_group.View.Members.Count == 1)
            {
                _plan.Fold(_own, 0, to, sum.Length);
                return;
            }

            if (_group.UsesSharedMemory && !_memoryFailed)
            {
                _shared ??= new SharedSum(_group, _plan);
                try
                {
                    if (_shared.Run(step, _own, to, sum.Length))
                    {
                        return;
                    }
                }
                catch (IOException error) when (error is not GroupBrokenException)
                {
                    // The others wait for this process, in vain.
                    _group.Abort();
                    throw;
                }

                // Somebody had no room for its segment; all have seen so, and go over the links from now on.
                _memoryFailed = true;
            }

            _links.Run(step, _own, to, sum.Length);
        }

        GC.KeepAlive(parts);
    }

    /// <summary>
    /// Where the sum of a chunk goes straight from the link; false when this process has not come to that sum. Under <see cref="Group.Sync"/>.
    /// </summary>
    public bool Place(Peer peer, in FrameHeader header, out float* place) => _links.Place(peer, header, out place);

    /// <summary>The link's thread is done with the place.</summary>
    public void Placed(in FrameHeader header, bool complete) => _links.Placed(header, complete);

    /// <summary>Without this piece the sum cannot go on, however much memory is in use. Under <see cref="Group.Sync"/>.</summary>
    public bool IsAwaited(in FrameHeader header) => _links.IsAwaited(header);

    /// <summary>A piece is in its buffer. Under <see cref="Group.Sync"/>.</summary>
    /// <exception cref="InvalidDataException">Nobody can have sent that piece in good faith.</exception>
    public void Arrived(Peer peer, in FrameHeader header, NativeBlock block) => _links.Arrived(peer, header, block);

    public void Dispose()
    {
        _links.Dispose();
        _plan.Dispose();
    }
}
