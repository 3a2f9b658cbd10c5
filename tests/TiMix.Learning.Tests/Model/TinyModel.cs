using TiMix.Base;
using TiMix.Learning.Model;
using TorchSharp;
using static TorchSharp.torch;

namespace TiMix.Learning.Tests.Model;

/// <summary>A model small enough to be computed by hand, with all parameters drawn anew so that no bias is 0 and no gain 1.</summary>
internal sealed class TinyModel : IDisposable
{
    public const int Images = 2;
    public static readonly int[] Tokens = [2, 5, 7, 3, 0, 0, 2, 9, 3, 0, 0, 0, 2, 4, 8, 6, 10, 3];
    public static readonly long[] Owner = [0, 0, 1];

    public TinyModel(
        int visionLayers = 2, int textLayers = 2, int textWidth = 12, string attention = "manual", bool gradients = true, string precision = "float32",
        bool recompute = false, int fusionLayers = 0, string textLayout = "timix", string activation = "gelu")
    {
        Config = new ModelConfig
        {
            ImageSize = 8, PatchSize = 4, VisionWidth = 8, VisionLayers = visionLayers, VisionHeads = 2,
            TextWidth = textWidth, TextLayers = textLayers, TextHeads = textWidth / 4, ContextLength = 6, VocabularySize = 11, EmbedDim = 5,
            Attention = attention, Precision = precision, Recompute = recompute,
            TextLayout = textLayout, VisionActivation = activation, TextActivation = activation,
            FusionLayers = fusionLayers, DecoderLayers = fusionLayers, MatchingHead = fusionLayers > 0, MlmHead = fusionLayers > 0,
        };
        Layout = DualEncoder.LayoutOf(Config);
        Values = new ParameterBuffer(Layout, CPU);
        Values.InitializeFrom(1);
        var random = new SeededRandom(2);
        foreach (var slot in Layout.Slots)
        {
            foreach (ref var value in Values.Floats.Slice((int)slot.Offset, (int)slot.Spec.Length))
            {
                value += (float)(0.3 * random.NextGaussian());
            }
        }

        Gradients = new ParameterBuffer(Layout, CPU);
        Encoder = new DualEncoder(Config, Layout, Values.Values, gradients ? Gradients.Values : null);
        Pixels = [.. Enumerable.Range(0, Images * 3 * 8 * 8).Select(_ => (float)random.NextGaussian())];
    }

    public ModelConfig Config { get; }

    public ParameterLayout Layout { get; }

    public ParameterBuffer Values { get; }

    public ParameterBuffer Gradients { get; }

    public DualEncoder Encoder { get; }

    public float[] Pixels { get; }

    public int TextCount => Tokens.Length / 6;

    public ReferenceEncoder Reference() => new(Config, Layout, [.. Values.ToArray().Select(value => (double)value)]);

    /// <summary>Image features, text features, class tokens and predictor logits, joined row by row.</summary>
    public double[] ReferenceOutputs(ReferenceEncoder reference)
    {
        var images = Enumerable.Range(0, Images).Select(i => reference.Image([.. Pixels[(i * 192)..((i + 1) * 192)].Select(value => (double)value)])).ToArray();
        var texts = Enumerable.Range(0, TextCount).Select(i => reference.Text(Tokens[(i * 6)..((i + 1) * 6)])).ToArray();
        return [.. images.SelectMany(image => image.Feature), .. texts.SelectMany(text => text.Feature), .. texts.SelectMany(text => text.Cls),
            .. texts.SelectMany((text, i) => reference.Predict(images[Owner[i]].Middle, text.Cls).SelectMany(logits => logits))];
    }

    /// <summary>The same from the encoder, as one differentiable vector.</summary>
    public Tensor Outputs(DualEncoder encoder)
    {
        var image = encoder.EncodeImages(tensor(Pixels, [Images, 3, 8, 8]), true);
        var text = encoder.EncodeTexts(tensor(Tokens.Select(token => (long)token).ToArray(), [TextCount, 6]));
        return cat(
            [image.Feature.flatten(), text.Feature.flatten(), text.Cls.flatten(), encoder.PatchTextLogits(image.Middle!, tensor(Owner), text.Cls).flatten()]);
    }

    public void Dispose()
    {
        Encoder.Dispose();
        Gradients.Dispose();
        Values.Dispose();
    }
}
