using TorchSharp;
using static TorchSharp.torch.nn.functional;
using static TorchSharp.torch;

namespace TiMix.Learning.Model;

/// <summary>Do image and text belong together? One linear layer on the fused class token.</summary>
public sealed class MatchingHead
{
    private const string Name = "matching_head";
    private readonly ParameterLeaves _parameters;

    internal MatchingHead(ParameterLeaves parameters) => _parameters = parameters;

    internal static void AddSpecs(ParameterSpecs specs, ModelConfig config) => specs.Linear(Name, config.TextWidth, 2, 0.02);

    /// <param name="fused">[P, Ct] class tokens from <see cref="FusionEncoder.Fuse"/>.</param>
    /// <returns>[P, 2]; class 1 = they belong together.</returns>
    public Tensor Logits(Tensor fused) => _parameters.Affine(fused, Name);
}

/// <summary>Which word stands here? Linear, GELU, LayerNorm, then the text encoder's own token embedding and a bias.</summary>
public sealed class MlmHead
{
    private const string Prefix = "mlm_head.";
    private readonly ParameterLeaves _parameters;

    internal MlmHead(ParameterLeaves parameters) => _parameters = parameters;

    internal static void AddSpecs(ParameterSpecs specs, ModelConfig config)
    {
        specs.Linear(Prefix + "dense", config.TextWidth, config.TextWidth, Math.Pow(config.TextWidth, -0.5));
        specs.Norm(Prefix + "norm", config.TextWidth);
        specs.Free(Prefix + "bias", default, config.VocabularySize);
    }

    /// <param name="fused">[p, Ct], the fused tokens at the masked positions alone.</param>
    /// <returns>[p, V].</returns>
    public Tensor Logits(Tensor fused) => _parameters.Linear(
        _parameters.Normalize(gelu(_parameters.Affine(fused, Prefix + "dense")), Prefix + "norm"),
        _parameters[TextEncoder.TokenEmbeddingName],
        _parameters[Prefix + "bias"]);
}
