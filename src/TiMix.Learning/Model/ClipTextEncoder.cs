using TorchSharp;
using static TorchSharp.torch.nn.functional;
using static TorchSharp.torch;

namespace TiMix.Learning.Model;

/// <summary>
/// Layout <c>clip</c>: the text encoder of CLIP (Radford et al., 2021). Every token sees those before it, so padding behind the
/// end of the text reaches nothing; the end-of-text token, the largest id of the vocabulary, is projected.
/// </summary>
internal sealed class ClipTextEncoder(ModelConfig config, ParameterLeaves parameters) : ITextEncoder
{
    private readonly TransformerBlock[] _blocks =
        TransformerBlock.Tower(parameters, "text.", config.TextLayers, config.TextHeads, config.Attention, config.TextActivation, causal: true);

    /// <inheritdoc/>
    public TextEncoding Encode(Tensor tokens, bool all)
    {
        long b = tokens.size(0), l = tokens.size(1), ct = config.TextWidth;
        var x = parameters["text.token_embedding.weight"].index_select(0, tokens.reshape(-1)).view(b, l, ct) + parameters["text.positional_embedding"]
            .narrow(0, 0, l);
        foreach (var block in _blocks)
        {
            x = block.Forward(x, null, classOnly: false);
        }

        x = parameters.Normalize(x, "text.ln_final");
        var end = tokens.argmax(1) + (arange(b, dtype: ScalarType.Int64, device: tokens.device) * l);
        var pooled = x.reshape(b * l, ct).index_select(0, end);
        return new TextEncoding(normalize(pooled.mm(parameters["text.text_projection"]), p: 2, dim: 1), pooled, all ? x : null);
    }
}
