using TiMix.Learning.Model;
using TiMix.Learning.Runtime;
using static TorchSharp.torch;

namespace TiMix.Work.Evaluation;

/// <summary>An encoder with the parameters of a snapshot, for looking only.</summary>
internal sealed class EvaluatedModel : IDisposable
{
    private readonly ParameterBuffer _values;

    /// <param name="config">Sizes.</param>
    /// <param name="parameters">Flat parameters; copied.</param>
    public EvaluatedModel(ModelConfig config, ReadOnlySpan<float> parameters)
    {
        var layout = DualEncoder.LayoutOf(config);
        Config = config;
        Device = TorchRuntime.DefaultDevice();
        _values = new ParameterBuffer(layout, Device);
        _values.CopyFrom(parameters);
        Encoder = new DualEncoder(config, layout, _values.Values, null);
    }

    /// <summary>Sizes.</summary>
    public ModelConfig Config { get; }

    /// <summary>Where it computes.</summary>
    public Device Device { get; }

    /// <summary>Not thread-safe.</summary>
    public DualEncoder Encoder { get; }

    /// <summary>τ.</summary>
    public double Temperature => Math.Exp(-_values.LogitScale);

    /// <summary>Features of pictures.</summary>
    /// <param name="pixels">uint8 [count, 3, S, S], planar RGB.</param>
    /// <param name="count">At least 1.</param>
    /// <returns>[count, d], L2-normalised.</returns>
    public float[] ImageFeatures(ReadOnlySpan<byte> pixels, int count)
    {
        using var scope = NewDisposeScope();
        using var noGrad = no_grad();
        return HostFloats.Of(Encoder.EncodeImages(Pixels.Normalize(pixels, count, Config.ImageSize, Device), false).Feature);
    }

    /// <summary>All tokens of pictures; the caller's scope holds them.</summary>
    /// <param name="pixels">uint8 [count, 3, S, S], planar RGB.</param>
    /// <param name="count">At least 1.</param>
    /// <returns>[count, 1+N, C].</returns>
    public Tensor ImageTokens(ReadOnlySpan<byte> pixels, int count) =>
        Encoder.EncodeImages(Pixels.Normalize(pixels, count, Config.ImageSize, Device), false, tokens: true).Tokens!;

    /// <summary>Features of texts.</summary>
    /// <param name="tokens">[count, L] ids, padded.</param>
    /// <param name="count">At least 1.</param>
    /// <returns>[count, d], L2-normalised.</returns>
    public float[] TextFeatures(int[] tokens, int count)
    {
        using var scope = NewDisposeScope();
        using var noGrad = no_grad();
        return HostFloats.Of(Encoder.EncodeTexts(TokenMatrix.Of(tokens, count, Device)).Feature);
    }

    /// <summary>Images and the beginnings of texts as the decoder looks at them; the caller's scope holds it.</summary>
    /// <param name="imageTokens">[b, 1+N, C], all tokens of images.</param>
    /// <param name="owner">[P] image of each text.</param>
    /// <param name="prefixes">[P, L] ids, [CLS] … [SEP], padded.</param>
    /// <returns>P rows.</returns>
    public CrossMemory Remember(Tensor imageTokens, int[] owner, int[] prefixes)
    {
        var ids = TokenMatrix.Of(prefixes, owner.Length, Device);
        var text = TextTokens.Of(Encoder.EncodeTexts(ids, all: true), ids);
        var of = tensor(owner, device: Device).to(ScalarType.Int64);
        var fusion = Encoder.Fusion.Encoder!;
        return Encoder.Fusion.Decoder!.Remember(
            imageTokens.index_select(0, of), text with { Tokens = fusion.Fuse(text, fusion.Remember(imageTokens).Select(of), classOnly: false) });
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        Encoder.Dispose();
        _values.Dispose();
    }
}
