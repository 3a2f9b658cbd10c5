using TiMix.Learning.Runtime;
using TorchSharp;
using Xunit;
using static TorchSharp.torch;

namespace TiMix.Learning.Tests.Model;

public sealed class PrecisionTests
{
    [Theory]
    [InlineData("manual")]
    [InlineData("fused")]
    public void Blocks_that_are_computed_again_give_the_same_bits(string attention)
    {
        var (kept, again) = (Run(attention, "float32", false), Run(attention, "float32", true));
        Assert.Equal(kept.Outputs, again.Outputs);
        Assert.Equal(kept.Gradients, again.Gradients);
        Assert.Contains(kept.Gradients, gradient => gradient != 0);
    }

    [Theory]
    [InlineData("manual", false)]
    [InlineData("manual", true)]
    [InlineData("fused", false)]
    public void Bf16_comes_near_float32_and_gives_the_same_bits_each_time(string attention, bool recompute)
    {
        var (exact, rounded, twice) = (Run(attention, "float32", false), Run(attention, "bf16", recompute), Run(attention, "bf16", recompute));
        Assert.Equal(rounded.Outputs, twice.Outputs);
        Assert.Equal(rounded.Gradients, twice.Gradients);
        Assert.NotEqual(exact.Outputs, rounded.Outputs);
        Assert.InRange(Distance(exact.Outputs, rounded.Outputs), 1e-4, 0.03);
        Assert.InRange(Distance(exact.Gradients, rounded.Gradients), 1e-4, 0.06);
    }

    [Fact]
    public void An_unknown_precision_is_refused_by_name()
    {
        var error = Assert.Throws<ArgumentException>(() => new TinyModel(precision: "fp8"));
        Assert.Contains("precision is \"fp8\"; it can be float32 or bf16", error.Message, StringComparison.Ordinal);
    }

    private static (float[] Outputs, float[] Gradients) Run(string attention, string precision, bool recompute)
    {
        using var model = new TinyModel(attention: attention, precision: precision, recompute: recompute);
        using var scope = NewDisposeScope();
        var outputs = model.Outputs(model.Encoder);
        (outputs * arange(outputs.numel()).to(ScalarType.Float32).sin()).sum().backward();
        return (HostFloats.Of(outputs), model.Gradients.ToArray());
    }

    private static double Distance(float[] expected, float[] actual)
    {
        var difference = expected.Zip(actual).Sum(pair => Math.Pow(pair.First - pair.Second, 2));
        return Math.Sqrt(difference / expected.Sum(value => (double)value * value));
    }
}
