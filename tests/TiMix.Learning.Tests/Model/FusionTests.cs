using TiMix.Learning.Model;
using TiMix.Learning.Runtime;
using TorchSharp;
using static TorchSharp.torch;

namespace TiMix.Learning.Tests.Model;

public sealed class FusionTests
{
    private const double Tolerance = 2e-4;
    private static readonly int[][] Texts = [[2, 5, 7, 3], [2, 9, 3], [2, 4, 8, 6, 10, 3]];
    private static readonly int[][] Written = [[2, 6, 5], [2, 8, 9, 10, 4], [2]];

    [Theory]
    [InlineData(8, "manual")]
    [InlineData(12, "manual")]
    [InlineData(12, "fused")]
    public void Fused_tokens_matching_masked_and_written_words_are_those_of_the_definition(int textWidth, string attention)
    {
        using var model = new TinyModel(textWidth: textWidth, attention: attention, fusionLayers: 2);
        using var scope = NewDisposeScope();
        Near(Expected(model, model.Reference()), HostFloats.Of(Outputs(model)));
    }

    [Fact]
    public void Gradients_are_those_of_finite_differences()
    {
        using var model = new TinyModel(visionLayers: 1, textLayers: 1, fusionLayers: 1);
        using var scope = NewDisposeScope();
        var outputs = Outputs(model);
        var weights = Enumerable.Range(0, (int)outputs.numel()).Select(i => Math.Sin(1.7 * i)).ToArray();
        (outputs * tensor(weights.Select(weight => (float)weight).ToArray())).sum().backward();
        var found = model.Gradients.ToArray();
        var reference = model.Reference();
        double Loss() => Expected(model, reference).Zip(weights, (output, weight) => output * weight).Sum();
        foreach (var slot in model.Layout.Slots.Where(slot => slot.Spec.Name.Split('.')[0] is "fusion" or "decoder" or "matching_head"
            or "mlm_head" || slot.Spec.Name.StartsWith("text.token", StringComparison.Ordinal)))
        {
            foreach (var i in new[] { 0, slot.Spec.Length / 2, slot.Spec.Length - 1 }.Distinct())
            {
                ref var value = ref reference.Values[slot.Offset + i];
                const double Step = 1e-5;
                var middle = value;
                value = middle + Step;
                var above = Loss();
                value = middle - Step;
                var below = Loss();
                value = middle;
                var expected = (above - below) / (2 * Step);
                Assert.True(
                    Math.Abs(expected - found[slot.Offset + i]) < 2e-3 + (2e-3 * Math.Abs(expected)),
                    $"{slot.Spec.Name}[{i}]: {found[slot.Offset + i]}, expected {expected}");
            }
        }
    }

    [Fact]
    public void A_later_token_changes_nothing_that_the_decoder_says_before_it()
    {
        using var model = new TinyModel(fusionLayers: 2);
        using var scope = NewDisposeScope();
        var (image, prefix, _) = Encode(model);
        var decoder = model.Encoder.Fusion.Decoder!;
        var memory = decoder.Remember(image, prefix);
        float[] Said(params long[] tokens) => HostFloats.Of(decoder.Logits(tensor(tokens, [3, 3]), memory).narrow(1, 0, 2).contiguous());
        Assert.Equal(Said(2, 5, 6, 2, 7, 8, 2, 9, 4), Said(2, 5, 10, 2, 7, 0, 2, 9, 3));
        Assert.NotEqual(Said(2, 5, 6, 2, 7, 8, 2, 9, 4), Said(2, 10, 6, 2, 7, 8, 2, 9, 4));
    }

    [Fact]
    public void One_image_serves_many_texts()
    {
        using var model = new TinyModel(fusionLayers: 2);
        using var scope = NewDisposeScope();
        var (_, _, text) = Encode(model);
        var fusion = model.Encoder.Fusion;
        var images = fusion.Encoder!.Remember(model.Encoder.EncodeImages(tensor(model.Pixels, [2, 3, 8, 8]), false, tokens: true).Tokens!);
        var crossed = fusion.MatchProbabilities(images, text, [(0, 0), (1, 0), (1, 2), (0, 2)]);
        var single = new[] { (0, 0), (1, 0), (1, 2), (0, 2) }.Select(pair => fusion.MatchProbabilities(images, text, [pair])[0]).ToArray();
        Assert.All(crossed.Zip(single), pair => Assert.Equal(pair.First, pair.Second, 1e-5));
        Assert.Equal(4, crossed.Distinct().Count());
    }

    [Fact]
    public void What_is_switched_off_has_no_parameters()
    {
        var config = new TinyModel().Config;
        string[] Parts(ModelConfig with) =>
            [.. DualEncoder.LayoutOf(with).Slots.Select(slot => slot.Spec.Name.Split('.')[0]).Distinct().Order(StringComparer.Ordinal)];
        Assert.Equal(["logit_scale", "predictor", "text", "visual"], Parts(config));
        Assert.Equal(["fusion", "logit_scale", "matching_head", "predictor", "text", "visual"], Parts(config with { FusionLayers = 1, MatchingHead = true }));
        Assert.Equal(["fusion", "logit_scale", "mlm_head", "predictor", "text", "visual"], Parts(config with { FusionLayers = 1, MlmHead = true }));
        Assert.Equal(["decoder", "fusion", "logit_scale", "predictor", "text", "visual"], Parts(config with { FusionLayers = 1, DecoderLayers = 1 }));
        Assert.Contains(
            "fusionLayers must be 1 or more", Assert.Throws<ArgumentException>(() => DualEncoder.LayoutOf(config with { MlmHead = true })).Message,
            StringComparison.Ordinal);
    }

    private static (Tensor Image, TextTokens Fused, TextTokens Text) Encode(TinyModel model)
    {
        var owner = tensor(TinyModel.Owner);
        var image = model.Encoder.EncodeImages(tensor(model.Pixels, [2, 3, 8, 8]), false, tokens: true).Tokens!;
        var ids = tensor(Padded(Texts), [3, 6]);
        var text = TextTokens.Of(model.Encoder.EncodeTexts(ids, all: true), ids);
        var fusion = model.Encoder.Fusion.Encoder!;
        var fused = text with { Tokens = fusion.Fuse(text, fusion.Remember(image).Select(owner), classOnly: false) };
        return (image.index_select(0, owner), fused, text);
    }

    /// <summary>Matching logits, words at every token, and what the decoder says after every token it was given.</summary>
    private static Tensor Outputs(TinyModel model)
    {
        var (image, fused, text) = Encode(model);
        var fusion = model.Encoder.Fusion;
        var cls = fusion.Encoder!.Fuse(text, fusion.Encoder.Remember(image), classOnly: true).select(1, 0);
        var said = fusion.Decoder!.Logits(tensor(Padded(Written), [3, 6]), fusion.Decoder.Remember(image, fused));
        var words = fusion.Masked!.Logits(cat([.. Texts.Select((text, i) => fused.Tokens[i].narrow(0, 0, text.Length))]));
        return cat(
            [fusion.Matching!.Logits(cls).flatten(), words.flatten(), .. Written.Select((written, i) => said[i].narrow(0, 0, written.Length).flatten())]);
    }

    private static double[] Expected(TinyModel model, ReferenceEncoder reference)
    {
        var images = Enumerable.Range(0, 2).Select(i => reference.ImageTokens([.. model.Pixels[(i * 192)..((i + 1) * 192)].Select(value => (double)value)]))
            .ToArray();
        var fused = Texts.Select((text, i) => reference.TextTokens(text, images[TinyModel.Owner[i]])).ToArray();
        return
        [
            .. fused.SelectMany(tokens => reference.Match(tokens[0])),
            .. fused.SelectMany(tokens => tokens.SelectMany(reference.Word)),
            .. Written.SelectMany((written, i) => reference.Decode(written, images[TinyModel.Owner[i]], fused[i]).SelectMany(logits => logits)),
        ];
    }

    private static long[] Padded(int[][] texts) =>
        [.. texts.SelectMany(text => text.Select(token => (long)token).Concat(Enumerable.Repeat(0L, 6 - text.Length)))];

    private static void Near(double[] expected, float[] actual)
    {
        Assert.Equal(expected.Length, actual.Length);
        for (var i = 0; i < expected.Length; i++)
        {
            Assert.True(Math.Abs(expected[i] - actual[i]) < Tolerance * (1 + Math.Abs(expected[i])), $"[{i}]: {actual[i]}, expected {expected[i]}");
        }
    }
}
