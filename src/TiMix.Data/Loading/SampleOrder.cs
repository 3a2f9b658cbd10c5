using TiMix.Base;

namespace TiMix.Data.Loading;

/// <summary>
/// Which samples a step takes: a permutation of all samples for every epoch, cut in order into global batches and these into
/// micro-batches. A pure function of seed, count, epoch and step; what is left over at the end of an epoch is not used in it.
/// With a fraction, all of this of a part of the samples that is the same in every run, whatever its seed; smaller parts lie
/// within larger ones.
/// Thread-safe.
/// </summary>
public sealed class SampleOrder
{
    private const ulong OrderDomain = 0x6F72646572; // "order"
    private const ulong PartDomain = 0x70617274; // "part"
    private const ulong ProbeDomain = 0x70726F6265; // "probe"
    private readonly ulong _seed;
    private readonly int _globalBatch;
    private readonly int _microBatches;
    private readonly int[] _part;
    private readonly Lock _gate = new();
    private readonly Dictionary<int, int[]> _epochs = [];

    /// <param name="seed">The run's seed.</param>
    /// <param name="count">Samples in the index.</param>
    /// <param name="globalBatch">B: samples of a step.</param>
    /// <param name="microBatches">V: parts that a global batch is cut into; must divide B.</param>
    /// <param name="fraction">Part of the samples that is used, larger than 0, at most 1.</param>
    /// <exception cref="DataException">They do not make one global batch, or it cannot be cut.</exception>
    public SampleOrder(ulong seed, int count, int globalBatch, int microBatches, double fraction = 1)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(fraction);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(fraction, 1);
        if (globalBatch < 1 || microBatches < 1 || globalBatch % microBatches != 0)
        {
            throw new DataException($"A global batch of {globalBatch} cannot be cut into {microBatches} micro-batches; it must be a multiple of their number.");
        }

        var used = fraction == 1 ? count : (int)(count * fraction);
        if (used < globalBatch)
        {
            throw new DataException($"There are {used} training samples{(used < count ? $" (of {count}, by the fraction {fraction})" : "")}, fewer than one "
                + $"global batch of {globalBatch}; give more data or a smaller batch.");
        }

        (_seed, Count, _globalBatch, _microBatches) = (seed, count, globalBatch, microBatches);
        StepsPerEpoch = used / globalBatch;
        _part = [.. Enumerable.Range(0, count)];
        if (used < count)
        {
            var random = new SeededRandom(Seeds.Mix(PartDomain, (ulong)count));
            random.Shuffle(_part.AsSpan());
            _part = _part[..used];
        }
    }

    /// <summary>Samples in the index.</summary>
    public int Count { get; }

    /// <summary>floor(samples in use / B).</summary>
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

    /// <summary>A sample in use, chosen by a random number.</summary>
    public int Any(ulong random) => _part[(int)(random % (ulong)_part.Length)];

    /// <summary>Some of the samples in use, ascending: the same in every run over the same samples, whatever its seed.</summary>
    /// <param name="count">How many; all in use where they are fewer.</param>
    public int[] Probe(int count)
    {
        int[] chosen = [.. _part];
        var random = new SeededRandom(Seeds.Mix(ProbeDomain, (ulong)Count));
        random.Shuffle(chosen.AsSpan());
        return [.. chosen.Take(count).Order()];
    }

    private int[] Permutation(int epoch)
    {
        lock (_gate)
        {
            if (_epochs.TryGetValue(epoch, out var known))
            {
                return known;
            }

            int[] made = [.. _part];
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
