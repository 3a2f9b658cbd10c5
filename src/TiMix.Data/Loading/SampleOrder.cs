namespace TiMix.Data;

/// <summary>
/// Which samples a step takes: a permutation of all samples for every epoch, cut in order into global batches and these into
/// micro-batches. A pure function of seed, count, epoch and step; what is left over at the end of an epoch is not used in it.
/// Thread-safe.
/// </summary>
public sealed class SampleOrder
{
    private const ulong OrderDomain = 0x6F72646572; // "order"
    private readonly ulong _seed;
    private readonly int _globalBatch;
    private readonly int _microBatches;
    private readonly Lock _gate = new();
    private readonly Dictionary<int, int[]> _epochs = [];

    /// <param name="seed">The run's seed.</param>
    /// <param name="count">Samples in the index.</param>
    /// <param name="globalBatch">B: samples of a step.</param>
    /// <param name="microBatches">V: parts that a global batch is cut into; must divide B.</param>
    public SampleOrder(ulong seed, int count, int globalBatch, int microBatches)
    {
        if (globalBatch < 1 || microBatches < 1 || globalBatch % microBatches != 0)
        {
            throw new DataException($"A global batch of {globalBatch} cannot be cut into {microBatches} micro-batches; it must be a multiple of their number.");
        }

        if (count < globalBatch)
        {
            throw new DataException($"There are {count} training samples, fewer than one global batch of {globalBatch}; give more data or a smaller batch.");
        }

        (_seed, Count, _globalBatch, _microBatches) = (seed, count, globalBatch, microBatches);
        StepsPerEpoch = count / globalBatch;
    }

    /// <summary>Samples in the index.</summary>
    public int Count { get; }

    /// <summary>floor(count / B).</summary>
    public int StepsPerEpoch { get; }

    /// <summary>Epoch of a step; both count from 0.</summary>
    public int EpochOf(long step)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(step);
        return checked((int)(step / StepsPerEpoch));
    }

    /// <summary>The b = B / V samples of a micro-batch of a step.</summary>
    public int[] Indices(long step, int microBatch)
    {
        var epoch = EpochOf(step);
        ArgumentOutOfRangeException.ThrowIfNegative(microBatch);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(microBatch, _microBatches);
        var size = _globalBatch / _microBatches;
        var start = ((int)(step % StepsPerEpoch) * _globalBatch) + (microBatch * size);
        return Permutation(epoch).AsSpan(start, size).ToArray();
    }

    private int[] Permutation(int epoch)
    {
        lock (_gate)
        {
            if (_epochs.TryGetValue(epoch, out var known))
            {
                return known;
            }

            var made = new int[Count];
            for (var i = 0; i < made.Length; i++)
            {
                made[i] = i;
            }

            var random = new SeededRandom(Seeds.Mix(_seed, OrderDomain, (ulong)epoch));
            random.Shuffle(made.AsSpan());
            if (_epochs.Count == 3)
            {
                // Prefetching crosses one border between epochs; the epoch farthest from this one is not needed soon.
                _epochs.Remove(_epochs.Keys.MaxBy(e => Math.Abs((long)e - epoch)));
            }

            return _epochs[epoch] = made;
        }
    }
}
