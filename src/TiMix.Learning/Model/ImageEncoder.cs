using TorchSharp;
using static TorchSharp.torch.nn.functional;
using static TorchSharp.torch;

namespace TiMix.Learning.Model;

/// <summary>What the image encoder gives. b images, N patches, C width, d embedding width.</summary>
/// <param name="Feature">[b, d], L2-normalised.</param>
/// <param name="Middle">[b, N, C] patch tokens after the middle block; null unless asked for.</param>
/// <param name="Tokens">[b, 1+N, C] class token and patches after the last LayerNorm; null unless asked for.</param>
public sealed record ImageEncoding(Tensor Feature, Tensor? Middle, Tensor? Tokens);

/// <summary>Vision transformer in CLIP's layout, and its projection. Of its last block only the class token is computed unless all tokens are wanted.</summary>
internal sealed class ImageEncoder(ModelConfig config, ParameterLeaves parameters)
{
    private readonly TransformerBlock[] _blocks = TransformerBlock.Tower(
        parameters, "visual.", config.VisionLayers, config.VisionHeads, config.Attention, config.VisionActivation);

    public static void AddSpecs(ParameterSpecs specs, ModelConfig config)
    {
        long c = config.VisionWidth, p = config.PatchSize;
        specs.Free("visual.class_embedding", new Initial(0, Math.Pow(c, -0.5)), c);
        specs.Free("visual.positional_embedding", new Initial(0, Math.Pow(c, -0.5)), (config.Grid * config.Grid) + 1, c);
        specs.Matrix("visual.conv1.weight", Math.Pow(9.0 * p * p, -0.5), c, 3, p, p);
        specs.Norm("visual.ln_pre", c);
        TransformerBlock.AddSpecs(specs, "visual.", c, config.VisionLayers);
        specs.Norm("visual.ln_post", c);
        specs.Matrix("visual.proj", Math.Pow(c, -0.5), c, config.EmbedDim);
    }

    /// <param name="pixels">float32 [b, 3, S, S], normalised.</param>
    /// <param name="middle">Whether the patch tokens of the middle block are wanted.</param>
    /// <param name="tokens">Whether all tokens of the last block are wanted.</param>
    public ImageEncoding Encode(Tensor pixels, bool middle, bool tokens)
    {
        long b = pixels.size(0), n = config.Grid, p = config.PatchSize, c = config.VisionWidth;
        var patches = pixels.view(b, 3, n, p, n, p).permute(0, 2, 4, 1, 3, 5).reshape(b, n * n, 3 * p * p);
        var x = cat([parameters["visual.class_embedding"].view(1, 1, c).expand(b, 1, c), parameters.Linear(
            patches, parameters["visual.conv1.weight"].view(c, 3 * p * p), null)], 1);
        x = parameters.Normalize(x + parameters["visual.positional_embedding"], "visual.ln_pre");
        Tensor? middleTokens = null;
        for (var i = 0; i < _blocks.Length; i++)
        {
            var isMiddle = middle && i + 1 == Math.Max(1, _blocks.Length / 2);
            x = _blocks[i].Forward(x, null, classOnly: i + 1 == _blocks.Length && !isMiddle && !tokens);
            if (isMiddle)
            {
                middleTokens = x.narrow(1, 1, n * n);
            }
        }

        if (!tokens)
        {
            return new ImageEncoding(Project(parameters.Normalize(x.select(1, 0), "visual.ln_post")), middleTokens, null);
        }

        x = parameters.Normalize(x, "visual.ln_post");
        return new ImageEncoding(Project(x.select(1, 0)), middleTokens, x);
    }

    private Tensor Project(Tensor cls) => normalize(cls.mm(parameters["visual.proj"]), p: 2, dim: 1);
}
