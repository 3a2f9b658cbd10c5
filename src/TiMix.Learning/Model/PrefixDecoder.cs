using TorchSharp;
using static TorchSharp.torch;

namespace TiMix.Learning.Model;

/// <summary>
/// Writes on from an image and the beginning of a text: causal self-attention over what is written so far, cross-attention to
/// [image tokens; fused prefix], token embedding and output tied to the text encoder's embedding, positions of its own (timix.md,
/// losses, 5). The first token it is given is [CLS]; after the last word it says [SEP]. V words of the vocabulary, Ct width.
/// </summary>
public sealed class PrefixDecoder
{
    private const string Prefix = "decoder.";
    private const string ImageProjection = Prefix + "image";
    private readonly ModelConfig _config;
    private readonly ParameterLeaves _parameters;
    private readonly CrossBlock[] _blocks;

    internal PrefixDecoder(ModelConfig config, ParameterLeaves parameters)
    {
        (_config, _parameters) = (config, parameters);
        _blocks = CrossBlock.Tower(parameters, Prefix, config.DecoderLayers, config.TextHeads, config.Attention);
    }

    internal static void AddSpecs(ParameterSpecs specs, ModelConfig config)
    {
        long c = config.VisionWidth, ct = config.TextWidth;
        if (c != ct)
        {
            specs.Linear(ImageProjection, c, ct, Math.Pow(c, -0.5));
        }

        specs.Free(Prefix + "positional_embedding", new Initial(0, 0.01), config.ContextLength, ct);
        CrossBlock.AddSpecs(specs, Prefix, ct, ct, config.DecoderLayers);
        specs.Norm(Prefix + "ln_final", ct);
        specs.Free(Prefix + "bias", default, config.VocabularySize);
    }

    /// <summary>What is looked at: [image tokens; fused prefix], once for all that is written from it.</summary>
    /// <param name="imageTokens">[b, 1+N, C] from <see cref="DualEncoder.EncodeImages"/>.</param>
    /// <param name="prefix">b fused prefixes from <see cref="FusionEncoder.Fuse"/>, with the padding of their tokens.</param>
    public CrossMemory Remember(Tensor imageTokens, TextTokens prefix)
    {
        var image = _config.VisionWidth == _config.TextWidth ? imageTokens : _parameters.Affine(imageTokens, ImageProjection);
        var mask = prefix.Padding is { } padding ? cat([zeros(image.size(0), image.size(1), device: image.device), padding], 1) : null;
        return CrossBlock.Remember(_blocks, cat([image, prefix.Tokens], 1), mask);
    }

    /// <summary>What may come after every token. A token changes nothing at those before it, so padding at the end changes no word.</summary>
    /// <param name="tokens">int64 [P, T], T at most the context length; [CLS] first.</param>
    /// <param name="memory">P rows: <see cref="Remember"/>, and <see cref="CrossMemory.Select"/> where several texts are written of one image.</param>
    /// <returns>[P, T, V].</returns>
    public Tensor Logits(Tensor tokens, CrossMemory memory) => Words(Hidden(tokens, memory));

    /// <summary><see cref="Logits"/> before the words: for whoever needs some positions only.</summary>
    /// <returns>[P, T, Ct].</returns>
    /// <exception cref="ArgumentException">The text is longer than the context.</exception>
    public Tensor Hidden(Tensor tokens, CrossMemory memory)
    {
        long b = tokens.size(0), t = tokens.size(1);
        if (t > _config.ContextLength)
        {
            throw new ArgumentException($"The decoder writes {_config.ContextLength} tokens at most, got {t}.", nameof(tokens));
        }

        var x = _parameters[TextEncoder.TokenEmbeddingName].index_select(0, tokens.reshape(-1)).view(b, t, _config.TextWidth)
            + _parameters[Prefix + "positional_embedding"].narrow(0, 0, t);
        var causal = full([t, t], float.NegativeInfinity, device: tokens.device).triu(1).view(1, 1, t, t);
        for (var i = 0; i < _blocks.Length; i++)
        {
            x = _blocks[i].Forward(x, causal, memory.Layers[i], memory.Mask, classOnly: false);
        }

        return _parameters.Normalize(x, Prefix + "ln_final");
    }

    /// <summary>Logits of the vocabulary.</summary>
    /// <param name="hidden">[…, Ct] from <see cref="Hidden"/>.</param>
    /// <returns>[…, V].</returns>
    public Tensor Words(Tensor hidden) => _parameters.Linear(hidden, _parameters[TextEncoder.TokenEmbeddingName], _parameters[Prefix + "bias"]);
}
