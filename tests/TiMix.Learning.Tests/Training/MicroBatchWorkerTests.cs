using TiMix.Base;
using TiMix.Learning.Mixing;
using TiMix.Learning.Model;
using TiMix.Learning.Objectives;
using TiMix.Learning.Steps;
using TiMix.Learning.Training;
using TorchSharp;
using static TorchSharp.torch;

namespace TiMix.Learning.Tests.Training;

/// <summary>Micro-batches gathered and sent back, against one big batch differentiated at once.</summary>
public sealed class MicroBatchWorkerTests : IDisposable
{
    private const int Count = 4, Parts = 3, Length = 6, Regions = 5;

    private static readonly ModelConfig Config = new()
    {
        ImageSize = 16, PatchSize = 4, VisionWidth = 16, VisionLayers = 2, VisionHeads = 2,
        TextWidth = 16, TextLayers = 2, TextHeads = 2, ContextLength = Length, VocabularySize = 30, EmbedDim = 8,
    };

    private static readonly StepSettings Settings = new(3, 1e-3, 0, 0.7, true, MixLabels.Hard, 0.5) { Numbers = new(("alignmentWeight", 0.5)) };
    private readonly ParameterLayout _layout = DualEncoder.LayoutOf(Config);
    private readonly ParameterBuffer _values;
    private readonly MicroBatch[] _batches = [.. Enumerable.Range(0, Parts).Select(Batch)];

    public MicroBatchWorkerTests()
    {
        _values = new ParameterBuffer(_layout, CPU);
        _values.InitializeFrom(1);
    }

    public void Dispose() => _values.Dispose();

    [Fact]
    public void Gathered_micro_batches_give_the_gradient_of_one_big_batch()
    {
        using var worker = new MicroBatchWorker(Config, _layout, _values.Values);
        var (losses, gradients) = Step(worker, keepGraph: true);
        var summed = new double[_layout.Length];
        foreach (var gradient in gradients)
        {
            foreach (var (i, value) in gradient.Index())
            {
                summed[i] += value;
            }
        }

        using var expected = new ParameterBuffer(_layout, CPU);
        Assert.Equal(WholeBatch(expected), losses.Total, 1e-4);
        var wanted = expected.ToArray();
        var largest = wanted.Max(Math.Abs);
        foreach (var slot in _layout.Slots)
        {
            for (var i = slot.Offset; i < slot.Offset + slot.Spec.Length; i++)
            {
                Assert.True(
                    Math.Abs(wanted[i] - summed[i]) < (1e-4 * Math.Abs(wanted[i])) + (1e-5 * largest),
                    $"{slot.Spec.Name}[{i - slot.Offset}]: {summed[i]}, expected {wanted[i]}");
            }
        }
    }

    [Fact]
    public void A_graph_that_is_kept_and_one_that_is_computed_again_give_the_same_bits()
    {
        using var worker = new MicroBatchWorker(Config, _layout, _values.Values);
        var (kept, again) = (Step(worker, keepGraph: true), Step(worker, keepGraph: false));
        Assert.Equal(kept.Losses, again.Losses);
        Assert.Equal(
            kept.Gradients.Select(gradient => ParameterBuffer.Fingerprint(gradient)),
            again.Gradients.Select(gradient => ParameterBuffer.Fingerprint(gradient)));
    }

    [Theory]
    [InlineData("timix")]
    [InlineData("bert")]
    public void Blocks_that_are_computed_again_give_the_same_bits_with_padded_texts_too(string textLayout)
    {
        var config = Config with { TextLayout = textLayout };
        var layout = DualEncoder.LayoutOf(config);
        using var values = new ParameterBuffer(layout, CPU);
        values.InitializeFrom(1);
        Assert.All(_batches, batch => Assert.Contains(0, batch.Tokens));
        float[][] Gradients(bool recompute)
        {
            using var worker = new MicroBatchWorker(config with { Recompute = recompute }, layout, values.Values);
            return Step(worker, keepGraph: true).Gradients;
        }

        Assert.Equal(Gradients(recompute: false), Gradients(recompute: true));
    }

    [Fact]
    public void A_micro_batch_gives_the_same_bits_whatever_the_worker_did_before()
    {
        using var worker = new MicroBatchWorker(Config, _layout, _values.Values);
        using var fresh = new MicroBatchWorker(Config, _layout, _values.Values);
        foreach (var batch in _batches)
        {
            worker.Forward(batch, Settings, keepGraph: true);
        }

        worker.ForgetAll();
        var (a, b) = (worker.Forward(_batches[2], Settings, true), fresh.Forward(_batches[2], Settings, true));
        Assert.Equal(a.Image, b.Image);
        Assert.Equal(a.Mixed, b.Mixed);
        Assert.NotEqual(a.Image, a.Mixed);
        var upstream = new FeatureGradients(a.Text, a.Image, a.Mixed, new(("alignment", 0.1)), 0);
        worker.Backward(_batches[2], Settings, upstream);
        fresh.Backward(_batches[2], Settings, upstream);
        Assert.Equal(fresh.Gradients.Fingerprint(), worker.Gradients.Fingerprint());
        Assert.Contains(fresh.Gradients.ToArray(), value => value != 0);
    }

    [Fact]
    public void The_logit_scale_has_its_gradient_in_micro_batch_0_alone()
    {
        using var worker = new MicroBatchWorker(Config, _layout, _values.Values);
        var offset = _layout[DualEncoder.LogitScaleName].Offset;
        var gradients = Step(worker, keepGraph: true).Gradients;
        Assert.NotEqual(0, gradients[0][offset]);
        Assert.Equal(0, gradients[1][offset]);
        Assert.Equal(0, gradients[2][offset]);
    }

    [Fact]
    public void A_second_pass_holds_second_views_of_the_images_against_their_own_captions_alone()
    {
        var random = new SeededRandom(11);
        MicroBatch[] batches = [.. _batches.Select(batch => batch with
        {
            Plan = MixPlanner.Plan(new SecondPass(), [], Count, 4, 1),
            SecondPixels = [.. Enumerable.Range(0, batch.Pixels.Length).Select(_ => (byte)random.NextInt(256))],
        })];
        using var worker = new MicroBatchWorker(Config, _layout, _values.Values);
        GatheredMicroBatch[] gathered = [.. batches.Select(batch => GatheredMicroBatch.Of(batch, worker.Forward(batch, Settings, keepGraph: false)))];
        foreach (var (batch, part) in batches.Zip(gathered))
        {
            var alone = worker.Forward(batch with { Pixels = batch.SecondPixels }, Settings with { Mixing = false }, keepGraph: false);
            Assert.All(alone.Image.Zip(part.Features.Mixed), pair => Assert.Equal(pair.First, pair.Second, 1e-5));
        }

        // -log p of the own caption, mean over both directions, in double.
        double[][] Rows(Func<MicroBatchFeatures, float[]> of) =>
            [.. gathered.SelectMany(part => of(part.Features).Chunk(Config.EmbedDim)).Select(row => row.Select(value => (double)value).ToArray())];
        var (views, texts, scale) = (Rows(part => part.Mixed), Rows(part => part.Text), Math.Exp(_values.LogitScale));
        double Logit(int i, int j) => scale * views[i].Zip(texts[j], (a, b) => a * b).Sum();
        var all = Enumerable.Range(0, Parts * Count).ToArray();
        var expected = all.Average(
            i => (Math.Log(all.Sum(j => Math.Exp(Logit(i, j)))) + Math.Log(all.Sum(j => Math.Exp(Logit(j, i)))) - (2 * Logit(i, i))) / 2);
        Assert.Equal(expected, GlobalLoss.Compute(gathered, Settings, _values.LogitScale, Config.EmbedDim).Losses["mix"], 1e-5);
    }

    private (StepLosses Losses, float[][] Gradients) Step(MicroBatchWorker worker, bool keepGraph)
    {
        GatheredMicroBatch[] gathered = [.. _batches.Select(batch => GatheredMicroBatch.Of(batch, worker.Forward(batch, Settings, keepGraph)))];
        var (losses, upstream) = GlobalLoss.Compute(gathered, Settings, _values.LogitScale, Config.EmbedDim);
        return (losses, [.. _batches.Select(batch =>
        {
            worker.Backward(batch, Settings, upstream[batch.Index]);
            return worker.Gradients.ToArray();
        })]);
    }

    /// <summary>The losses written out over all samples in one graph, without gathering, workers or plans for pixels.</summary>
    private double WholeBatch(ParameterBuffer gradients)
    {
        using var scope = NewDisposeScope();
        using var encoder = new DualEncoder(Config, _layout, _values.Values, gradients.Values);
        var total = Parts * Count;
        var clean = Pixels.Normalize([.. _batches.SelectMany(batch => batch.Pixels)], total, 16, CPU);
        var mixed = clean.clone();
        var label = zeros(total, total);
        for (var i = 0; i < total; i++)
        {
            var (plan, own) = (_batches[i / Count].Plan, i % Count);
            var partner = (i / Count * Count) + Count - 1 - own;
            int positions = 4 - plan.Side + 1, target = plan.Target[own], source = plan.Source[own];
            for (var y = 0; y < plan.Side * 4; y++)
            {
                for (var x = 0; x < plan.Side * 4; x++)
                {
                    mixed[i, TensorIndex.Colon, (target / positions * 4) + y, (target % positions * 4) + x] =
                        clean[partner, TensorIndex.Colon, (source / positions * 4) + y, (source % positions * 4) + x];
                }
            }

            var share = 1 - (plan.Side * plan.Side / 16f);
            label[i, i] = share;
            label[i, partner] = 1 - share;
        }

        Tensor Texts(IEnumerable<int> tokens) => tensor(tokens.Select(token => (long)token).ToArray()).view(-1, Length);
        var image = encoder.EncodeImages(clean, true);
        var text = encoder.EncodeTexts(Texts(_batches.SelectMany(batch => batch.Tokens)));
        var scale = tensor(_values.LogitScale).requires_grad_(true);
        Tensor CrossEntropy(Tensor features, Tensor targets)
        {
            var logits = features.mm(text.Feature.t()) * scale.exp();
            return ((logits.log_softmax(1) * targets).sum() + (logits.t().log_softmax(1) * targets.t()).sum()) / (-2.0 * total);
        }

        var owner = _batches.SelectMany(batch => batch.RegionOwner.Select(own => (long)(batch.Index * Count) + own)).ToArray();
        var captions = _batches.SelectMany(batch => batch.CaptionOwner.Select(own => (long)(batch.Index * Count) + own)).ToArray();
        var cls = cat([encoder.EncodeTexts(Texts(_batches.SelectMany(batch => batch.RegionPhrases))).Cls, text.Cls.index_select(0, tensor(captions))]);
        var logits = encoder.PatchTextLogits(image.Middle!, tensor([.. owner, .. captions]), cls);
        var covered = tensor(_batches.SelectMany(batch => batch.RegionMasks).Concat(
            _batches.SelectMany(batch => batch.CaptionMasks)).Select(value => (float)value).ToArray()).view(-1, 16);
        var logProbability = logits.log_softmax(2);
        var alignment = ((covered * logProbability.select(2, 1)) + ((1 - covered) * logProbability.select(2, 0))).mean().neg();

        var loss = CrossEntropy(image.Feature, eye(total)) + (
            Settings.MixWeight * CrossEntropy(encoder.EncodeImages(mixed, false).Feature, label)) + (0.5 * alignment);
        loss.backward();
        encoder.AddLogitScaleGradient(scale.grad!.item<float>());
        return loss.item<float>();
    }

    private static MicroBatch Batch(int index)
    {
        var random = new SeededRandom(Seeds.Mix(5, (ulong)index));
        int[] Text()
        {
            var used = 3 + random.NextInt(Length - 2);
            var tokens = new int[Length];
            for (var i = 0; i < used; i++)
            {
                tokens[i] = i == 0 ? 2 : 4 + random.NextInt(26);
            }

            return tokens;
        }

        var side = 1 + (index % 3);
        var places = (4 - side + 1) * (4 - side + 1);
        return new MicroBatch
        {
            Index = index,
            Count = Count,
            Pixels = Draw(Count * 3 * 256, 256),
            Tokens = [.. Enumerable.Range(0, Count).SelectMany(_ => Text())],
            RegionOwner = [0, 0, 1, 3, 3],
            RegionPhrases = [.. Enumerable.Range(0, Regions).SelectMany(_ => Text())],
            RegionMasks = Draw(Regions * 16, 2),
            CaptionOwner = [1, 2],
            CaptionMasks = Draw(2 * 16, 2),
            Plan = new MixPlan(new RandomWindow(), [3, 2, 1, 0], side, 1 - (side * side / 16f), Windows(), Windows()),
            TeacherImage = [],
            TeacherText = [],
        };

        byte[] Draw(int count, int below)
        {
            var bytes = new byte[count];
            foreach (ref var value in bytes.AsSpan())
            {
                value = (byte)random.NextInt(below);
            }

            return bytes;
        }

        int[] Windows()
        {
            var windows = new int[Count];
            foreach (ref var window in windows.AsSpan())
            {
                window = random.NextInt(places);
            }

            return windows;
        }
    }
}
