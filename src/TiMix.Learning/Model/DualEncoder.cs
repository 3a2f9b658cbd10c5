using TorchSharp;
using static TorchSharp.torch;

namespace TiMix.Learning.Model;

/// <summary>
/// Image encoder, text encoder, projections, the patch–text predictor (timix.md) and what reads both together
/// (<see cref="FusionModel"/>) over views of a flat parameter buffer.
/// Several encoders may share one buffer, each with gradients of its own, one a thread. Not thread-safe itself.
/// </summary>
public sealed class DualEncoder : IDisposable
{
    /// <summary>Name of the parameter -ln τ.</summary>
    public const string LogitScaleName = "logit_scale";

    private readonly ParameterLeaves _parameters;
    private readonly Tensor? _logitScaleGradient;
    private readonly ImageEncoder _images;
    private readonly ITextEncoder _texts;
    private readonly PatchTextPredictor _predictor;

    /// <param name="config">Sizes.</param>
    /// <param name="layout">From <see cref="LayoutOf"/> with the same sizes.</param>
    /// <param name="values">float32 [layout.Length]; the encoder reads it in place.</param>
    /// <param name="gradients">float32 [layout.Length], added to by backward; null: nothing is differentiated.</param>
    public DualEncoder(ModelConfig config, ParameterLayout layout, Tensor values, Tensor? gradients)
    {
        _parameters = new ParameterLeaves(layout, values, gradients, config.Precision, config.Recompute);
        if (gradients is not null)
        {
            using var scope = NewDisposeScope();
            _logitScaleGradient = gradients.narrow(0, layout[LogitScaleName].Offset, 1).DetachFromDisposeScope();
        }

        _images = new ImageEncoder(config, _parameters);
        _texts = TextLayouts.Create(config, _parameters);
        _predictor = new PatchTextPredictor(config, _parameters);
        Fusion = new FusionModel(config, _parameters);
    }

    /// <summary>What reads image and text together; its parts are null where the sizes leave them out.</summary>
    public FusionModel Fusion { get; }

    /// <summary>Every parameter of a model of these sizes.</summary>
    /// <exception cref="ArgumentException">Sizes that do not fit together.</exception>
    public static ParameterLayout LayoutOf(ModelConfig config)
    {
        config.Validate();
        var specs = new ParameterSpecs();
        ImageEncoder.AddSpecs(specs, config);
        TextLayouts.AddSpecs(specs, config);
        PatchTextPredictor.AddSpecs(specs, config);
        FusionModel.AddSpecs(specs, config);
        specs.Free(LogitScaleName, new Initial(config.LogitScaleInit, 0), 1);
        return new ParameterLayout(specs.All);
    }

    /// <summary>Adds to the gradient of -ln τ, which belongs to the loss and not to any feature.</summary>
    /// <exception cref="InvalidOperationException">The encoder has no gradients.</exception>
    public void AddLogitScaleGradient(float gradient)
    {
        using var noGrad = no_grad();
        (_logitScaleGradient ?? throw new InvalidOperationException("The encoder has no gradients.")).add_(gradient);
    }

    /// <summary>Features of images; patch tokens of the middle block and all tokens of the last one if asked for.</summary>
    /// <param name="pixels">float32 [b, 3, S, S], normalised (<see cref="Pixels.Normalize"/>).</param>
    /// <param name="middle">Whether the predictor is going to be asked.</param>
    /// <param name="tokens">Whether all tokens of the last block are wanted.</param>
    public ImageEncoding EncodeImages(Tensor pixels, bool middle, bool tokens = false) => _images.Encode(pixels, middle, tokens);

    /// <summary>Features of texts; all tokens of the last block if asked for.</summary>
    /// <param name="tokens">int64 [b, at most L]: class token, words, padding with 0; layout <c>clip</c>: start, words, end of text, padding with 0.</param>
    /// <param name="all">Whether all tokens of the last block are wanted.</param>
    public TextEncoding EncodeTexts(Tensor tokens, bool all = false) => _texts.Encode(tokens, all);

    /// <summary>Two-class logits of every (text, patch) pair; class 1 = the text talks about the patch.</summary>
    /// <param name="middle">[b, N, C] from <see cref="EncodeImages"/>.</param>
    /// <param name="owner">int64 [R], the image of each text; null: text i is of image i.</param>
    /// <param name="cls">[R, Ct] from <see cref="EncodeTexts"/>.</param>
    /// <returns>[R, N, 2].</returns>
    public Tensor PatchTextLogits(Tensor middle, Tensor? owner, Tensor cls) => _predictor.Logits(middle, owner, cls);

    /// <inheritdoc/>
    public void Dispose()
    {
        _parameters.Dispose();
        _logitScaleGradient?.Dispose();
    }
}
