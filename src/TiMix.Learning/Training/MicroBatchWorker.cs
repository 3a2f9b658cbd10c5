using System.Runtime.InteropServices;
using TiMix.Base;
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
    private sealed record Outputs(Tensor Image, Tensor Text, Tensor? Mixed, IReadOnlyList<(string Objective, Tensor Sum)> Sums) : IDisposable
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

        private IEnumerable<Tensor> Roots => [.. new[] { Image, Text, Mixed }.OfType<Tensor>(), .. Sums.Select(pair => pair.Sum)];
    }

    private readonly ParameterBuffer _gradients = new(layout, values.device);
    private readonly Dictionary<int, Outputs> _kept = [];
    private DualEncoder? _encoder;

    /// <summary>float32 [layout.Length], the gradient that the last <see cref="Backward"/> left.</summary>
    public ParameterBuffer Gradients => _gradients;

    private DualEncoder Encoder => _encoder ??= new DualEncoder(config, layout, values, _gradients.Values);

    /// <summary>Features and the objectives' sums of one micro-batch.</summary>
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

        foreach (var (objective, sum) in roots.Sums)
        {
            if (upstream.Scales[objective] is var scale and not 0)
            {
                outputs.Add(sum);
                gradients.Add(full_like(sum, scale));
            }
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
        var (device, objectives) = (values.device, settings.Active);
        var clean = Pixels.Normalize(batch.Pixels, batch.Count, config.ImageSize, device);
        var (image, mixed) = EncodeImages(batch, clean, settings, patches: objectives.Any(objective => objective.NeedsPatches(batch)));
        var captions = settings.Fusing
            ? new CaptionPass(Encoder, batch.Tokens, batch.Count, WordTasks.Of(batch.Tokens, batch.Count, batch.Index, settings, config), device)
            : null;
        var text = captions?.Clean ?? Encoder.EncodeTexts(TokenMatrix.Of(batch.Tokens, batch.Count, device));
        var pass = new ObjectivePass
        {
            Batch = batch, Settings = settings, Config = config, Encoder = Encoder, Images = image, Texts = text,
            ImageFeatures = HostFloats.Of(image.Feature), TextFeatures = HostFloats.Of(text.Feature), LogitScale = LogitScale(), Captions = captions,
        };
        var (sums, roots) = (new List<(string, ObjectiveSum)>(), new List<(string, Tensor)>());
        foreach (var objective in objectives)
        {
            var loss = objective.Compute(pass);
            sums.Add((objective.Name, loss is null ? default : new ObjectiveSum(HostFloats.Of(loss.Sum)[0], loss.Count, loss.Correct)));
            if (loss is not null)
            {
                roots.Add((objective.Name, loss.Sum));
            }
        }

        return (
            new MicroBatchFeatures(
                batch.Index, pass.ImageFeatures, pass.TextFeatures, mixed is null ? [] : HostFloats.Of(mixed), new Named<ObjectiveSum>(sums)),
            new Outputs(image.Feature, text.Feature, mixed, roots));
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
    private (ImageEncoding Clean, Tensor? Mixed) EncodeImages(MicroBatch batch, Tensor clean, StepSettings settings, bool patches)
    {
        if (!settings.Mixing)
        {
            return (Encoder.EncodeImages(clean, patches, settings.Fusing), null);
        }

        var second = SecondHalf(batch, clean);
        if (settings.Fusing)
        {
            return (Encoder.EncodeImages(clean, patches, tokens: true), Encoder.EncodeImages(second, false).Feature);
        }

        var both = Encoder.EncodeImages(cat([clean, second], 0), patches);
        return (
            new ImageEncoding(both.Feature.narrow(0, 0, batch.Count), both.Middle?.narrow(0, 0, batch.Count), null),
            both.Feature.narrow(0, batch.Count, batch.Count));
    }

    private Tensor SecondHalf(MicroBatch batch, Tensor clean) => batch.Plan.Method.SecondView
        ? Pixels.Normalize(batch.SecondPixels, batch.Count, config.ImageSize, values.device)
        : MixApply.Apply(batch.Plan, clean, config.PatchSize);

    private static Tensor Like(float[] gradient, Tensor output) => HostFloats.ToTensor(gradient, output.shape, output.device);
}
