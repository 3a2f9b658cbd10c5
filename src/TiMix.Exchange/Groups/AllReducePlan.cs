using System.Numerics.Tensors;
using TiMix.Exchange.Bundles;
using TiMix.Exchange.Reduction;

namespace TiMix.Exchange.Groups;

/// <summary>
/// Which nodes of the fixed tree each member of a view holds, and the additions that are left to do on top of them: left plus right,
/// node by node, exactly as <see cref="TreeSum"/> pairs them. Worked out once a view.
/// </summary>
internal sealed unsafe class AllReducePlan : IDisposable
{
    /// <summary>Floats that are summed at a time, so that what is added twice is still in the cache.</summary>
    private const int BlockFloats = 8192;
    private const int ToResult = -1;
    private readonly List<(int To, int Left, int Right)> _additions = [];
    private readonly List<(int Lo, int Hi)>[] _nodes;
    private readonly int[] _firstSlot;
    private readonly NativeBlock _scratch;
    private readonly int _root;
    private readonly bool[] _notFinite;
    private int _temporaries;

    public AllReducePlan(GroupView view)
    {
        _nodes = [.. view.Members.Select(member => Nodes(view.MicroBatches, member.First, member.Count))];
        _firstSlot = new int[_nodes.Length];
        var slots = new Dictionary<(int Lo, int Hi), int>();
        for (var member = 0; member < _nodes.Length; member++)
        {
            _firstSlot[member] = slots.Count;
            foreach (var node in _nodes[member])
            {
                slots.Add(node, slots.Count);
            }
        }

        Slots = slots.Count;
        _notFinite = new bool[Slots];
        _root = Build(slots, 0, view.MicroBatches, ToResult, 0);
        _scratch = new NativeBlock(_temporaries * (long)BlockFloats * sizeof(float));
    }

    /// <summary>Nodes that all members hold together; each is a slot, in the order of members and then of the tree.</summary>
    public int Slots { get; }

    /// <summary>The nodes of one member, ascending.</summary>
    public IReadOnlyList<(int Lo, int Hi)> NodesOf(int member) => _nodes[member];

    /// <summary>The slot of a member's first node.</summary>
    public int FirstSlot(int member) => _firstSlot[member];

    /// <summary>The maximal nodes of the tree over [0, leaves) that lie within [first, first + count), ascending.</summary>
    public static List<(int Lo, int Hi)> Nodes(int leaves, int first, int count)
    {
        var found = new List<(int, int)>();
        void Visit(int lo, int hi)
        {
            if (count == 0 || hi <= first || lo >= first + count)
            {
                return;
            }

            if (lo >= first && hi <= first + count)
            {
                found.Add((lo, hi));
                return;
            }

            var middle = lo + TreeSum.Split(hi - lo);
            Visit(lo, middle);
            Visit(middle, hi);
        }

        Visit(0, leaves);
        return found;
    }

    /// <summary>
    /// Nodes that were not finite where the sums that were finished here are not, since <see cref="Forget"/>: what else there is of them nobody
    /// here has looked at.
    /// </summary>
    public IReadOnlyList<NotFiniteNode> NotFinite =>
    [
        .. _nodes.SelectMany((nodes, member) => nodes.Select((node, place) => (Member: member, Node: node, Slot: _firstSlot[member] + place)))
            .Where(held => _notFinite[held.Slot]).Select(held => new NotFiniteNode(held.Member, held.Node.Lo, held.Node.Hi)),
    ];

    /// <summary>A new sum begins.</summary>
    public void Forget() => Array.Clear(_notFinite);

    /// <summary>Finishes the tree over some floats.</summary>
    /// <param name="slots">Where the floats of each slot begin.</param>
    /// <param name="offset">Floats to add to each of these.</param>
    /// <param name="result">Where the sum goes; may not overlap a slot.</param>
    /// <param name="count">Floats.</param>
    /// <param name="copy">A second place for the sum, or null.</param>
    public void Fold(ReadOnlySpan<nint> slots, long offset, float* result, int count, float* copy = null)
    {
        for (var done = 0; done < count; done += BlockFloats)
        {
            var floats = Math.Min(BlockFloats, count - done);
            var sum = new Span<float>(result + done, floats);
            foreach (var (to, left, right) in _additions)
            {
                TensorPrimitives.Add(
                    Operand(slots, left, offset + done, result + done, floats), Operand(slots, right, offset + done, result + done, floats),
                    Operand(slots, to, offset + done, result + done, floats));
            }

            if (_root != ToResult)
            {
                Operand(slots, _root, offset + done, result + done, floats).CopyTo(sum);
            }

            // Looked at while it is in the cache; what it is made of, only if it has to be.
            if (!Finite.All(sum))
            {
                for (var slot = 0; slot < Slots; slot++)
                {
                    _notFinite[slot] |= !Finite.All(new ReadOnlySpan<float>((float*)slots[slot] + offset + done, floats));
                }
            }

            if (copy is not null)
            {
                sum.CopyTo(new Span<float>(copy + done, floats));
            }
        }
    }

    public void Dispose() => _scratch.Dispose();

    private Span<float> Operand(ReadOnlySpan<nint> slots, int slot, long offset, float* result, int floats) =>
        slot == ToResult ? new Span<float>(result, floats)
        : slot < Slots ? new Span<float>((float*)slots[slot] + offset, floats)
        : _scratch.Floats.Slice((slot - Slots) * BlockFloats, floats);

    private int Build(Dictionary<(int Lo, int Hi), int> slots, int lo, int hi, int to, int depth)
    {
        if (slots.TryGetValue((lo, hi), out var held))
        {
            return held;
        }

        var middle = lo + TreeSum.Split(hi - lo);
        var left = Build(slots, lo, middle, to, depth);

        // The left sum stands in the result until the right one is there, which then needs a place of its own.
        var rightTo = left == to ? Slots + depth : to;
        var right = Build(slots, middle, hi, rightTo, depth + (left == to ? 1 : 0));
        if (right == rightTo && rightTo != to)
        {
            _temporaries = Math.Max(_temporaries, depth + 1);
        }

        _additions.Add((to, left, right));
        return to;
    }
}
