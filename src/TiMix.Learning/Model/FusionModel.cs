using TiMix.Learning.Runtime;
using TorchSharp;
using static TorchSharp.torch.nn.functional;
using static TorchSharp.torch;

namespace TiMix.Learning.Model;

/// <summary>All that reads image and text together. A part that the sizes leave out is null and has no parameters.</summary>
public sealed class FusionModel
{
    internal FusionModel(ModelConfig config, ParameterLeaves parameters)
    {
        Encoder = config.FusionLayers > 0 ? new FusionEncoder(config, parameters) : null;
        Matching = config.MatchingHead ? new MatchingHead(parameters) : null;
        Masked = config.MlmHead ? new MlmHead(parameters) : null;
        Decoder = config.DecoderLayers > 0 ? new PrefixDecoder(config, parameters) : null;
    }

    /// <summary>Cross-attention over text and image.</summary>
    public FusionEncoder? Encoder { get; }

    /// <summary>Image–text matching.</summary>
    public MatchingHead? Matching { get; }

    /// <summary>Masked words.</summary>
    public MlmHead? Masked { get; }

    /// <summary>Writes on.</summary>
    public PrefixDecoder? Decoder { get; }

    internal static void AddSpecs(ParameterSpecs specs, ModelConfig config)
    {
        if (config.FusionLayers > 0)
        {
            FusionEncoder.AddSpecs(specs, config);
        }

        if (config.MatchingHead)
        {
            MatchingHead.AddSpecs(specs, config);
        }

        if (config.MlmHead)
        {
            MlmHead.AddSpecs(specs, config);
        }

        if (config.DecoderLayers > 0)
        {
            PrefixDecoder.AddSpecs(specs, config);
        }
    }

    /// <summary>Chance that image and text of a pair belong together; what a list of candidates is ranked anew by.</summary>
    /// <param name="images">From <see cref="FusionEncoder.Remember"/>.</param>
    /// <param name="texts">All tokens of the texts.</param>
    /// <param name="pairs">Rows of image and text.</param>
    /// <returns>One number a pair.</returns>
    /// <exception cref="InvalidOperationException">The model has no matching head.</exception>
    public float[] MatchProbabilities(CrossMemory images, TextTokens texts, IReadOnlyList<(int Image, int Text)> pairs)
    {
        if (Encoder is null || Matching is null)
        {
            throw new InvalidOperationException("The model has no matching head.");
        }

        using var scope = NewDisposeScope();
        using var noGrad = no_grad();
        Tensor Rows(Func<(int Image, int Text), int> of) => tensor(pairs.Select(pair => (long)of(pair)).ToArray(), device: texts.Tokens.device);
        var fused = Encoder.Fuse(texts.Select(Rows(pair => pair.Text)), images.Select(Rows(pair => pair.Image)), classOnly: true);
        return HostFloats.Of(softmax(Matching.Logits(fused.select(1, 0)), 1).select(1, 1));
    }
}
