using TiMix.Base;
using TiMix.Learning.Mixing;
using TiMix.Learning.Model;
using TiMix.Learning.Objectives;
using TiMix.Learning.Steps;
using TiMix.Learning.Training;
using TorchSharp;
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

    private static readonly StepSettings Settings = new(3, 1e-3, 0.4, 0.7, true, MixLabels.Hard, 0.5)
    {
        Seed = 9, Numbers = new(("itmWeight", 0.8), ("mlmWeight", 0.6), ("mlmShare", 0.3), ("prefixLmWeight", 0.5)),
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
        Assert.Equal(
            kept.Gradients.Select(gradient => ParameterBuffer.Fingerprint(gradient)),
            again.Gradients.Select(gradient => ParameterBuffer.Fingerprint(gradient)));
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
        double Mean(string name) => features.Sum(part => part.Sums[name].LossSum) / features.Sum(part => part.Sums[name].Count);
        Assert.Equal(3 * Count * Parts, losses.Sums["itm"].Count);
        Assert.Equal(Mean("mlm"), losses["mlm"], 1e-12);
        Assert.Equal(losses["itc"] + (0.7 * losses["mix"]) + (0.8 * Mean("itm")) + (0.6 * Mean("mlm")) + (0.5 * Mean("prefixLm")), losses.Total, 1e-9);
        Assert.Equal(
            ["itc", "mix", "mixRegulariser", "alignment", "alignmentAccuracy", "itm", "itmAccuracy", "mlm", "mlmAccuracy", "prefixLm"], losses.Values.Take(10)
                .Select(pair => pair.Key));
        // Nothing is learned yet: two classes, and thirty words.
        Assert.InRange(losses["itm"], 0.5, 1.0);
        Assert.InRange(losses["mlm"], Math.Log(30) - 0.5, Math.Log(30) + 0.5);
        Assert.InRange(losses["prefixLm"], Math.Log(30) - 0.5, Math.Log(30) + 0.5);
    }

    [Fact]
    public void The_gradient_of_the_sums_is_that_of_finite_differences()
    {
        using var worker = new MicroBatchWorker(Config, _layout, _values.Values);
        // Of a single micro-batch, at what only these losses reach: heads, fusion and decoder. The negatives depend on features alone, which these do
        // not change.
        MicroBatch[] one = [_batches[0]];
        var gradient = Step(worker, keepGraph: true, one).Gradients[0];
        foreach (var name in new[] { "matching_head.weight", "mlm_head.dense.weight", "mlm_head.bias", "fusion.ln_final.weight", "decoder.bias",
            "decoder.positional_embedding" })
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
    public void Sums_of_micro_batches_give_the_gradient_of_one_big_batch_in_every_parameter()
    {
        using var worker = new MicroBatchWorker(Config, _layout, _values.Values);
        var features = _batches.Select(batch => worker.Forward(batch, Settings, keepGraph: true)).ToArray();
        var scales = GlobalLoss.Compute(
            [.. _batches.Select((batch, i) => GatheredMicroBatch.Of(batch, features[i]))], Settings, _values.LogitScale, Config.EmbedDim).Gradients[0].Scales;
        var summed = new double[_layout.Length];
        foreach (var batch in _batches)
        {
            // The features get no gradient, so that these losses are seen alone.
            var none = new float[Count * Config.EmbedDim];
            worker.Backward(batch, Settings, new FeatureGradients(none, none, none, scales, 0));
            foreach (var (i, value) in worker.Gradients.ToArray().Index())
            {
                summed[i] += value;
            }
        }

        using var expected = new ParameterBuffer(_layout, CPU);
        WholeBatch(expected, features);
        var wanted = expected.ToArray();
        var largest = wanted.Max(Math.Abs);
        Assert.True(largest > 0.01);
        for (var i = 0; i < wanted.Length; i++)
        {
            Assert.True(Math.Abs(wanted[i] - summed[i]) < (1e-3 * Math.Abs(wanted[i])) + (1e-5 * largest), $"[{i}]: {summed[i]}, expected {wanted[i]}");
        }
    }

    /// <summary>The three losses written out over all samples in one graph, caption by caption and pair by pair.</summary>
    private void WholeBatch(ParameterBuffer gradients, MicroBatchFeatures[] features)
    {
        using var scope = NewDisposeScope();
        using var encoder = new DualEncoder(Config, _layout, _values.Values, gradients.Values);
        var fusion = encoder.Fusion;
        TextTokens Text(IEnumerable<int> tokens)
        {
            var ids = tensor(tokens.Where(token => token != 0).Select(token => (long)token).ToArray()).unsqueeze(0);
            return TextTokens.Of(encoder.EncodeTexts(ids, all: true), ids);
        }

        var (matching, mlm, prefix) = (new List<Tensor>(), new List<Tensor>(), new List<Tensor>());
        foreach (var batch in _batches)
        {
            var images = encoder.EncodeImages(Pixels.Normalize(batch.Pixels, Count, 16, CPU), false, tokens: true).Tokens!;
            int[] Row(int[] tokens, int row) => tokens[(row * Length)..((row + 1) * Length)];
            Tensor Matches(int image, int text) => fusion.Matching!.Logits(
                fusion.Encoder!.Fuse(Text(Row(batch.Tokens, text)), fusion.Encoder.Remember(images.narrow(0, image, 1)), classOnly: false)
                    .select(1, 0)).log_softmax(1)[0];

            var (image, text) = (features[batch.Index].Image, features[batch.Index].Text);
            double[] logits = [.. Enumerable.Range(0, Count * Count).Select(at => Math.Exp(_values.LogitScale)
                * Enumerable.Range(0, 8).Sum(x => (double)image[(at / Count * 8) + x] * text[(at % Count * 8) + x]))];
            var negatives = HardNegatives.Draw(logits, batch.Tokens, Seeds.Mix(9, 3, (ulong)batch.Index, 0x6E656761));
            for (var i = 0; i < Count; i++)
            {
                matching.Add(Matches(i, i)[1]);
                matching.Add(Matches(negatives.ImageOfText[i], i)[0]);
                matching.Add(Matches(i, negatives.TextOfImage[i])[0]);
            }

            var tasks = WordTasks.Of(batch.Tokens, Count, batch.Index, Settings, Config);
            void Words(List<Tensor> losses, Tensor logProbabilities, int target, float[] teacher, int at)
            {
                var soft = tensor(teacher[(at * 30)..((at + 1) * 30)]);
                losses.Add((0.6 * logProbabilities[target]) + (0.4 * (soft * logProbabilities).sum()));
            }

            var (masked, prefixes) = (tasks.Of("mlm")!, tasks.Of("prefixLm")!);
            foreach (var (at, row) in masked.Rows.Index())
            {
                var fused = fusion.Encoder!.Fuse(Text(Row(masked.Tokens, row)), fusion.Encoder.Remember(images.narrow(0, row, 1)), classOnly: false);
                Words(
                    mlm, fusion.Masked!.Logits(fused[0].narrow(0, masked.Columns[at], 1)).log_softmax(1)[0], masked.Targets[at], batch.TeacherWords["mlm"]!,
                    at);
            }

            foreach (var (at, row) in prefixes.Rows.Index())
            {
                var begun = Text(Row(prefixes.Tokens, row));
                var own = images.narrow(0, row, 1);
                var fused = begun with { Tokens = fusion.Encoder!.Fuse(begun, fusion.Encoder.Remember(own), classOnly: false) };
                var written = tensor(Row(prefixes.Inputs, row)[..(prefixes.Columns[at] + 1)].Select(token => (long)token).ToArray()).unsqueeze(0);
                Words(
                    prefix, fusion.Decoder!.Logits(written, fusion.Decoder.Remember(own, fused))[0][prefixes.Columns[at]].log_softmax(0), prefixes.Targets[at],
                    batch.TeacherWords["prefixLm"]!, at);
            }
        }

        Tensor Mean(List<Tensor> logProbabilities) => stack(logProbabilities).mean().neg();
        ((0.8 * Mean(matching)) + (0.6 * Mean(mlm)) + (0.5 * Mean(prefix))).backward();
        Assert.Equal(features.Sum(part => part.Sums["mlm"].LossSum) / mlm.Count, Mean(mlm).item<float>(), 1e-4);
        Assert.Equal(features.Sum(part => part.Sums["prefixLm"].LossSum) / prefix.Count, Mean(prefix).item<float>(), 1e-4);
        Assert.Equal(features.Sum(part => part.Sums["itm"].LossSum) / matching.Count, Mean(matching).item<float>(), 1e-4);
    }

    [Fact]
    public void Micro_batches_hide_other_words_in_other_steps()
    {
        var (now, later) = (
            WordTasks.Of(_batches[0].Tokens, Count, 0, Settings, Config), WordTasks.Of(_batches[0].Tokens, Count, 0, Settings with { Step = 4 }, Config));
        Assert.NotEqual(now.Of("mlm")!.Tokens, later.Of("mlm")!.Tokens);
        Assert.Null(WordTasks.Of(_batches[0].Tokens, Count, 0, Settings with { Numbers = Settings.Numbers.With("mlmWeight", 0) }, Config).Of("mlm"));
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

        var tasks = WordTasks.Of([.. tokens], Count, index, Settings, Config);
        var answer = teacher.Ask(pixels, [.. tokens], Count, features: true, saliency: false, tasks);
        return new MicroBatch
        {
            Index = index, Count = Count, Pixels = pixels, Tokens = [.. tokens], RegionOwner = [], RegionPhrases = [], RegionMasks = [], CaptionOwner = [],
            CaptionMasks = [],
            Plan = MixPlanner.Plan(new RandomWindow(), [], Count, 4, (ulong)index), TeacherImage = answer.Image, TeacherText = answer.Text,
            TeacherWords = answer.Words,
        };
    }
}
