using TiMix.Base;
using TiMix.Learning.Model;
using TiMix.Learning.Objectives;
using TiMix.Learning.Optimization;
using TiMix.Learning.Runtime;
using TiMix.Learning.Weights;
using TorchSharp;
using static TorchSharp.torch;

namespace TiMix.Learning.Tests.Model;

public sealed class RealSizeTests
{
    [Fact]
    [Trait("suite", "deep")]
    public void The_size_of_CLIP_builds_steps_once_and_is_saved()
    {
        TorchRuntime.Initialize();
        var config = ModelPreset.Load("clip-b16");
        var layout = DualEncoder.LayoutOf(config);
        using var parameters = new ParameterBuffer(layout, CPU);
        using var gradients = new ParameterBuffer(layout, CPU);
        parameters.InitializeFrom(1);
        var before = parameters.Fingerprint();
        using (var encoder = new DualEncoder(config, layout, parameters.Values, gradients.Values))
        using (NewDisposeScope())
        {
            var random = new SeededRandom(2);
            byte[] bytes = [.. Enumerable.Range(0, 2 * 3 * 224 * 224).Select(_ => (byte)random.NextInt(256))];
            var image = encoder.EncodeImages(Pixels.Normalize(bytes, 2, 224, CPU), true);
            var tokens = Enumerable.Range(0, 2 * 77).Select(i => i % 77 < 20 + (i / 77) ? 1 + (long)random.NextInt(config.VocabularySize - 1) : 0).ToArray();
            var text = encoder.EncodeTexts(tensor(tokens, [2, 77]));
            var alignment = AlignmentObjective.Loss(encoder.PatchTextLogits(image.Middle!, null, text.Cls), ones(2, 196));
            var loss = (image.Feature.mm(text.Feature.t()) / 0.07).log_softmax(1).diag().mean().neg() + (alignment.Sum / alignment.Count);
            loss.backward();
            Assert.InRange(loss.item<float>(), 0, 20);
        }

        using (var optimizer = new AdamW(layout, new AdamWOptions()))
        {
            var norm = optimizer.Step(parameters, gradients, 1e-4, 1, 1);
            Assert.True(double.IsFinite(norm) && norm > 0, $"norm {norm}");
        }

        Assert.NotEqual(before, parameters.Fingerprint());
        var directory = Directory.CreateTempSubdirectory("timix-real-size-").FullName;
        try
        {
            var path = Path.Combine(directory, "model.safetensors");
            ParameterFile.Write(path, layout, parameters.ToArray());
            gradients.Values.zero_();
            ParameterFile.Read(path, layout, gradients.Floats);
            Assert.Equal(parameters.Fingerprint(), gradients.Fingerprint());
        }
        finally
        {
            Directory.Delete(directory, true);
        }
    }
}
