using TorchSharp;
using static TorchSharp.torch;

namespace TiMix.Learning.Model;

/// <summary>
/// Text tokens that look at an image: blocks of self-attention over the text, cross-attention to the image's tokens, and MLP
/// (timix.md, model). b images, 1+N image tokens of width C; P texts, T text tokens of width Ct.
/// </summary>
public sealed class FusionEncoder
{
    private const string Prefix = "fusion.";
    private readonly ParameterLeaves _parameters;
    private readonly CrossBlock[] _blocks;

    internal FusionEncoder(ModelConfig config, ParameterLeaves parameters)
    {
        _parameters = parameters;
        _blocks = CrossBlock.Tower(parameters, Prefix, config.FusionLayers, config.TextHeads, config.Attention);
    }

    internal static void AddSpecs(ParameterSpecs specs, ModelConfig config)
    {
        CrossBlock.AddSpecs(specs, Prefix, config.TextWidth, config.VisionWidth, config.FusionLayers);
        specs.Norm(Prefix + "ln_final", config.TextWidth);
    }

    /// <summary>Images as <see cref="Fuse"/> looks at them; once for all texts that are held against them.</summary>
    /// <param name="imageTokens">[b, 1+N, C] from <see cref="DualEncoder.EncodeImages"/>.</param>
    public CrossMemory Remember(Tensor imageTokens) => CrossBlock.Remember(_blocks, imageTokens, null);

    /// <summary>Fused tokens after the last LayerNorm.</summary>
    /// <param name="text">Text i is held against row i of the images.</param>
    /// <param name="images">P rows: <see cref="Remember"/>, and <see cref="CrossMemory.Select"/> where texts and images pair otherwise.</param>
    /// <param name="classOnly">Whether only the class token is wanted.</param>
    /// <returns>[P, T, Ct], or [P, 1, Ct].</returns>
    public Tensor Fuse(TextTokens text, CrossMemory images, bool classOnly)
    {
        var (x, mask) = (text.Tokens, text.Padding?.view(text.Padding.size(0), 1, 1, text.Padding.size(1)));
        for (var i = 0; i < _blocks.Length; i++)
        {
            x = _blocks[i].Forward(x, mask, images.Layers[i], images.Mask, classOnly && i + 1 == _blocks.Length);
        }

        return _parameters.Normalize(x, Prefix + "ln_final");
    }
}
