using TiMix.Base;
using TiMix.Learning.Mixing;
using TiMix.Learning.Model;
using TiMix.Learning.Objectives;
using TiMix.Learning.Runtime;
using TorchSharp;
using static TorchSharp.torch;

namespace TiMix.Learning.Training;

/// <summary>What the teacher says about one micro-batch.</summary>
/// <param name="Image">[b, d] features, L2-normalised; empty unless asked for.</param>
/// <param name="Text">[b, d] features, L2-normalised; empty unless asked for.</param>
/// <param name="Saliency">[b, N] log p(patch belongs to the caption); empty unless asked for.</param>
public sealed record TeacherAnswer(float[] Image, float[] Text, float[] Saliency)
{
    /// <summary>Probabilities of words, [p, V] each, by the objectives that were asked for.</summary>
    public Named<float[]> Words { get; init; } = Named<float[]>.None;
}

/// <summary>One frozen version of the teacher: a single forward pass gives features for distillation and saliency maps for mixing.</summary>
public sealed class TeacherWorker : IDisposable
{
    private readonly ModelConfig _config;
    private readonly ParameterBuffer _values;
    private readonly DualEncoder _encoder;

    /// <param name="config">Sizes of the model.</param>
    /// <param name="layout">Layout of the flat buffer.</param>
    /// <param name="values">The teacher's parameters; copied.</param>
    /// <param name="device">Where the teacher computes.</param>
    public TeacherWorker(ModelConfig config, ParameterLayout layout, ReadOnlySpan<float> values, Device device)
    {
        _config = config;
        _values = new ParameterBuffer(layout, device);
        _values.CopyFrom(values);
        _encoder = new DualEncoder(config, layout, _values.Values, null);
    }

    /// <summary>Loads another version in place.</summary>
    public void Load(ReadOnlySpan<float> values) => _values.CopyFrom(values);

    /// <param name="pixels">uint8 [b, 3, S, S].</param>
    /// <param name="tokens">[b, L], padded.</param>
    /// <param name="count">b.</param>
    /// <param name="features">Whether features are wanted.</param>
    /// <param name="saliency">Whether saliency maps are wanted.</param>
    /// <param name="tasks">Words that are to be predicted; null: none.</param>
    public TeacherAnswer Ask(ReadOnlySpan<byte> pixels, int[] tokens, int count, bool features, bool saliency, WordTasks? tasks = null)
    {
        using var scope = NewDisposeScope();
        using var noGrad = no_grad();
        var device = _values.Values.device;
        var image = _encoder.EncodeImages(Pixels.Normalize(pixels, count, _config.ImageSize, device), saliency, tokens: tasks is not null);
        var captions = tasks is null ? null : new CaptionPass(_encoder, tokens, count, tasks, device);
        var text = captions?.Clean ?? _encoder.EncodeTexts(TokenMatrix.Of(tokens, count, device));
        var fused = captions is null ? null : new FusedPass(_encoder.Fusion, captions, image.Tokens!);
        return new TeacherAnswer(
            features ? HostFloats.Of(image.Feature) : [],
            features ? HostFloats.Of(text.Feature) : [],
            saliency ? Saliency.FromLogits(_encoder.PatchTextLogits(image.Middle!, null, text.Cls)) : [])
        {
            Words = new Named<float[]>(tasks?.All.Select(task => (task.Objective.Name, Probabilities(fused!.Logits(task.Objective)))) ?? []),
        };
    }

    private static float[] Probabilities(Tensor? logits) => logits is null ? [] : HostFloats.Of(logits.softmax(1));

    /// <inheritdoc/>
    public void Dispose()
    {
        _encoder.Dispose();
        _values.Dispose();
    }
}
