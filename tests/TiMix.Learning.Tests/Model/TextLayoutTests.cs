using TiMix.Base;
using TiMix.Learning.Runtime;
using TorchSharp;
using static TorchSharp.torch;

namespace TiMix.Learning.Tests.Model;

public sealed class TextLayoutTests
{
    [Theory]
    [InlineData("bert", "gelu", "manual", 2)]
    [InlineData("bert", "quick_gelu", "fused", 3)]
    [InlineData("bert", "gelu", "manual", 1)]
    [InlineData("clip", "quick_gelu", "manual", 2)]
    [InlineData("clip", "gelu", "fused", 3)]
    [InlineData("timix", "quick_gelu", "manual", 2)]
    public void Every_output_equals_its_definition_in_double_precision(string layout, string activation, string attention, int layers)
    {
        using var model = new TinyModel(textLayers: layers, attention: attention, textLayout: layout, activation: activation);
        using var scope = NewDisposeScope();
        var expected = model.ReferenceOutputs(model.Reference());
        var actual = HostFloats.Of(model.Outputs(model.Encoder));
        Assert.Equal(expected.Length, actual.Length);
        for (var i = 0; i < expected.Length; i++)
        {
            Assert.Equal(expected[i], actual[i], 2e-5);
        }
    }

    [Theory]
    [InlineData("bert", "gelu")]
    [InlineData("clip", "quick_gelu")]
    public void Gradients_equal_finite_differences_of_the_definition(string layout, string activation)
    {
        using var model = new TinyModel(textLayout: layout, activation: activation);
        var random = new SeededRandom(3);
        double[] weights = [.. model.ReferenceOutputs(model.Reference()).Select(_ => random.NextGaussian())];
        using (NewDisposeScope())
        {
            (model.Outputs(model.Encoder) * tensor(weights.Select(value => (float)value).ToArray())).sum().backward();
        }

        var gradients = model.Gradients.ToArray();
        var reference = model.Reference();
        double Loss() => model.ReferenceOutputs(reference).Zip(weights, (output, weight) => output * (float)weight).Sum();
        foreach (var slot in model.Layout.Slots.Where(slot => slot.Spec.Name.StartsWith("text.", StringComparison.Ordinal)
            || slot.Spec.Name.StartsWith("visual.", StringComparison.Ordinal)))
        {
            for (var draw = 0; draw < 2; draw++)
            {
                var at = slot.Offset + random.NextInt((int)slot.Spec.Length);
                const double Step = 1e-5;
                var value = reference.Values[at];
                reference.Values[at] = value + Step;
                var above = Loss();
                reference.Values[at] = value - Step;
                var numeric = (above - Loss()) / (2 * Step);
                reference.Values[at] = value;
                Assert.True(
                    Math.Abs(numeric - gradients[at]) < 2e-4 * (1 + Math.Abs(numeric)),
                    $"{slot.Spec.Name}[{at - slot.Offset}]: {gradients[at]}, expected {numeric}");
            }
        }
    }

    [Fact]
    public void A_text_of_layout_clip_is_read_at_its_largest_token_and_nothing_behind_it_counts()
    {
        using var model = new TinyModel(textLayout: "clip");
        using var scope = NewDisposeScope();
        float[] Feature(params long[] tokens) => HostFloats.Of(model.Encoder.EncodeTexts(tensor(tokens, [1, tokens.Length])).Feature);
        var alone = Feature(9, 5, 10);
        Assert.All(alone.Zip(Feature(9, 5, 10, 7, 3, 0)), pair => Assert.Equal(pair.First, pair.Second, 1e-6f));
        Assert.NotEqual(alone, Feature(9, 6, 10));
    }
}
