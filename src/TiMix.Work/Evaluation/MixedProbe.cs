using TiMix.Base;
using TiMix.Data.Loading;
using TiMix.Learning.Metrics;
using TiMix.Learning.Mixing;
using TiMix.Learning.Model;
using TiMix.Learning.Runtime;
using static TorchSharp.torch;

namespace TiMix.Work.Evaluation;

/// <summary>
/// Mixed images of a split, for what the theory says of mixing. Windows are drawn at random by a seed of their own, so that all
/// runs, whatever they mix by, are asked about the same images; sides are spread over the recipe's.
/// </summary>
/// <param name="options">Bounds of the sides.</param>
internal sealed class MixedProbe(MixOptions options)
{
    private const int Batches = 2;
    private const int Sides = 3;
    private const ulong Seed = 0x6D69782070726F62; // "mix prob"

    /// <param name="First">Position of the block's first image in the split.</param>
    /// <param name="Pairing">Within the block.</param>
    /// <param name="Lambda">Of all its images.</param>
    /// <param name="Features">[count, d], L2-normalised.</param>
    private sealed record Block(int First, int[] Pairing, float Lambda, float[] Features);

    private readonly List<Block> _blocks = [];
    private int _batches;

    /// <summary>Mixes the images of a batch at every side and encodes them; the first batches of a split only.</summary>
    /// <param name="batch">Un-augmented.</param>
    /// <param name="first">Position of its first image in the split.</param>
    /// <param name="model">Encodes.</param>
    public void Add(LoadedBatch batch, int first, EvaluatedModel model)
    {
        var (config, count) = (model.Config, batch.SampleIndices.Length / 2 * 2);
        if (_batches == Batches || count == 0)
        {
            return;
        }

        using var scope = NewDisposeScope();
        using var noGrad = no_grad();
        var clean = Pixels.Normalize(batch.Pixels.AsSpan(0, count * 3 * config.ImageSize * config.ImageSize), count, config.ImageSize, model.Device);
        foreach (var side in SidesOf(config.Grid))
        {
            using var sideScope = NewDisposeScope();
            var share = (double)side / config.Grid;
            var plan = MixPlanner.Plan(
                new RandomWindow(), [], count, config.Grid, Seeds.Mix(Seed, (ulong)_batches, (ulong)side), new MixOptions(share, share));
            var mixed = model.Encoder.EncodeImages(MixApply.Apply(plan, clean, config.PatchSize), false).Feature;
            _blocks.Add(new Block(first, plan.Pairing, plan.Lambda, HostFloats.Of(mixed)));
        }

        _batches++;
    }

    /// <summary>R at as many candidates as a block has images, mean over the blocks, and the calibration over all mixed images.</summary>
    /// <param name="metrics">Added to; nothing, where nothing was mixed.</param>
    /// <param name="captions">[n, d], row i belonging to image i of the split.</param>
    /// <param name="width">d.</param>
    /// <param name="temperature">τ.</param>
    public void AddTo(SortedDictionary<string, double> metrics, float[] captions, int width, double temperature)
    {
        var (lambdas, shares, regulariser) = (new List<double>(), new List<double>(), 0.0);
        foreach (var block in _blocks)
        {
            var own = captions.AsSpan(block.First * width, block.Features.Length);
            regulariser += MixRegulariser.Compute(block.Features, own, width, block.Pairing, block.Lambda, temperature).Value / _blocks.Count;
            shares.AddRange(LambdaCalibration.Shares(block.Features, own, width, block.Pairing, temperature));
            lambdas.AddRange(Enumerable.Repeat((double)block.Lambda, block.Pairing.Length));
        }

        if (_blocks.Count == 0)
        {
            return;
        }

        metrics["mixRegulariser"] = regulariser;
        if (LambdaCalibration.Fit([.. lambdas], [.. shares]) is { } line)
        {
            metrics["calibrationSlope"] = line.Slope;
            metrics["calibrationIntercept"] = line.Intercept;
        }
    }

    /// <summary>At most three, evenly over the bounds.</summary>
    internal IEnumerable<int> SidesOf(int grid)
    {
        var (low, high) = MixPlanner.Sides(options, grid);
        var count = Math.Min(Sides, high - low + 1);
        return Enumerable.Range(0, count).Select(i => count == 1 ? low : low + (int)Math.Round(i * (high - low) / (count - 1.0)));
    }
}
