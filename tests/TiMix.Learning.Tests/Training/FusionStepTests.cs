using static TorchSharp.torch;

namespace TiMix.Learning.Tests.Training;

/// <summary>Micro-batches with all objectives on.</summary>
public sealed class FusionStepTests : IDisposable
{
    private const int Count = 4, Parts = 3, Length = 6;

    private static readonly ModelConfig Config = new()
    {
        ImageSize = 16, PatchSize = 4, VisionWidth = 16, VisionLayers = 2, VisionHeads = 2,
        TextWidth = 16, TextLayers = 2, TextHeads = 2, ContextLength = Length, VocabularySize = 30, EmbedDim = 8,
        FusionLayers = 2, DecoderLayers = 2, MatchingHead = true, MlmHead = true,
    };

    private static readonly StepSettings Settings = new(3, 1e-3, 0.4, 0.7, true, 0, MixLabels.Hard, 0.5)
    {
        Seed = 9, MatchingWeight = 0.8, MlmWeight = 0.6, PrefixLmWeight = 0.5, MlmShare = 0.3,
    };

    private readonly ParameterLayout _layout = DualEncoder.LayoutOf(Config);
    private readonly ParameterBuffer _values;
    private readonly MicroBatch[] _batches;

    public FusionStepTests()
    {
        _values = new ParameterBuffer(_layout, CPU);
        _values.InitializeFrom(1);
        using var teacher = new TeacherWorker(Config, _layout, Other(), CPU);
        _batches = [.. Enumerable.Range(0, Parts).Select(index => Batch(index, teacher))];
    }

    public void Dispose() => _values.Dispose();

    [Fact]
    public void A_graph_that_is_kept_and_one_that_is_computed_again_give_the_same_bits()
    {
        using var worker = new MicroBatchWorker(Config, _layout, _values.Values);
        var (kept, again) = (Step(worker, keepGraph: true), Step(worker, keepGraph: false));
        Assert.Equal(kept.Losses, again.Losses);
        Assert.Equal(kept.Gradients.Select(gradient => ParameterBuffer.Fingerprint(gradient)), again.Gradients.Select(gradient => ParameterBuffer.Fingerprint(gradient)));
        foreach (var part in new[] { "fusion", "matching_head", "mlm_head", "decoder" })
        {
            Assert.All(_layout.Slots.Where(slot => slot.Spec.Name.StartsWith(part + ".", StringComparison.Ordinal) && slot.Spec.Decay), slot =>
                Assert.Contains(kept.Gradients[0][(int)slot.Offset..(int)(slot.Offset + slot.Spec.Length)], value => value != 0));
        }
    }

    [Fact]
    public void The_total_is_the_weighted_sum_and_means_are_over_the_global_batch()
    {
        using var worker = new MicroBatchWorker(Config, _layout, _values.Values);
        var features = _batches.Select(batch => worker.Forward(batch, Settings, keepGraph: false)).ToArray();
        var losses = Step(worker, keepGraph: false).Losses;
        double Mean(Func<FusionSums, ObjectiveSum> of) => features.Sum(part => of(part.Fusion).LossSum) / features.Sum(part => of(part.Fusion).Count);
        Assert.Equal(3 * Count * Parts, losses.Fusion.Matching.Count);
        Assert.Equal(Mean(sums => sums.Mlm), losses.Fusion.Mlm.Mean, 1e-12);
        Assert.Equal(
            losses.Itc + (0.7 * losses.Mix) + (0.8 * Mean(sums => sums.Matching)) + (0.6 * Mean(sums => sums.Mlm)) + (0.5 * Mean(sums => sums.PrefixLm)), losses.Total, 1e-9);
        // Nothing is learned yet: two classes, and thirty words.
        Assert.InRange(losses.Fusion.Matching.Mean, 0.5, 1.0);
        Assert.InRange(losses.Fusion.Mlm.Mean, Math.Log(30) - 0.5, Math.Log(30) + 0.5);
        Assert.InRange(losses.Fusion.PrefixLm.Mean, Math.Log(30) - 0.5, Math.Log(30) + 0.5);
    }

    [Fact]
    public void The_gradient_of_the_sums_is_that_of_finite_differences()
    {
        using var worker = new MicroBatchWorker(Config, _layout, _values.Values);
        // Of a single micro-batch, at what only these losses reach: heads, fusion and decoder. The negatives depend on features alone, which these do not change.
        MicroBatch[] one = [_batches[0]];
        var gradient = Step(worker, keepGraph: true, one).Gradients[0];
        foreach (var name in new[] { "matching_head.weight", "mlm_head.dense.weight", "mlm_head.bias", "fusion.ln_final.weight", "decoder.bias", "decoder.positional_embedding" })
        {
            var slot = _layout[name];
            var at = (int)slot.Offset + Enumerable.Range(0, (int)slot.Spec.Length).MaxBy(i => Math.Abs(gradient[slot.Offset + i]));
            const float Step = 5e-3f;
            var middle = _values.Floats[at];
            _values.Floats[at] = middle + Step;
            var above = this.Step(worker, keepGraph: false, one).Losses.Total;
            _values.Floats[at] = middle - Step;
            var below = this.Step(worker, keepGraph: false, one).Losses.Total;
            _values.Floats[at] = middle;
            Assert.Equal((above - below) / (2 * Step), gradient[at], 2e-3 + (0.03 * Math.Abs(gradient[at])));
        }
    }

    [Fact]
    public void Micro_batches_hide_other_words_in_other_steps()
    {
        var (now, later) = (LanguageTasks.Of(_batches[0].Tokens, Count, 0, Settings, Config), LanguageTasks.Of(_batches[0].Tokens, Count, 0, Settings with { Step = 4 }, Config));
        Assert.NotEqual(now.Masked!.Tokens, later.Masked!.Tokens);
        Assert.Null(LanguageTasks.Of(_batches[0].Tokens, Count, 0, Settings with { MlmWeight = 0 }, Config).Masked);
    }

    private (StepLosses Losses, float[][] Gradients) Step(MicroBatchWorker worker, bool keepGraph, MicroBatch[]? batches = null)
    {
        batches ??= _batches;
        GatheredMicroBatch[] gathered = [.. batches.Select(batch => GatheredMicroBatch.Of(batch, worker.Forward(batch, Settings, keepGraph)))];
        var (losses, upstream) = GlobalLoss.Compute(gathered, Settings, _values.LogitScale, Config.EmbedDim);
        return (losses, [.. batches.Select(batch =>
        {
            worker.Backward(batch, Settings, upstream[batch.Index]);
            return worker.Gradients.ToArray();
        })]);
    }

    private float[] Other()
    {
        using var other = new ParameterBuffer(_layout, CPU);
        other.InitializeFrom(2);
        return other.ToArray();
    }

    private static MicroBatch Batch(int index, TeacherWorker teacher)
    {
        var random = new SeededRandom(Seeds.Mix(5, (ulong)index));
        byte[] pixels = [.. Enumerable.Range(0, Count * 3 * 256).Select(_ => (byte)random.NextInt(256))];
        var tokens = new List<int>();
        for (var i = 0; i < Count; i++)
        {
            var words = 1 + random.NextInt(Length - 2);
            tokens.Add(2);
            for (var word = 0; word < words; word++)
            {
                tokens.Add(5 + random.NextInt(25));
            }

            tokens.Add(3);
            tokens.AddRange(new int[Length - 2 - words]);
        }

        var tasks = LanguageTasks.Of([.. tokens], Count, index, Settings, Config);
        var answer = teacher.Ask(pixels, [.. tokens], Count, features: true, saliency: false, tasks);
        return new MicroBatch
        {
            Index = index, Count = Count, Pixels = pixels, Tokens = [.. tokens], RegionOwner = [], RegionPhrases = [], RegionMasks = [], CaptionOwner = [], CaptionMasks = [],
            Plan = MixPlanner.Plan(MixMethod.RandomWindow, [], Count, 4, (ulong)index), TeacherImage = answer.Image, TeacherText = answer.Text, TeacherMlm = answer.Mlm, TeacherPrefixLm = answer.PrefixLm,
        };
    }
}
