using TiMix.Base;
using TiMix.Learning.Model;
using TiMix.Learning.Runtime;
using TorchSharp;
using static TorchSharp.torch;

namespace TiMix.Learning.Tests.Model;

public sealed class DualEncoderTests
{
    [Theory]
    [InlineData(2, 2, 12, "manual")]
    [InlineData(2, 2, 12, "fused")]
    [InlineData(1, 1, 8, "manual")]
    [InlineData(3, 3, 8, "manual")]
    [InlineData(4, 1, 16, "fused")]
    public void Every_output_equals_its_definition_in_double_precision(int visionLayers, int textLayers, int textWidth, string attention)
    {
        using var model = new TinyModel(visionLayers, textLayers, textWidth, attention);
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
    [InlineData(2, 2, 12, "manual")]
    [InlineData(2, 1, 8, "fused")]
    [InlineData(1, 2, 8, "manual")]
    public void Gradients_of_every_parameter_equal_finite_differences_of_the_definition(int visionLayers, int textLayers, int textWidth, string attention)
    {
        using var model = new TinyModel(visionLayers, textLayers, textWidth, attention);
        var random = new SeededRandom(3);
        double[] weights = [.. model.ReferenceOutputs(model.Reference()).Select(_ => random.NextGaussian())];
        using (NewDisposeScope())
        {
            (model.Outputs(model.Encoder) * tensor(weights.Select(value => (float)value).ToArray())).sum().backward();
        }

        var gradients = model.Gradients.ToArray();
        var reference = model.Reference();
        double Loss() => model.ReferenceOutputs(reference).Zip(weights, (output, weight) => output * (float)weight).Sum();
        foreach (var slot in model.Layout.Slots.Where(slot => slot.Spec.Name != DualEncoder.LogitScaleName))
        {
            for (var draw = 0; draw < 3; draw++)
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
    public void Padding_changes_no_text_and_middle_tokens_change_no_feature()
    {
        using var model = new TinyModel();
        using var scope = NewDisposeScope();
        var padded = model.Encoder.EncodeTexts(tensor(new long[] { 2, 5, 3, 0, 0, 0, 2, 4, 8, 6, 10, 3 }, [2, 6]));
        var alone = model.Encoder.EncodeTexts(tensor(new long[] { 2, 5, 3 }, [1, 3]));
        var together = HostFloats.Of(padded.Feature)[..5];
        Assert.All(HostFloats.Of(alone.Feature).Zip(together), pair => Assert.Equal(pair.First, pair.Second, 1e-6f));

        var pixels = tensor(model.Pixels, [2, 3, 8, 8]);
        var without = model.Encoder.EncodeImages(pixels, false);
        Assert.Null(without.Middle);
        Assert.Equal(HostFloats.Of(without.Feature), HostFloats.Of(model.Encoder.EncodeImages(pixels, true).Feature));
    }

    [Fact]
    public void Backward_adds_to_the_flat_gradients_and_leaves_gaps_and_values_alone()
    {
        using var model = new TinyModel();
        var before = model.Values.Fingerprint();
        void Backward()
        {
            using var scope = NewDisposeScope();
            model.Outputs(model.Encoder).sum().backward();
        }

        Backward();
        var once = model.Gradients.ToArray();
        Assert.Contains(once, value => value != 0);
        Backward();
        Assert.All(once.Zip(model.Gradients.ToArray()), pair => Assert.Equal(2 * pair.First, pair.Second));
        model.Gradients.Values.zero_();
        Backward();
        Assert.Equal(once, model.Gradients.ToArray());
        Assert.Equal(before, model.Values.Fingerprint());

        var used = model.Layout.Slots.SelectMany(slot => Enumerable.Range((int)slot.Offset, (int)slot.Spec.Length)).ToHashSet();
        Assert.All(Enumerable.Range(0, once.Length).Where(i => !used.Contains(i)), i => Assert.Equal(0, once[i]));
    }

    [Fact]
    public void Encoders_on_two_threads_share_values_and_give_the_bits_of_one_after_another()
    {
        using var model = new TinyModel();
        using var other = new ParameterBuffer(model.Layout, CPU);
        using var second = new DualEncoder(model.Config, model.Layout, model.Values.Values, other.Values);

        static void Backward(TinyModel model, DualEncoder encoder, float scale)
        {
            torch.set_num_threads(1);
            for (var n = 0; n < 50; n++)
            {
                using var scope = NewDisposeScope();
                (model.Outputs(encoder) * scale).sum().backward();
            }
        }

        void Run(bool together)
        {
            model.Gradients.Values.zero_();
            other.Values.zero_();
            Thread[] threads = [new(() => Backward(model, model.Encoder, 1)), new(() => Backward(model, second, 3))];
            foreach (var thread in threads)
            {
                thread.Start();
                if (!together)
                {
                    thread.Join();
                }
            }

            foreach (var thread in threads)
            {
                thread.Join();
            }
        }

        Run(together: false);
        var (first, last) = (model.Gradients.Fingerprint(), other.Fingerprint());
        Assert.NotEqual(first, last);
        Run(together: true);
        Assert.Equal((first, last), (model.Gradients.Fingerprint(), other.Fingerprint()));
    }

    [Fact]
    public void Changed_values_are_seen_by_every_encoder_over_them()
    {
        using var model = new TinyModel(gradients: false);
        using var scope = NewDisposeScope();
        var before = HostFloats.Of(model.Outputs(model.Encoder));
        Assert.Equal(before, HostFloats.Of(model.Outputs(model.Encoder)));
        model.Values.InitializeFrom(99);
        Assert.NotEqual(before, HostFloats.Of(model.Outputs(model.Encoder)));
    }

    [Fact]
    public void The_gradient_of_the_logit_scale_lands_in_its_slot_and_nowhere_else()
    {
        using var model = new TinyModel();
        model.Encoder.AddLogitScaleGradient(1.5f);
        model.Encoder.AddLogitScaleGradient(2f);
        var gradients = model.Gradients.ToArray();
        Assert.Equal(3.5f, gradients[model.Layout[DualEncoder.LogitScaleName].Offset]);
        Assert.Single(gradients, value => value != 0);
        using var frozen = new TinyModel(gradients: false);
        Assert.Throws<InvalidOperationException>(() => frozen.Encoder.AddLogitScaleGradient(1));
    }
}
