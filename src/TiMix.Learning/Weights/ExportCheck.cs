using TiMix.Base;
using TiMix.Learning.Model;
using TiMix.Learning.Runtime;
using TorchSharp;
using static TorchSharp.torch;

namespace TiMix.Learning.Weights;

/// <summary>
/// Inputs, and what this program computes from them, in a safetensors file: <c>pixels</c> [2, 3, S, S] normalised, <c>tokens</c>
/// [3, L] ids (as float32) of which two rows are padded, <c>image</c> [2, d] and <c>text</c> [3, d] L2-normalised. Whoever opens
/// an exported model elsewhere can hold its features against these.
/// </summary>
public static class ExportCheck
{
    private const int Images = 2;
    private const int Texts = 3;
    private const ulong Seed = 17;

    /// <summary>Computes and writes.</summary>
    /// <param name="path">The file.</param>
    /// <param name="config">Sizes.</param>
    /// <param name="layout">Of <paramref name="values"/>.</param>
    /// <param name="values">[layout.Length].</param>
    public static void Write(string path, ModelConfig config, ParameterLayout layout, ReadOnlySpan<float> values)
    {
        using var buffer = new ParameterBuffer(layout, CPU);
        buffer.CopyFrom(values);
        using var encoder = new DualEncoder(config with { Precision = "float32" }, layout, buffer.Values, null);
        using var scope = NewDisposeScope();
        using var noGrad = no_grad();
        var random = new SeededRandom(Seed);
        long[] shape = [Images, 3, config.ImageSize, config.ImageSize];
        var pixels = new float[Images * 3 * config.ImageSize * config.ImageSize];
        foreach (ref var value in pixels.AsSpan())
        {
            value = (float)random.NextGaussian();
        }

        var tokens = Tokens(config, random);
        var image = encoder.EncodeImages(HostFloats.ToTensor(pixels, shape, CPU), false).Feature;
        var text = encoder.EncodeTexts(tensor(Array.ConvertAll(tokens, token => (long)token), [Texts, config.ContextLength])).Feature;
        Safetensors.Write(path,
        [
            new NamedTensor("pixels", shape, pixels),
            new NamedTensor("tokens", [Texts, config.ContextLength], Array.ConvertAll(tokens, token => (float)token)),
            new NamedTensor("image", [Images, config.EmbedDim], HostFloats.Of(image)),
            new NamedTensor("text", [Texts, config.EmbedDim], HostFloats.Of(text)),
        ]);
    }

    /// <summary>
    /// A text as long as the context, one half as long, one of three tokens. The last token is the largest id, as layout <c>clip</c> needs it.
    /// </summary>
    private static int[] Tokens(ModelConfig config, SeededRandom random)
    {
        var (length, end) = (config.ContextLength, config.VocabularySize - 1);
        var tokens = new int[Texts * length];
        int[] lengths = [length, Math.Max(3, length / 2), 3];
        for (var row = 0; row < Texts; row++)
        {
            for (var i = 0; i < lengths[row]; i++)
            {
                tokens[(row * length) + i] = i + 1 == lengths[row] ? end : 1 + random.NextInt(end - 1);
            }
        }

        return tokens;
    }
}
