using TorchSharp;
using static TorchSharp.torch;

namespace TiMix.Learning.Model;

/// <summary>Texts token by token, as the fusion encoder and the decoder take them. P texts, T tokens, Ct width.</summary>
/// <param name="Tokens">[P, T, Ct].</param>
/// <param name="Padding">[P, T], minus infinity at padding, 0 elsewhere; null when nothing is padded.</param>
public sealed record TextTokens(Tensor Tokens, Tensor? Padding)
{
    /// <summary>All tokens of encoded texts.</summary>
    /// <param name="encoding">With all tokens.</param>
    /// <param name="ids">int64 [P, T], what was encoded.</param>
    /// <exception cref="ArgumentException">Only class tokens were encoded.</exception>
    public static TextTokens Of(TextEncoding encoding, Tensor ids) =>
        Of(encoding.Tokens ?? throw new ArgumentException("All tokens of the texts are needed.", nameof(encoding)), ids);

    /// <summary>The same from tokens [P, T, Ct].</summary>
    public static TextTokens Of(Tensor tokens, Tensor ids) => new(tokens, TextEncoder.PaddingMask(ids));

    /// <summary>Some texts one after another.</summary>
    public TextTokens Part(long first, long count) => new(Tokens.narrow(0, first, count), Padding?.narrow(0, first, count));

    /// <summary>Some texts in any order, as often as they are named.</summary>
    /// <param name="rows">int64 [r].</param>
    public TextTokens Select(Tensor rows) => new(Tokens.index_select(0, rows), Padding?.index_select(0, rows));
}
