using static TorchSharp.torch;

namespace TiMix.Learning.Model;

/// <summary>A text encoder of one layout.</summary>
internal interface ITextEncoder
{
    /// <param name="tokens">int64 [b, at most L], padded with 0.</param>
    /// <param name="all">Whether all tokens of the last block are wanted.</param>
    TextEncoding Encode(Tensor tokens, bool all);
}

/// <summary>The text encoders by the name of their layout (<see cref="ModelConfig.TextLayout"/>).</summary>
internal static class TextLayouts
{
    public static ITextEncoder Create(ModelConfig config, ParameterLeaves parameters) => config.TextLayout switch
    {
        "timix" => new TextEncoder(config, parameters),
        "bert" => new BertTextEncoder(config, parameters),
        "clip" => new ClipTextEncoder(config, parameters),
        _ => throw Unknown(config),
    };

    public static void AddSpecs(ParameterSpecs specs, ModelConfig config)
    {
        switch (config.TextLayout)
        {
            // CLIP's text encoder has the same parameters; it reads them in one direction.
            case "timix" or "clip":
                TextEncoder.AddSpecs(specs, config);
                break;
            case "bert":
                BertTextEncoder.AddSpecs(specs, config);
                break;
            default:
                throw Unknown(config);
        }
    }

    private static ArgumentException Unknown(ModelConfig config) => new($"There is no text layout \"{config.TextLayout}\".", nameof(config));
}
