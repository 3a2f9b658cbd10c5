using System.Runtime.InteropServices;
using System.Security.Cryptography;
using TiMix.Learning.Model;
using TiMix.Learning.Runtime;
using TorchSharp;
using static TorchSharp.torch;

namespace TiMix.Learning.Tests.Model;

public sealed class ParameterTests
{
    [Fact]
    public void Slots_are_aligned_apart_and_decayed_ones_come_first()
    {
        var layout = DualEncoder.LayoutOf(ModelPreset.Load("sample"));
        var end = 0L;
        foreach (var slot in layout.Slots)
        {
            Assert.Equal(0, slot.Offset % 16);
            Assert.True(slot.Offset >= end, slot.Spec.Name);
            Assert.Equal(slot.Spec.Decay, slot.Offset < layout.DecayLength);
            Assert.Equal(slot.Spec.Decay, slot.Spec.Shape.Length > 1 && !slot.Spec.Name.EndsWith("positional_embedding", StringComparison.Ordinal));
            end = slot.Offset + slot.Spec.Length;
        }

        Assert.True(layout.Length >= end);
        Assert.Equal(0, layout.Length % 16);
        Assert.Equal(0, layout.DecayLength % 16);
        Assert.Equal(-Math.Log(0.07), layout[DualEncoder.LogitScaleName].Spec.Initial.Mean, 1e-12);
        Assert.Throws<KeyNotFoundException>(() => layout["visual.nothing"]);
    }

    [Fact]
    public void The_real_size_has_as_many_parameters_as_CLIP()
    {
        // Published count of CLIP ViT-B/16; the patch–text predictor comes on top.
        var layout = DualEncoder.LayoutOf(ModelPreset.Load("clip-b16"));
        Assert.Equal(149_620_737, layout.Slots.Where(slot => !slot.Spec.Name.StartsWith("predictor.", StringComparison.Ordinal)).Sum(slot => slot.Spec.Length));
        Assert.Equal([768, 3, 16, 16], layout["visual.conv1.weight"].Spec.Shape);
        Assert.Equal([2304, 768], layout["visual.transformer.resblocks.11.attn.in_proj_weight"].Spec.Shape);
        Assert.Equal([512, 512], layout["text.text_projection"].Spec.Shape);
    }

    [Fact]
    public void The_same_seed_gives_the_same_fingerprint_and_another_seed_another()
    {
        var layout = DualEncoder.LayoutOf(ModelPreset.Load("sample"));
        using var a = new ParameterBuffer(layout, CPU);
        using var b = new ParameterBuffer(layout, CPU);
        a.InitializeFrom(1);
        b.InitializeFrom(1);
        Assert.Equal(a.Fingerprint(), b.Fingerprint());
        Assert.Equal(Convert.ToHexStringLower(SHA256.HashData(MemoryMarshal.AsBytes(a.ToArray().AsSpan()))), a.Fingerprint());
        b.InitializeFrom(2);
        Assert.NotEqual(a.Fingerprint(), b.Fingerprint());
        b.CopyFrom(a);
        Assert.Equal(a.Fingerprint(), b.Fingerprint());
        b.Floats[0] = 5;
        Assert.Equal(5f, b.ToArray()[0]);
        Assert.NotEqual(a.Fingerprint(), b.Fingerprint());
        Assert.Throws<ArgumentException>(() => b.CopyFrom(new float[3]));
    }

    [Fact]
    public void How_a_parameter_starts_depends_on_its_name_and_not_on_its_place()
    {
        ParameterSpec Spec(string name) => new(name, [40], true, new Initial(1, 0.5));
        using var first = new ParameterBuffer(new ParameterLayout([Spec("a"), Spec("b")]), CPU);
        using var second = new ParameterBuffer(new ParameterLayout([Spec("c"), Spec("b"), Spec("a")]), CPU);
        first.InitializeFrom(7);
        second.InitializeFrom(7);
        static float[] Part(ParameterBuffer buffer, string name) => buffer.ToArray()[(int)buffer.Layout[name].Offset..][..40];
        Assert.Equal(Part(first, "a"), Part(second, "a"));
        Assert.Equal(Part(first, "b"), Part(second, "b"));
        Assert.NotEqual(Part(first, "a"), Part(first, "b"));
    }

    [Fact]
    public void Parameters_start_with_the_mean_and_deviation_they_declare()
    {
        var layout = DualEncoder.LayoutOf(ModelPreset.Load("sample"));
        using var buffer = new ParameterBuffer(layout, CPU);
        buffer.InitializeFrom(11);
        foreach (var slot in layout.Slots)
        {
            var values = buffer.Floats.Slice((int)slot.Offset, (int)slot.Spec.Length).ToArray();
            var (mean, deviation) = slot.Spec.Initial;
            Assert.InRange(
                values.Average(), mean - (5 * deviation / Math.Sqrt(values.Length)) - 1e-6, mean + (5 * deviation / Math.Sqrt(values.Length)) + 1e-6);
            var measured = Math.Sqrt(values.Average(value => (value - mean) * (value - mean)));
            Assert.InRange(measured, deviation * (1 - (4 / Math.Sqrt(values.Length))) - 1e-6, (deviation * (1 + (4 / Math.Sqrt(values.Length)))) + 1e-6);
        }

        // CLIP: residual projections start smaller by the root of twice the depth, here 8.
        Assert.Equal(Math.Pow(128, -0.5) * Math.Pow(8, -0.5), layout["visual.transformer.resblocks.0.mlp.c_proj.weight"].Spec.Initial.Deviation, 1e-12);
    }

    [Fact]
    public void Presets_are_known_by_name_and_others_refused()
    {
        Assert.Equal(["clip-b16", "sample", "sample-full", "timix-base"], ModelPreset.Names);
        Assert.Equal((64, 8, 8), (ModelPreset.Load("sample").ImageSize, ModelPreset.Load("sample").PatchSize, ModelPreset.Load("sample").Grid));
        Assert.Contains("known: clip-b16, sample, sample-full, timix-base", Assert.Throws<ArgumentException>(() => ModelPreset.Load("huge")).Message);
    }

    [Theory]
    [InlineData("imageSize (60)")]
    [InlineData("visionWidth (130)")]
    [InlineData("textWidth (130)")]
    [InlineData("attention is \"flash\"")]
    [InlineData("embedDim")]
    public void Sizes_that_do_not_fit_are_refused_by_name(string what)
    {
        var sizes = ModelPreset.Load("sample");
        var wrong = what[..5] switch
        {
            "image" => sizes with { ImageSize = 60 },
            "visio" => sizes with { VisionWidth = 130 },
            "textW" => sizes with { TextWidth = 130 },
            "atten" => sizes with { Attention = "flash" },
            _ => sizes with { EmbedDim = 0 },
        };
        var error = Assert.Throws<ArgumentException>(() => DualEncoder.LayoutOf(wrong));
        Assert.Contains(what, error.Message);
        Assert.DoesNotContain('\n', error.Message);
    }

    [Fact]
    public void Pixels_are_normalised_channel_by_channel()
    {
        byte[] bytes = [.. Enumerable.Range(0, 2 * 3 * 4).Select(i => (byte)(i * 11 % 256))];
        using var pixels = Pixels.Normalize(bytes, 2, 2, CPU);
        Assert.Equal([2, 3, 2, 2], pixels.shape);
        double[] mean = [0.48145466, 0.4578275, 0.40821073], deviation = [0.26862954, 0.26130258, 0.27577711];
        var values = HostFloats.Of(pixels);
        for (var i = 0; i < bytes.Length; i++)
        {
            Assert.Equal(((bytes[i] / 255.0) - mean[i / 4 % 3]) / deviation[i / 4 % 3], values[i], 1e-6);
        }

        Assert.Contains("got 5", Assert.Throws<ArgumentException>(() => Pixels.Normalize(new byte[5], 1, 2, CPU)).Message);
    }

    [Fact]
    public void Columns_that_are_padding_in_every_row_are_cut()
    {
        using var tokens = TokenMatrix.Of([2, 5, 3, 0, 0, 2, 0, 3, 4, 0], 2, CPU);
        Assert.Equal([2, 4], tokens.shape);
        Assert.Equal([2, 5, 3, 0, 2, 0, 3, 4], tokens.data<long>().ToArray());
    }
}
