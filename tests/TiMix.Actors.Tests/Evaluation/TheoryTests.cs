using TiMix.Base;
using TiMix.Data.Loading;
using TiMix.Learning.Mixing;
using TiMix.Learning.Model;
using TiMix.Learning.Runtime;
using TiMix.Protocol.Values;
using TiMix.Runs.Recipes;
using TiMix.Runs.Sources;
using TiMix.Work.Evaluation;
using static TorchSharp.torch;

namespace TiMix.Actors.Tests.Evaluation;

/// <summary>What an evaluation says of the theory, against sums written out here in double precision, picture by picture.</summary>
public sealed class TheoryTests : IDisposable
{
    private readonly TinyData _data = new();
    private readonly RunData _run;
    private readonly ModelConfig _config;
    private readonly float[] _parameters;

    public TheoryTests()
    {
        _run = new RunData(_data.Recipe, _data.In("sample"));
        _config = _data.Recipe.ModelConfig(_run.OpenTokenizer().VocabularySize);
        _parameters = DrawnModel.Of(_config);
    }

    public void Dispose() => _data.Dispose();

    [Fact]
    public void The_overfit_gap_is_the_bound_on_training_samples_less_that_on_the_split_at_the_same_number_of_candidates()
    {
        var (report, model) = Evaluate();
        using var _ = model;
        var (split, train) = (Assert.Single(report.Splits), report.TrainProbe!);
        var (test, learned) = (Features(_run.OpenReader("test", _config), model), Features(_run.OpenTrainProbe(_config, out var missing)!, model));
        Assert.Null(missing);
        Assert.Equal((8, TinyData.Samples - 1), (test.Images.Length, learned.Images.Length));
        double Bound((double[][] Images, double[][] Captions) of, int candidates) =>
            Math.Log(candidates) - Information(
                of.Images[..candidates], of.Captions[..candidates], Enumerable.Range(0, candidates).ToArray(), 1, model.Temperature);
        Assert.Equal(Bound(test, 8), split.Metrics["miLowerBoundNats"], 1e-5);
        Assert.Equal(Bound(learned, 15), train.Metrics["miLowerBoundNats"], 1e-5);
        Assert.Equal(8, split.Metrics["overfitGapSamples"]);
        Assert.Equal(Bound(learned, 8) - Bound(test, 8), split.Metrics["overfitGapNats"], 1e-5);
    }

    [Fact]
    public void Regulariser_and_calibration_are_those_of_mixed_pictures_with_the_captions_of_their_halves()
    {
        var (report, model) = Evaluate();
        using var _ = model;
        var split = Assert.Single(report.Splits);
        var probe = new MixedProbe(_data.Recipe.MixOptions());
        var batch = _run.OpenReader("test", _config).Load(0, 8);
        var (images, captions) = Features(_run.OpenReader("test", _config), model);
        var (regularisers, points) = (new List<double>(), new List<(double Lambda, double Share)>());
        foreach (var side in probe.SidesOf(_config.Grid))
        {
            var share = (double)side / _config.Grid;
            var plan = MixPlanner.Plan(new RandomWindow(), [], 8, _config.Grid, Seeds.Mix(0x6D69782070726F62, 0, (ulong)side), new MixOptions(share, share));
            var lambda = 1 - ((double)(side * side) / (_config.Grid * _config.Grid));
            var mixed = Enumerable.Range(0, 8).Select(i => Encode(Mixed(batch, plan, i), model)).ToArray();
            var entropy = -(lambda * Math.Log(lambda)) - ((1 - lambda) * Math.Log(1 - lambda));
            regularisers.Add(Information(mixed, captions, plan.Pairing, lambda, model.Temperature) - entropy);
            points.AddRange(mixed.Select((image, i) =>
            {
                var (own, others) = (
                    Math.Exp(Dot(image, captions[i]) / model.Temperature), Math.Exp(Dot(image, captions[plan.Pairing[i]]) / model.Temperature));
                return (lambda, own / (own + others));
            }));
        }

        Assert.Equal(regularisers.Average(), split.Metrics["mixRegulariser"], 1e-5);
        var (meanLambda, meanShare) = (points.Average(point => point.Lambda), points.Average(point => point.Share));
        var slope = points.Sum(point => (point.Lambda - meanLambda) * (point.Share - meanShare)) / points.Sum(point => Math.Pow(point.Lambda - meanLambda, 2));
        Assert.Equal(slope, split.Metrics["calibrationSlope"], 1e-4);
        Assert.Equal(meanShare - (slope * meanLambda), split.Metrics["calibrationIntercept"], 1e-4);
        Assert.Equal(
            images.Zip(captions, (image, caption) => image.Zip(caption, (x, y) => (x - y) * (x - y)).Sum()).Average(), split.Metrics["alignment"], 1e-5);
    }

    [Fact]
    public void Every_batch_that_is_mixed_meets_the_captions_of_its_own_pictures()
    {
        using var model = new EvaluatedModel(_config, _parameters);
        var reader = _run.OpenReader("test", _config);
        var captions = Features(reader, model).Captions;
        var flat = captions.SelectMany(row => row.Select(x => (float)x)).ToArray();
        var probe = new MixedProbe(_data.Recipe.MixOptions());
        probe.Add(reader.Load(0, 4), 0, model);
        probe.Add(reader.Load(4, 4), 4, model);
        var metrics = new SortedDictionary<string, double>(StringComparer.Ordinal);
        probe.AddTo(metrics, flat, _config.EmbedDim, model.Temperature);

        var regularisers = new List<double>();
        for (var b = 0; b < 2; b++)
        {
            foreach (var side in probe.SidesOf(_config.Grid))
            {
                var share = (double)side / _config.Grid;
                var plan = MixPlanner.Plan(
                    new RandomWindow(), [], 4, _config.Grid, Seeds.Mix(0x6D69782070726F62, (ulong)b, (ulong)side), new MixOptions(share, share));
                var lambda = 1 - ((double)(side * side) / (_config.Grid * _config.Grid));
                var mixed = Enumerable.Range(0, 4).Select(i => Encode(Mixed(reader.Load(4 * b, 4), plan, i), model)).ToArray();
                regularisers.Add(Information(mixed, captions[(4 * b)..(4 * b + 4)], plan.Pairing, lambda, model.Temperature) + (lambda * Math.Log(lambda)) + (
                    (1 - lambda) * Math.Log(1 - lambda)));
            }
        }

        Assert.Equal(regularisers.Average(), metrics["mixRegulariser"], 1e-5);
    }

    private (EvaluationReport Report, EvaluatedModel Model) Evaluate() => (
        TaskEvaluator.Evaluate(
            3, [new EvaluatedSplit("test", _run.OpenReader("test", _config))], _run.OpenTrainProbe(_config, out _), _data.Recipe, _run, _config, _parameters,
            false, CancellationToken.None),
        new EvaluatedModel(_config, _parameters));

    /// <summary>Pictures and captions of a reader, each encoded by itself.</summary>
    private (double[][] Images, double[][] Captions) Features(EvaluationReader reader, EvaluatedModel model)
    {
        var batch = reader.Load(0, reader.Count);
        var (count, length) = (batch.SampleIndices.Length, _data.Recipe.Data.ContextLength);
        var pixels = batch.Pixels.Length / count;
        using var scope = NewDisposeScope();
        using var noGrad = no_grad();
        return (
            [.. Enumerable.Range(0, count).Select(i => Encode(batch.Pixels[(i * pixels)..((i + 1) * pixels)], model))],
            [.. Enumerable.Range(0, count).Select(i => Doubles(model.Encoder.EncodeTexts(
                tensor(batch.CaptionTokens[(i * length)..((i + 1) * length)].Select(id => (long)id).ToArray(), [1, length])).Feature))]);
    }

    private double[] Encode(byte[] pixels, EvaluatedModel model)
    {
        using var scope = NewDisposeScope();
        using var noGrad = no_grad();
        return Doubles(model.Encoder.EncodeImages(Pixels.Normalize(pixels, 1, _config.ImageSize, CPU), false).Feature);
    }

    private static double[] Doubles(Tensor features) => [.. HostFloats.Of(features).Select(x => (double)x)];

    /// <summary>Picture i with the partner's window painted over its own, patch by patch.</summary>
    private byte[] Mixed(LoadedBatch batch, MixPlan plan, int i)
    {
        var (size, patch, places) = (_config.ImageSize, _config.PatchSize, _config.Grid - plan.Side + 1);
        var pixels = 3 * size * size;
        var mixed = batch.Pixels[(i * pixels)..((i + 1) * pixels)];
        var partner = batch.Pixels[(plan.Pairing[i] * pixels)..((plan.Pairing[i] + 1) * pixels)];
        for (var channel = 0; channel < 3; channel++)
        {
            for (var y = 0; y < plan.Side * patch; y++)
            {
                for (var x = 0; x < plan.Side * patch; x++)
                {
                    int At(int window) => (channel * size * size) + (((window / places * patch) + y) * size) + (window % places * patch) + x;
                    mixed[At(plan.Target[i])] = partner[At(plan.Source[i])];
                }
            }
        }

        return mixed;
    }

    /// <summary>Contrastive loss of both directions, nats, row i being λ of caption i and 1-λ of its partner's.</summary>
    private static double Information(double[][] images, double[][] captions, int[] pairing, double lambda, double temperature)
    {
        var n = images.Length;
        double Logit(int i, int j) => Dot(images[i], captions[j]) / temperature;
        double LogShare(int i, int j, bool overCaptions) =>
            Logit(i, j) - Math.Log(Enumerable.Range(0, n).Sum(other => Math.Exp(overCaptions ? Logit(i, other) : Logit(other, j))));
        return -Enumerable.Range(0, n).Sum(i => new[] { true, false }.Sum(over =>
            (lambda * LogShare(i, i, over)) + ((1 - lambda) * (over ? LogShare(i, pairing[i], true) : LogShare(pairing[i], i, false))))) / (2 * n);
    }

    private static double Dot(double[] a, double[] b) => a.Zip(b, (x, y) => x * y).Sum();
}
