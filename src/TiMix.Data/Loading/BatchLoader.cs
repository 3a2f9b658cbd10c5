using TiMix.Base;
using TiMix.Data.Shards;
using TiMix.Data.Text;

namespace TiMix.Data.Loading;

/// <summary>
/// Makes the micro-batches of training. What it gives is a pure function of data, seed, step and micro-batch: any loader, on any
/// thread, at any time gives the same bytes. A sample that cannot be used at (epoch, index) is replaced by sample
/// Mix(seed, epoch, index, attempt) mod count, attempt = 1, 2, … <see cref="Attempts"/>, and listed. Of a picture with several
/// captions each epoch takes one, drawn by a seed of its own: whatever else varies is as it would be with one. Thread-safe.
/// </summary>
public sealed class BatchLoader
{
    /// <summary>Replacements that are tried for one sample.</summary>
    public const int Attempts = 16;

    private const ulong AugmentDomain = 0x6175676D656E74; // "augment"
    private const ulong SecondViewDomain = 0x7365636F6E64; // "second"
    private const ulong CaptionDomain = 0x63617074696F6E; // "caption"
    private readonly ShardIndex _data;
    private readonly SampleOrder _order;
    private readonly LoaderOptions _options;
    private readonly ulong _seed;
    private readonly SamplePreparer _preparer;

    /// <param name="data">The samples.</param>
    /// <param name="tokenizer">For captions and phrases.</param>
    /// <param name="order">Which sample when; made for as many samples as the data has.</param>
    /// <param name="options">Shapes and augmentation.</param>
    /// <param name="seed">The run's seed.</param>
    public BatchLoader(ShardIndex data, ITokenizer tokenizer, SampleOrder order, LoaderOptions options, ulong seed)
    {
        options.Validate();
        if (order.Count != data.Count)
        {
            throw new ArgumentException($"made for {order.Count} samples, the data has {data.Count}", nameof(order));
        }

        (_data, _order, _options, _seed) = (data, order, options, seed);
        _preparer = new SamplePreparer(tokenizer, options);
    }

    /// <summary>Makes one micro-batch.</summary>
    /// <exception cref="DataException">A sample and all that were tried in its place cannot be used.</exception>
    public LoadedBatch Load(long step, int microBatch, CancellationToken cancellation = default)
    {
        var epoch = _order.EpochOf(step);
        var indices = _order.Indices(step, microBatch);
        var builder = new BatchBuilder(_options, indices.Length, secondViews: step < _options.SecondViewSteps);
        List<Replacement> replacements = [];
        foreach (var index in indices)
        {
            cancellation.ThrowIfCancellationRequested();
            AddSample(builder, epoch, index, replacements);
        }

        return builder.Build(epoch, replacements) with { DrawnIndices = indices };
    }

    private void AddSample(BatchBuilder builder, int epoch, int index, List<Replacement> replacements)
    {
        if (TryAdd(builder, epoch, index, index) is not { } reason)
        {
            return;
        }

        var last = reason;
        var candidate = index;
        for (var attempt = 1; attempt <= Attempts; attempt++)
        {
            candidate = _order.Any(Seeds.Mix(_seed, (ulong)epoch, (ulong)index, (ulong)attempt));
            if (TryAdd(builder, epoch, index, candidate) is not { } next)
            {
                replacements.Add(new Replacement(index, candidate, _data.NameOf(index), reason));
                return;
            }

            last = next;
        }

        throw new DataException(
            $"{_data.NameOf(index)}: {reason}; none of {Attempts} samples tried in its place can be used either (the last, {_data.NameOf(candidate)}: "
            + $"{last}). The data must have more usable samples than broken ones.");
    }

    /// <summary>Null if the sample was added, else why not.</summary>
    private string? TryAdd(BatchBuilder builder, int epoch, int index, int used)
    {
        try
        {
            SeededRandom Random(ulong domain) => new(Seeds.Mix(_seed, domain, (ulong)epoch, (ulong)index, (ulong)used));
            var captionSeed = Seeds.Mix(_seed, CaptionDomain, (ulong)epoch, (ulong)index, (ulong)used);
            builder.Add(
                used,
                _preparer.ForTraining(
                    _data.Read(used), captionSeed, Random(AugmentDomain), builder.NextPixels, Random(SecondViewDomain), builder.NextSecondPixels));
            return null;
        }
        catch (SampleException e)
        {
            return e.Message;
        }
    }
}
