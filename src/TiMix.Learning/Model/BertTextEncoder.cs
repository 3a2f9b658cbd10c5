using TorchSharp;
using static TorchSharp.torch.nn.functional;
using static TorchSharp.torch;

namespace TiMix.Learning.Model;

/// <summary>
/// Layout <c>bert</c>: BERT (Devlin et al., 2018) without its pooler; words, positions and the first token type are summed and
/// normalised, the blocks are post-norm, and the class token of the last one is projected.
/// </summary>
internal sealed class BertTextEncoder(ModelConfig config, ParameterLeaves parameters) : ITextEncoder
{
    /// <summary>BERT's addition to the variance.</summary>
    public const double Epsilon = 1e-12;

    private const int TokenTypes = 2;

    private readonly PostNormBlock[] _blocks =
        [.. Enumerable.Range(0, config.TextLayers).Select(i => new PostNormBlock(
            parameters, TransformerBlock.NameOf("text.", i), config.TextHeads, config.Attention, config.TextActivation, Epsilon))];

    public static void AddSpecs(ParameterSpecs specs, ModelConfig config)
    {
        long ct = config.TextWidth;
        specs.Matrix("text.token_embedding.weight", 0.02, config.VocabularySize, ct);
        specs.Free("text.positional_embedding", new Initial(0, 0.02), config.ContextLength, ct);
        specs.Free("text.token_type_embedding", new Initial(0, 0.02), TokenTypes, ct);
        specs.Norm("text.ln_embedding", ct);
        TransformerBlock.AddSpecs(specs, "text.", ct, config.TextLayers);
        specs.Matrix("text.text_projection", Math.Pow(ct, -0.5), ct, config.EmbedDim);
    }

    /// <inheritdoc/>
    public TextEncoding Encode(Tensor tokens, bool all)
    {
        long b = tokens.size(0), l = tokens.size(1), ct = config.TextWidth;
        var x = parameters["text.token_embedding.weight"].index_select(0, tokens.reshape(-1)).view(b, l, ct)
            + (parameters["text.positional_embedding"].narrow(0, 0, l) + parameters["text.token_type_embedding"].select(0, 0));
        x = parameters.Normalize(x, "text.ln_embedding", Epsilon);
        var mask = TextEncoder.PaddingMask(tokens);
        for (var i = 0; i < _blocks.Length; i++)
        {
            x = _blocks[i].Forward(x, mask, classOnly: i + 1 == _blocks.Length && !all);
        }

        var cls = x.select(1, 0);
        return new TextEncoding(normalize(cls.mm(parameters["text.text_projection"]), p: 2, dim: 1), cls, all ? x : null);
    }
}
