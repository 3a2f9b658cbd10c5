using TiMix.Data.Shards;
using TiMix.Data.Text;

namespace TiMix.Data.Loading;

/// <summary>
/// Reads samples in stored order for evaluation: nothing is varied, the shorter side is resized to S and the centre taken.
/// A sample that cannot be used is skipped, not replaced (one must not be counted twice), and listed in <see cref="Problems"/>.
/// Positions count usable samples only, so batches are full until the data ends. Thread-safe; calls go one after the other.
/// </summary>
public sealed class EvaluationReader
{
    private readonly ShardIndex _data;
    private readonly LoaderOptions _options;
    private readonly SamplePreparer _preparer;
    private readonly int[]? _chosen;
    private readonly Lock _gate = new();
    private readonly List<int> _usable = [];
    private readonly List<DataProblem> _problems = [];
    private int _scanned;

    /// <param name="data">The samples.</param>
    /// <param name="tokenizer">For captions and phrases.</param>
    /// <param name="options">Shapes; the augmentation is not used.</param>
    /// <param name="chosen">Only these samples of the index, in this order; null: all, as stored.</param>
    public EvaluationReader(ShardIndex data, ITokenizer tokenizer, LoaderOptions options, int[]? chosen = null)
    {
        options.Validate();
        (_data, _options, _chosen) = (data, options, chosen);
        _preparer = new SamplePreparer(tokenizer, options);
    }

    /// <summary>Samples of the index (those chosen), usable or not: the most that can be read.</summary>
    public int Count => _chosen?.Length ?? _data.Count;

    /// <summary>Samples that were skipped so far. Complete once the end has been read.</summary>
    public IReadOnlyList<DataProblem> Problems
    {
        get
        {
            lock (_gate)
            {
                return [.. _problems];
            }
        }
    }

    /// <summary>All usable samples, so many at a time; the last ones may be fewer.</summary>
    /// <returns>The first sample's position, and the samples: one at least.</returns>
    public IEnumerable<(int First, LoadedBatch Batch)> Batches(int size, CancellationToken cancellation = default)
    {
        for (var first = 0; ;)
        {
            cancellation.ThrowIfCancellationRequested();
            var batch = Load(first, size, cancellation);
            if (batch.SampleIndices.Length == 0)
            {
                yield break;
            }

            yield return (first, batch);
            first += batch.SampleIndices.Length;
        }
    }

    /// <summary>The usable samples start … start + count - 1; fewer, down to none, where the data ends.</summary>
    public LoadedBatch Load(int start, int count, CancellationToken cancellation = default)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(start);
        ArgumentOutOfRangeException.ThrowIfLessThan(count, 1);
        lock (_gate)
        {
            var builder = new BatchBuilder(_options, Math.Min(count, Math.Max(0, Count - start)));
            var scratch = new byte[3 * _options.ImageSize * _options.ImageSize];
            while (builder.Count < count)
            {
                cancellation.ThrowIfCancellationRequested();
                var position = start + builder.Count;
                if (position < _usable.Count)
                {
                    AddKnown(builder, _usable[position]);
                    continue;
                }

                if (_scanned == Count)
                {
                    break;
                }

                // Samples before the start are looked at only to know how many of them can be used.
                var index = _chosen?[_scanned] ?? _scanned;
                var wanted = _usable.Count == position;
                try
                {
                    var sample = _preparer.ForEvaluation(_data.Read(index), wanted ? builder.NextPixels : scratch);
                    _usable.Add(index);
                    if (wanted)
                    {
                        builder.Add(index, sample);
                    }
                }
                catch (SampleException e)
                {
                    _problems.Add(new DataProblem(_data.NameOf(index), $"{e.Message}; it is left out of the evaluation"));
                }

                _scanned++;
            }

            return builder.Build(0, []);
        }
    }

    private void AddKnown(BatchBuilder builder, int index)
    {
        try
        {
            builder.Add(index, _preparer.ForEvaluation(_data.Read(index), builder.NextPixels));
        }
        catch (SampleException e)
        {
            throw new DataException($"{_data.NameOf(index)}: could be read before and now cannot: {e.Message}");
        }
    }
}
