using TiMix.Base;
using TiMix.Learning.Mixing;
using TiMix.Learning.Model;
using TiMix.Learning.Objectives;
using TiMix.Learning.Runtime;
using TiMix.Learning.Steps;
using TiMix.Learning.Tests.Model;
using TiMix.Learning.Training;
using TorchSharp;
using static TorchSharp.torch;

namespace TiMix.Learning.Tests.Extending;

/// <summary>The examples of docs/extending.md at work: in a whole step, without a change to anything else.</summary>
public sealed class ExampleTests : IDisposable
{
    private const int Count = 4, Parts = 2, Length = 6, Size = 16, Patch = 4;

    private static readonly ModelConfig Config = new()
    {
        ImageSize = Size, PatchSize = Patch, VisionWidth = 16, VisionLayers = 2, VisionHeads = 2,
        TextWidth = 16, TextLayers = 2, TextHeads = 2, ContextLength = Length, VocabularySize = 30, EmbedDim = 8,
    };

    private readonly ParameterLayout _layout = DualEncoder.LayoutOf(Config);
    private readonly ParameterBuffer _values;

    public ExampleTests()
    {
        _values = new ParameterBuffer(_layout, CPU);
        _values.InitializeFrom(1);
    }

    public void Dispose() => _values.Dispose();

    [Fact]
    public void Side_by_side_takes_the_right_from_the_partner_and_says_how_much_is_left()
    {
        using var pixels = arange(Count * 3 * Size * Size).to(ScalarType.Float32).reshape(Count, 3, Size, Size);
        var seen = new SortedSet<int>();
        for (ulong seed = 0; seed < 40; seed++)
        {
            var plan = MixPlanner.Plan(new SideBySide(), [], Count, Size / Patch, seed);
            seen.Add(plan.Side);
            Assert.Equal([3, 2, 1, 0], plan.Pairing);
            Assert.Equal(1 - (plan.Side / 4f), plan.Lambda);
            using var mixed = MixApply.Apply(plan, pixels, Patch);
            var (own, actual) = (HostFloats.Of(pixels), HostFloats.Of(mixed));
            for (var i = 0; i < actual.Length; i++)
            {
                var (image, inside, column) = (i / (3 * Size * Size), i % (3 * Size * Size), i % Size);
                var from = column < Size - (plan.Side * Patch) ? image : Count - 1 - image;
                Assert.Equal(own[(from * 3 * Size * Size) + inside], actual[i]);
            }
        }

        // 0.35 to 0.75 of four columns.
        Assert.Equal([1, 2, 3], seen);
    }

    [Fact]
    public void A_step_mixes_side_by_side()
    {
        var settings = new StepSettings(0, 1e-3, 0, 1, true, MixLabels.Hard, 0.5);
        using var worker = new MicroBatchWorker(Config, _layout, _values.Values);
        MicroBatch[] batches = [.. Batches().Select(batch => batch with { Plan = MixPlanner.Plan(new SideBySide(), [], Count, Size / Patch, 7) })];
        GatheredMicroBatch[] gathered = [.. batches.Select(batch => GatheredMicroBatch.Of(batch, worker.Forward(batch, settings, keepGraph: false)))];
        Assert.All(gathered, part => Assert.NotEqual(part.Features.Image, part.Features.Mixed));
        var losses = GlobalLoss.Compute(gathered, settings, _values.LogitScale, Config.EmbedDim).Losses;
        Assert.True(losses["mix"] > 0);
        Assert.Equal(losses["itc"] + losses["mix"], losses.Total, 1e-6);
    }

    [Fact]
    public void Closeness_is_the_mean_squared_distance_and_has_the_gradient_of_finite_differences()
    {
        var settings = new StepSettings(0, 1e-3, 0, 0, false, MixLabels.Hard, 0.5)
        {
            Objectives = [.. KnownObjectives.All, new ClosenessObjective()],
            Numbers = new(("closenessWeight", 0.5)),
        };
        using var worker = new MicroBatchWorker(Config, _layout, _values.Values);
        var (losses, gradient, features) = Step(worker, settings);
        var distances = features.Select(part => part.Image.Zip(part.Text, (a, b) => ((double)a - b) * ((double)a - b)).Sum() / Count).ToArray();
        Assert.Equal(distances.Average(), losses["closeness"], 1e-6);
        Assert.Equal(losses["itc"] + (0.5 * distances.Average()), losses.Total, 1e-6);
        Assert.Equal("closeness", losses.Values.Last().Key);

        var slot = _layout["text.text_projection"];
        var at = (int)slot.Offset + Enumerable.Range(0, (int)slot.Spec.Length).MaxBy(i => Math.Abs(gradient[slot.Offset + i]));
        const float Small = 5e-3f;
        var middle = _values.Floats[at];
        _values.Floats[at] = middle + Small;
        var above = Step(worker, settings).Losses.Total;
        _values.Floats[at] = middle - Small;
        var below = Step(worker, settings).Losses.Total;
        _values.Floats[at] = middle;
        Assert.Equal((above - below) / (2 * Small), gradient[at], 2e-3 + (0.03 * Math.Abs(gradient[at])));
    }

    private static (StepLosses Losses, float[] Gradient, MicroBatchFeatures[] Features) Step(MicroBatchWorker worker, StepSettings settings)
    {
        MicroBatch[] batches = [.. Batches()];
        MicroBatchFeatures[] features = [.. batches.Select(batch => worker.Forward(batch, settings, keepGraph: true))];
        var (losses, upstream) = GlobalLoss.Compute([.. batches.Zip(features, GatheredMicroBatch.Of)], settings, (float)Config.LogitScaleInit, Config.EmbedDim);
        var sum = new float[worker.Gradients.ToArray().Length];
        foreach (var batch in batches)
        {
            worker.Backward(batch, settings, upstream[batch.Index]);
            foreach (var (i, value) in worker.Gradients.ToArray().Index())
            {
                sum[i] += value;
            }
        }

        return (losses, sum, features);
    }

    private static IEnumerable<MicroBatch> Batches() => Enumerable.Range(0, Parts).Select(index =>
    {
        var random = new SeededRandom(Seeds.Mix(5, (ulong)index));
        return new MicroBatch
        {
            Index = index, Count = Count,
            Pixels = [.. Enumerable.Range(0, Count * 3 * Size * Size).Select(_ => (byte)random.NextInt(256))],
            Tokens = [.. Enumerable.Range(0, Count * Length).Select(i => i % Length == 0 ? 2 : 5 + random.NextInt(25))],
            RegionOwner = [], RegionPhrases = [], RegionMasks = [], CaptionOwner = [], CaptionMasks = [], TeacherImage = [], TeacherText = [],
            Plan = MixPlanner.Plan(new NoMixing(), [], Count, Size / Patch, 1),
        };
    });
}
