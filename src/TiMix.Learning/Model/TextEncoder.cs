using TorchSharp;
using static TorchSharp.torch.nn.functional;
using static TorchSharp.torch;

namespace TiMix.Learning.Model;

/// <summary>What the text encoder gives. b texts, L tokens, Ct width, d embedding width.</summary>
/// <param name="Feature">[b, d], L2-normalised.</param>
/// <param name="Cls">[b, Ct] class token (layout <c>clip</c>: end-of-text token) after the last LayerNorm.</param>
/// <param name="Tokens">[b, L, Ct] all tokens after the last LayerNorm; null unless asked for.</param>
public sealed record TextEncoding(Tensor Feature, Tensor Cls, Tensor? Tokens);

/// <summary>Layout <c>timix</c>: pre-norm transformer, both directions, class token first, and its projection.</summary>
internal sealed class TextEncoder(ModelConfig config, ParameterLeaves parameters) : ITextEncoder
{
    /// <summary>Name of the token embedding, to which the outputs of head and decoder are tied.</summary>
    public const string TokenEmbeddingName = "text.token_embedding.weight";

    private readonly TransformerBlock[] _blocks = TransformerBlock.Tower(
        parameters, "text.", config.TextLayers, config.TextHeads, config.Attention, config.TextActivation);

    public static void AddSpecs(ParameterSpecs specs, ModelConfig config)
    {
        long ct = config.TextWidth;
        specs.Matrix(TokenEmbeddingName, 0.02, config.VocabularySize, ct);
        specs.Free("text.positional_embedding", new Initial(0, 0.01), config.ContextLength, ct);
        TransformerBlock.AddSpecs(specs, "text.", ct, config.TextLayers);
        specs.Norm("text.ln_final", ct);
        specs.Matrix("text.text_projection", Math.Pow(ct, -0.5), ct, config.EmbedDim);
    }

    /// <inheritdoc/>
    public TextEncoding Encode(Tensor tokens, bool all)
    {
        long b = tokens.size(0), l = tokens.size(1), ct = config.TextWidth;
        var x = parameters[TokenEmbeddingName].index_select(0, tokens.reshape(-1)).view(b, l, ct) + parameters["text.positional_embedding"].narrow(0, 0, l);
        var mask = PaddingMask(tokens);
        for (var i = 0; i < _blocks.Length; i++)
        {
            x = _blocks[i].Forward(x, mask, classOnly: i + 1 == _blocks.Length && !all);
        }

        if (!all)
        {
            return Encoding(parameters.Normalize(x.select(1, 0), "text.ln_final"), null);
        }

        x = parameters.Normalize(x, "text.ln_final");
        return Encoding(x.select(1, 0), x);
    }

    /// <summary>[b, L], minus infinity at padding, 0 elsewhere; null when nothing is padded.</summary>
    public static Tensor? PaddingMask(Tensor tokens)
    {
        var padding = tokens.eq(0);
        return padding.any().item<bool>() ? zeros(tokens.shape, device: tokens.device).masked_fill_(padding, float.NegativeInfinity) : null;
    }

    private TextEncoding Encoding(Tensor cls, Tensor? tokens) =>
        new(normalize(cls.mm(parameters["text.text_projection"]), p: 2, dim: 1), cls, tokens);
}
