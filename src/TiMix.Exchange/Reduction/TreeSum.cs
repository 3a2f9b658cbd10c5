using System.Numerics.Tensors;
using TiMix.Exchange.Bundles;

namespace TiMix.Exchange.Reduction;

/// <summary>
/// The sum of one float vector per micro-batch over a fixed binary tree, in whatever order the vectors arrive.
/// The tree over [lo, hi) splits at lo plus the largest power of two below hi - lo, so that aligned subtrees are the same for
/// every V, and a worker that holds one can add it up alone. A node is summed as soon as both children are there: at most one
/// waiting vector per level and lane is held. Thread-safe; additions of different nodes run side by side.
/// </summary>
/// <param name="leaves">Micro-batches V, at least 1.</param>
/// <param name="length">Floats of one vector.</param>
public sealed class TreeSum(int leaves, int length) : IDisposable
{
    private readonly Lock _lock = new();
    private readonly Dictionary<(int Lo, int Hi), NativeBlock> _waiting = [];
    private readonly Stack<NativeBlock> _free = [];
    private readonly bool[] _seen =
        new bool[leaves > 0 ? leaves : throw new ArgumentOutOfRangeException(nameof(leaves), leaves, "At least one micro-batch is needed.")];
    private NativeBlock? _root;

    /// <summary>Adds the vector of micro-batch <paramref name="leaf"/>; it is read before the call returns and not kept.</summary>
    /// <returns>True when the tree is complete.</returns>
    /// <exception cref="ArgumentException">Wrong length.</exception>
    /// <exception cref="InvalidOperationException">That micro-batch was added before: nothing is ever summed twice.</exception>
    public bool Add(int leaf, ReadOnlySpan<float> values)
    {
        if (values.Length != length)
        {
            throw new ArgumentException($"Expected {length} floats, got {values.Length}.", nameof(values));
        }

        NativeBlock own;
        lock (_lock)
        {
            if (_seen[leaf])
            {
                throw new InvalidOperationException($"Micro-batch {leaf} was summed before.");
            }

            _seen[leaf] = true;
            own = _free.TryPop(out var free) ? free : new NativeBlock(length * (long)sizeof(float));
        }

        values.CopyTo(own.Floats);
        return Climb((leaf, leaf + 1), own);
    }

    /// <summary>The sum; valid until <see cref="Reset"/>.</summary>
    /// <exception cref="InvalidOperationException">Micro-batches are missing.</exception>
    public Span<float> Result => (_root ?? throw new InvalidOperationException("The sum is not complete.")).Floats;

    /// <summary>
    /// The maximal tree nodes held, ascending by <see cref="PartialSum.Lo"/>: what a worker that has added the leaves of its share
    /// gives to an all-reduce. Valid until <see cref="Reset"/>; not to be read while leaves are being added.
    /// </summary>
    public IReadOnlyList<PartialSum> Partials
    {
        get
        {
            lock (_lock)
            {
                return _root is not null
                    ? [new PartialSum(0, leaves, _root)]
                    : [.. _waiting.OrderBy(pair => pair.Key.Lo).Select(pair => new PartialSum(pair.Key.Lo, pair.Key.Hi, pair.Value))];
            }
        }
    }

    /// <summary>Forgets the sum and keeps the memory for the next step.</summary>
    public void Reset()
    {
        lock (_lock)
        {
            Array.Clear(_seen);
            foreach (var block in _waiting.Values)
            {
                _free.Push(block);
            }

            _waiting.Clear();
            if (_root is not null)
            {
                _free.Push(_root);
                _root = null;
            }
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        Reset();
        while (_free.TryPop(out var block))
        {
            block.Dispose();
        }
    }

    private bool Climb((int Lo, int Hi) node, NativeBlock block)
    {
        while (node != (0, leaves))
        {
            var (parent, sibling) = ParentAndSibling(node);
            NativeBlock? other;
            lock (_lock)
            {
                if (!_waiting.Remove(sibling, out other))
                {
                    _waiting.Add(node, block);
                    return false;
                }
            }

            TensorPrimitives.Add(block.Floats, other.Floats, block.Floats);
            lock (_lock)
            {
                _free.Push(other);
            }

            node = parent;
        }

        lock (_lock)
        {
            _root = block;
        }

        return true;
    }

    private ((int Lo, int Hi) Parent, (int Lo, int Hi) Sibling) ParentAndSibling((int Lo, int Hi) node)
    {
        var (lo, hi) = (0, leaves);
        while (true)
        {
            var middle = lo + Split(hi - lo);
            var (left, right) = ((lo, middle), (middle, hi));
            if (node == left)
            {
                return ((lo, hi), right);
            }

            if (node == right)
            {
                return ((lo, hi), left);
            }

            (lo, hi) = node.Lo < middle ? left : right;
        }
    }

    /// <summary>The largest power of two below <paramref name="count"/>.</summary>
    internal static int Split(int count) => 1 << (31 - int.LeadingZeroCount(count - 1));
}
