using System.Runtime.InteropServices;
using TiMix.Learning.Mixing;
using TiMix.Learning.Model;
using TiMix.Learning.Objectives;
using TiMix.Learning.Runtime;
using TiMix.Learning.Steps;
using TorchSharp;
using static TorchSharp.torch;

namespace TiMix.Learning.Training;

/// <summary>
/// Forward and backward of single micro-batches. Several workers may share one parameter buffer, each with a gradient buffer
/// of its own: one worker per compute thread. A micro-batch's gradient depends on the parameters and on the micro-batch alone,
/// never on which worker computed it or on what it did before.
/// </summary>
/// <param name="config">Sizes of the model.</param>
/// <param name="layout">Layout of both flat buffers.</param>
/// <param name="values">float32 [layout.Length], shared.</param>
public sealed class MicroBatchWorker(ModelConfig config, ParameterLayout layout, Tensor values) : IDisposable
{
    /// <summary>The roots of a graph. They alone keep it alive; no scope does.</summary>
    private sealed record Outputs(Tensor Image, Tensor Text, Tensor? Mixed, Tensor? Alignment, FusionOutputs Fusion) : IDisposable
    {
        public Outputs Detach()
        {
            foreach (var root in Roots)
            {
                root.DetachFromDisposeScope();
            }

            return this;
        }

        public void Dispose()
        {
            foreach (var root in Roots)
            {
                root.Dispose();
            }
        }

        private IEnumerable<Tensor> Roots => new[] { Image, Text, Mixed, Alignment, Fusion.Matching, Fusion.Mlm, Fusion.PrefixLm }.OfType<Tensor>();
    }

    private readonly ParameterBuffer _gradients = new(layout, values.device);
    private readonly Dictionary<int, Outputs> _kept = [];
    private readonly int _patches = config.ImageSize / config.PatchSize * (config.ImageSize / config.PatchSize);
    private DualEncoder? _encoder;

    /// <summary>float32 [layout.Length], the gradient that the last <see cref="Backward"/> left.</summary>
    public ParameterBuffer Gradients => _gradients;

    private DualEncoder Encoder => _encoder ??= new DualEncoder(config, layout, values, _gradients.Values);

    /// <summary>Features and alignment sums of one micro-batch.</summary>
    /// <param name="batch">Its contents.</param>
    /// <param name="settings">The step's numbers.</param>
    /// <param name="keepGraph">Keep what backward needs; otherwise backward runs forward again.</param>
    public MicroBatchFeatures Forward(MicroBatch batch, StepSettings settings, bool keepGraph)
    {
        Forget(batch.Index);
        using var scope = NewDisposeScope();
        if (!keepGraph)
        {
            using var noGrad = no_grad();
            return Run(batch, settings).Features;
        }

        var (features, outputs) = Run(batch, settings);
        _kept.Add(batch.Index, outputs.Detach());
        return features;
    }

    /// <summary>Leaves the micro-batch's gradient in <see cref="Gradients"/>; the graph, if kept, is gone afterwards.</summary>
    public void Backward(MicroBatch batch, StepSettings settings, FeatureGradients upstream)
    {
        using var scope = NewDisposeScope();
        if (!_kept.TryGetValue(batch.Index, out var roots))
        {
            roots = Run(batch, settings).Outputs;
        }

        _gradients.Values.zero_();
        var outputs = new List<Tensor> { roots.Image, roots.Text };
        var gradients = new List<Tensor> { Like(upstream.Image, roots.Image), Like(upstream.Text, roots.Text) };
        if (roots.Mixed is { } mixed)
        {
            outputs.Add(mixed);
            gradients.Add(Like(upstream.Mixed, mixed));
        }

        if (roots.Alignment is { } alignment && upstream.AlignmentScale != 0)
        {
            outputs.Add(alignment);
            gradients.Add(full_like(alignment, upstream.AlignmentScale));
        }

        foreach (var (root, scale) in roots.Fusion.Scaled(upstream.Fusion))
        {
            outputs.Add(root);
            gradients.Add(full_like(root, scale));
        }

        autograd.backward(outputs, gradients);
        Forget(batch.Index);
        if (upstream.LogitScale != 0)
        {
            Encoder.AddLogitScaleGradient(upstream.LogitScale);
        }
    }

    /// <summary>Drops all graphs: the step is not going to be finished.</summary>
    public void ForgetAll()
    {
        foreach (var outputs in _kept.Values)
        {
            outputs.Dispose();
        }

        _kept.Clear();
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        ForgetAll();
        _encoder?.Dispose();
        _gradients.Dispose();
    }

    private void Forget(int index)
    {
        if (_kept.Remove(index, out var outputs))
        {
            outputs.Dispose();
        }
    }

    private (MicroBatchFeatures Features, Outputs Outputs) Run(MicroBatch batch, StepSettings settings)
    {
        var device = values.device;
        var aligned = settings.AlignmentWeight > 0 && batch.RegionOwner.Length + batch.CaptionOwner.Length > 0;
        var clean = Pixels.Normalize(batch.Pixels, batch.Count, config.ImageSize, device);
        var (image, mixed) = EncodeImages(batch, clean, settings, aligned);
        var tasks = LanguageTasks.Of(batch.Tokens, batch.Count, batch.Index, settings, config);
        var captions = settings.Fusing ? new CaptionPass(Encoder, batch.Tokens, batch.Count, tasks, device) : null;
        var text = captions?.Clean ?? Encoder.EncodeTexts(TokenMatrix.Of(batch.Tokens, batch.Count, device));
        var (sum, pairs, correct, positives, truePositives) = aligned ? Align(batch, image.Middle!, text.Cls) : default;
        var (imageFeatures, textFeatures) = (HostFloats.Of(image.Feature), HostFloats.Of(text.Feature));
        var fusion = captions is null
            ? FusionOutputs.None
            : new FusionForward(Encoder.Fusion, batch, settings, tasks).Run(image.Tokens!, captions, imageFeatures, textFeatures, LogitScale());
        return (
            new MicroBatchFeatures(
                batch.Index, imageFeatures, textFeatures, mixed is null ? [] : HostFloats.Of(mixed),
                sum is null ? 0 : HostFloats.Of(sum)[0], pairs, correct, positives, truePositives)
            {
                Fusion = fusion.Sums,
            },
            new Outputs(image.Feature, text.Feature, mixed, sum, fusion));
    }

    private float LogitScale()
    {
        using var noGrad = no_grad();
        return values[layout[DualEncoder.LogitScaleName].Offset].item<float>();
    }

    /// <summary>
    /// Clean and mixed images in one pass: products of twice the height keep the processor busier. In two when the clean ones are
    /// fused with text: of the mixed ones the last block's class token is enough.
    /// </summary>
    private (ImageEncoding Clean, Tensor? Mixed) EncodeImages(MicroBatch batch, Tensor clean, StepSettings settings, bool aligned)
    {
        if (!settings.Mixing)
        {
            return (Encoder.EncodeImages(clean, aligned, settings.Fusing), null);
        }

        var second = SecondHalf(batch, clean);
        if (settings.Fusing)
        {
            return (Encoder.EncodeImages(clean, aligned, tokens: true), Encoder.EncodeImages(second, false).Feature);
        }

        var both = Encoder.EncodeImages(cat([clean, second], 0), aligned);
        return (
            new ImageEncoding(both.Feature.narrow(0, 0, batch.Count), both.Middle?.narrow(0, 0, batch.Count), null),
            both.Feature.narrow(0, batch.Count, batch.Count));
    }

    private Tensor SecondHalf(MicroBatch batch, Tensor clean) => batch.Plan.Method.SecondView
        ? Pixels.Normalize(batch.SecondPixels, batch.Count, config.ImageSize, values.device)
        : MixApply.Apply(batch.Plan, clean, config.PatchSize);

    /// <summary>Regions with phrases of their own, then whole captions, whose text is encoded already.</summary>
    private (Tensor? Sum, long Pairs, long Correct, long Positives, long TruePositives) Align(MicroBatch batch, Tensor middle, Tensor captions)
    {
        var device = values.device;
        var texts = new List<Tensor>();
        if (batch.RegionOwner.Length > 0)
        {
            texts.Add(Encoder.EncodeTexts(TokenMatrix.Of(batch.RegionPhrases, batch.RegionOwner.Length, device)).Cls);
        }

        if (batch.CaptionOwner.Length > 0)
        {
            texts.Add(captions.index_select(0, Indices(batch.CaptionOwner, device)));
        }

        int[] owners = [.. batch.RegionOwner, .. batch.CaptionOwner];
        byte[] masks = [.. batch.RegionMasks, .. batch.CaptionMasks];
        var logits = Encoder.PatchTextLogits(middle, Indices(owners, device), texts.Count == 1 ? texts[0] : cat(texts, 0));
        var mask = tensor(masks, [owners.Length, _patches], device: device);
        return AlignmentObjective.Compute(logits, mask);
    }

    private static Tensor Indices(int[] values, Device device) => tensor(values, device: device).to(ScalarType.Int64);

    private static Tensor Like(float[] gradient, Tensor output) => HostFloats.ToTensor(gradient, output.shape, output.device);
}
