using TiMix.Learning.Model;
using TiMix.Learning.Runtime;
using TiMix.Learning.Weights;
using TorchSharp;
using static TorchSharp.torch;

namespace TiMix.Learning.Tests.Weights;

/// <summary>Against towers and outputs written by tools/compare/towers.py in PyTorch.</summary>
public sealed class WeightImportTests : IDisposable
{
    private static readonly ModelConfig Clip = new()
    {
        ImageSize = 16, PatchSize = 4, VisionWidth = 16, VisionLayers = 2, VisionHeads = 2, VisionActivation = "quick_gelu", EmbedDim = 8,
        TextLayout = "clip", TextWidth = 12, TextLayers = 3, TextHeads = 3, TextActivation = "quick_gelu", VocabularySize = 20, ContextLength = 8,
    };

    private static readonly ModelConfig Bert = Clip with { TextLayout = "bert", TextActivation = "gelu" };

    private readonly string _directory = Directory.CreateTempSubdirectory("timix-import-").FullName;

    public void Dispose() => Directory.Delete(_directory, true);

    [Theory]
    [InlineData("openai-clip")]
    [InlineData("transformers-clip")]
    public void A_model_of_CLIP_computes_here_what_it_computes_in_PyTorch(string name)
    {
        using var model = new Imported(Fixture(name), Towers.Both, Clip);
        using var expected = SafetensorsFile.Open(Expected(name));
        using var scope = NewDisposeScope();
        var image = model.Encoder.EncodeImages(HostFloats.ToTensor(expected.Read("pixels"), [2, 3, 16, 16], CPU), false);
        Near(expected.Read("image"), HostFloats.Of(image.Feature));
        Near(expected.Read("text"), HostFloats.Of(model.Encoder.EncodeTexts(Tokens(expected)).Feature));
        Assert.Empty(model.Report.Seeded);
        Assert.Equal(
            name == "openai-clip" ? ["context_length", "input_resolution", "vocab_size"] : ["vision_model.embeddings.position_ids"], model.Report.Unused);
    }

    [Theory]
    [InlineData("openai-clip", 6)]
    [InlineData("openai-clip", 3)]
    [InlineData("transformers-clip", 6)]
    public void Positions_are_resized_to_another_grid_as_PyTorch_does_it(string name, int grid)
    {
        using var model = new Imported(Fixture(name), Towers.Image, Clip with { ImageSize = grid * 4 });
        using var expected = SafetensorsFile.Open(Expected(name));
        using var scope = NewDisposeScope();
        Near(expected.Read($"positions.{grid}"), model.Values("visual.positional_embedding"), 1e-5f);
        var pixels = HostFloats.ToTensor(expected.Read($"pixels.{grid}"), [2, 3, grid * 4, grid * 4], CPU);
        Near(expected.Read($"image.{grid}"), HostFloats.Of(model.Encoder.EncodeImages(pixels, false).Feature));
        Assert.Contains($"positions of 4 x 4 patches are resized to {grid} x {grid}", model.Report.Notes);
    }

    [Fact]
    public void BERT_computes_here_what_it_computes_in_PyTorch()
    {
        using var model = new Imported(Fixture("bert"), Towers.Text, Bert);
        using var expected = SafetensorsFile.Open(Expected("bert"));
        using var scope = NewDisposeScope();
        var (tokens, hidden) = (Tokens(expected), expected.Read("hidden"));
        var actual = HostFloats.Of(model.Encoder.EncodeTexts(tokens, all: true).Tokens!);
        var ids = expected.Read("tokens");
        for (var i = 0; i < ids.Length; i++)
        {
            if (ids[i] != 0)
            {
                Near(hidden[(i * 12)..((i + 1) * 12)], actual[(i * 12)..((i + 1) * 12)]);
            }
        }

        Assert.Equal(["text.text_projection"], model.Report.Seeded);
        Assert.Equal(["bert.pooler.dense.bias", "bert.pooler.dense.weight"], model.Report.Unused);
    }

    [Fact]
    public void What_is_not_wanted_stays_as_it_was()
    {
        using var model = new Imported(Fixture("openai-clip"), Towers.Image, Clip);
        foreach (var slot in model.Layout.Slots.Where(slot => !slot.Spec.Name.StartsWith("visual.", StringComparison.Ordinal)))
        {
            Assert.All(model.Values(slot.Spec.Name), value => Assert.Equal(Imported.Untouched, value));
        }
    }

    [Fact]
    public void A_shorter_context_takes_the_first_positions()
    {
        using var whole = new Imported(Fixture("bert"), Towers.Text, Bert);
        using var part = new Imported(Fixture("bert"), Towers.Text, Bert with { ContextLength = 5 });
        Assert.Equal(whole.Values("text.positional_embedding")[..60], part.Values("text.positional_embedding"));
        Assert.Contains("the first 5 of 8 text positions are taken", part.Report.Notes);
    }

    [Fact]
    public void A_projection_of_another_width_starts_from_the_seed_and_is_told()
    {
        var report = WeightImport.Check(Fixture("openai-clip"), Towers.Image, Clip with { EmbedDim = 10 });
        Assert.Equal(["visual.proj"], report.Seeded);
        Assert.Contains("\"visual.proj\" is [16, 8], expected [16, 10]: visual.proj starts from the seed", report.Notes);
    }

    [Fact]
    public void Everything_that_does_not_fit_is_named_in_one_line()
    {
        Refused(
            "openai-clip", Towers.Image, Clip with { VisionWidth = 20 }, "of another shape: \"visual.class_embedding\" is [16], expected [20]",
            "\"visual.conv1.weight\" is [16, 3, 4, 4], expected [20, 3, 4, 4]");
        Refused("openai-clip", Towers.Image, Clip with { VisionLayers = 3 }, "missing: visual.transformer.resblocks.2.ln_1.weight");
        Refused("openai-clip", Towers.Image, Clip with { VisionLayers = 1 }, "has more blocks than this model", "visual.transformer.resblocks.1.ln_1.weight");
        Refused("bert", Towers.Image, Bert, "has no image tower that is known");
        Refused("bert", Towers.Text, Clip, "its text tower is a BERT", "set model.textLayout to bert");
        Refused("openai-clip", Towers.Text, Bert, "its text tower is CLIP's", "set model.textLayout to clip");
        Refused(
            "bert", Towers.Text, Bert with { VocabularySize = 21 },
            "is [20, 12], expected [21, 12] (data.vocabulary must be the one that belongs to these weights)");
        Refused("bert", Towers.Text, Bert with { ContextLength = 9 }, "data.contextLength may be 8 at most");
    }

    [Fact]
    public void A_config_beside_the_weights_is_believed()
    {
        Refused(
            "transformers-clip", Towers.Image, Clip with { VisionActivation = "gelu" },
            "config.json beside it says that the image tower was trained with quick_gelu", "set model.visionActivation to quick_gelu");
        Refused("transformers-clip", Towers.Text, Clip with { TextHeads = 2 }, "the text tower has 3 heads", "set model.textHeads to 3");
    }

    [Fact]
    public void A_refused_file_changes_nothing()
    {
        var wrong = Clip with { VisionLayers = 3 };
        var layout = DualEncoder.LayoutOf(wrong);
        var values = new float[layout.Length];
        Assert.Throws<InvalidDataException>(() => WeightImport.Read(Fixture("openai-clip"), Towers.Both, wrong, layout, values));
        Assert.All(values, value => Assert.Equal(0, value));
    }

    [Theory]
    [InlineData(new byte[] { (byte)'P', (byte)'K', 3, 4, 0, 0, 0, 0, 0, 0, 0 })]
    [InlineData(new byte[] { 0x80, 2, (byte)'}', (byte)'q', 0, 0, 0, 0, 0, 0 })]
    public void A_pickle_is_refused_with_the_way_to_convert_it(byte[] bytes)
    {
        var path = Path.Combine(_directory, "pytorch_model.bin");
        File.WriteAllBytes(path, bytes);
        var message = Assert.Throws<InvalidDataException>(() => WeightImport.Check(path, Towers.Text, Bert)).Message;
        Assert.Contains("is a pickle of PyTorch, which can run code when it is opened", message);
        Assert.Contains("save_file(", message);
        Assert.Contains("pytorch_model.safetensors", message);
        Assert.DoesNotContain('\n', message);
    }

    [Fact]
    public void Layer_norms_of_old_BERT_files_are_known_by_their_old_names()
    {
        using var file = SafetensorsFile.Open(Fixture("bert"));
        var old = Path.Combine(_directory, "old.safetensors");
        Safetensors.Write(old, [.. file.Tensors.Values.Select(info => new NamedTensor(
            info.Name.Replace("LayerNorm.weight", "LayerNorm.gamma", StringComparison.Ordinal)
                .Replace("LayerNorm.bias", "LayerNorm.beta", StringComparison.Ordinal), info.Shape, file.Read(info.Name)))]);
        using var expected = new Imported(Fixture("bert"), Towers.Text, Bert);
        using var actual = new Imported(old, Towers.Text, Bert);
        Assert.Equal(expected.All, actual.All);
    }

    [Fact]
    public void The_head_for_masked_words_comes_along_where_the_model_has_one()
    {
        using var file = SafetensorsFile.Open(Fixture("bert"));
        var path = Path.Combine(_directory, "masked.safetensors");
        NamedTensor Numbered(string name, params long[] shape) =>
            new(name, shape, Enumerable.Range(0, (int)shape.Aggregate(1L, (product, size) => product * size)).Select(i => i * 0.25f).ToArray());
        Safetensors.Write(path, [.. file.Tensors.Values.Select(info => new NamedTensor(info.Name, info.Shape, file.Read(info.Name))),
            Numbered("cls.predictions.transform.dense.weight", 12, 12), Numbered("cls.predictions.transform.dense.bias", 12),
            Numbered("cls.predictions.bias", 20),
            Numbered("cls.predictions.transform.LayerNorm.gamma", 12), Numbered("cls.predictions.transform.LayerNorm.beta", 12), Numbered(
                "cls.predictions.decoder.weight", 20, 12)]);
        using var model = new Imported(path, Towers.Text, Bert with { FusionLayers = 1, MlmHead = true });
        Assert.Equal(Enumerable.Range(0, 144).Select(i => i * 0.25f), model.Values("mlm_head.dense.weight"));
        Assert.Equal(Enumerable.Range(0, 12).Select(i => i * 0.25f), model.Values("mlm_head.norm.weight"));
        Assert.Equal(Enumerable.Range(0, 20).Select(i => i * 0.25f), model.Values("mlm_head.bias"));
        Assert.Equal(["bert.pooler.dense.bias", "bert.pooler.dense.weight", "cls.predictions.decoder.weight"], model.Report.Unused);
        Assert.Equal(["text.text_projection"], model.Report.Seeded);

        var without = WeightImport.Check(Fixture("bert"), Towers.Text, Bert with { FusionLayers = 1, MlmHead = true });
        Assert.Contains("mlm_head.dense.weight", without.Seeded);
    }

    private static void Refused(string name, Towers towers, ModelConfig config, params string[] what)
    {
        var message = Assert.Throws<InvalidDataException>(() => WeightImport.Check(Fixture(name), towers, config)).Message;
        Assert.All(what, part => Assert.Contains(part, message));
        Assert.StartsWith(Fixture(name), message);
        Assert.DoesNotContain('\n', message);
    }

    private static string Fixture(string name) => Path.Combine(AppContext.BaseDirectory, "Weights", "fixtures", name, "model.safetensors");

    private static string Expected(string name) => Path.Combine(AppContext.BaseDirectory, "Weights", "fixtures", name, "expected.safetensors");

    private static Tensor Tokens(SafetensorsFile expected) =>
        tensor(expected.Read("tokens").Select(token => (long)token).ToArray(), [.. expected.Tensors["tokens"].Shape]);

    private static void Near(float[] expected, float[] actual, float tolerance = 1e-4f)
    {
        Assert.Equal(expected.Length, actual.Length);
        Assert.All(expected.Zip(actual), pair => Assert.Equal(pair.First, pair.Second, tolerance));
    }

    private sealed class Imported : IDisposable
    {
        public const float Untouched = 0.125f;
        private readonly ParameterBuffer _buffer;

        public Imported(string path, Towers towers, ModelConfig config)
        {
            Layout = DualEncoder.LayoutOf(config);
            All = new float[Layout.Length];
            Array.Fill(All, Untouched);
            Report = WeightImport.Read(path, towers, config, Layout, All);
            _buffer = new ParameterBuffer(Layout, CPU);
            _buffer.CopyFrom(All);
            Encoder = new DualEncoder(config, Layout, _buffer.Values, null);
        }

        public ParameterLayout Layout { get; }

        public float[] All { get; }

        public ImportedWeights Report { get; }

        public DualEncoder Encoder { get; }

        public float[] Values(string name) => All[(int)Layout[name].Offset..(int)(Layout[name].Offset + Layout[name].Spec.Length)];

        public void Dispose()
        {
            Encoder.Dispose();
            _buffer.Dispose();
        }
    }
}
