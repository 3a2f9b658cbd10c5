using System.Diagnostics;
using TiMix.Base;
using TiMix.Learning.Model;
using TiMix.Learning.Weights;
using static TorchSharp.torch;

namespace TiMix.Learning.Tests.Weights;

/// <summary>Against the keys of the fixtures, and against towers that tools/compare/towers.py builds from an exported config.</summary>
public sealed class WeightExportTests : IDisposable
{
    private static readonly ModelConfig Tiny = new()
    {
        ImageSize = 16, PatchSize = 4, VisionWidth = 16, VisionLayers = 2, VisionHeads = 2, EmbedDim = 8,
        TextWidth = 12, TextLayers = 3, TextHeads = 3, VocabularySize = 20, ContextLength = 8,
    };

    private static readonly ModelConfig Clip = Tiny with { TextLayout = "clip", VisionActivation = "quick_gelu", TextActivation = "quick_gelu" };

    private readonly string _directory = Directory.CreateTempSubdirectory("timix-export-").FullName;

    public void Dispose() => Directory.Delete(_directory, true);

    [Theory]
    [InlineData("openai-clip", "open-clip")]
    [InlineData("transformers-clip", "transformers")]
    public void What_was_read_from_a_file_of_CLIP_is_written_as_it_stood_there(string fixture, string format)
    {
        var (layout, values) = Imported(fixture, Towers.Both, Clip);
        using var original = SafetensorsFile.Open(Fixture(fixture));
        var exported = WeightExport.Of(format, Clip, layout, values);
        string[] buffers = ["context_length", "input_resolution", "vocab_size", "vision_model.embeddings.position_ids"];
        Assert.Equal(
            original.Tensors.Keys.Except(buffers).Order(StringComparer.Ordinal), exported.Weights.Select(tensor => tensor.Name).Order(StringComparer.Ordinal));
        Assert.All(exported.Weights, tensor =>
        {
            Assert.Equal(original.Tensors[tensor.Name].Shape, tensor.Shape);
            Assert.Equal(original.ReadConverted(tensor.Name), tensor.Values.ToArray());
        });
    }

    [Fact]
    public void BERT_is_written_as_it_stood_in_its_file_and_its_pooler_hands_the_class_token_through()
    {
        var config = Tiny with { TextLayout = "bert" };
        var (layout, values) = Imported("bert", Towers.Text, config);
        using var original = SafetensorsFile.Open(Fixture("bert"));
        var exported = WeightExport.Of("transformers", config, layout, values).Weights.ToDictionary(tensor => tensor.Name);
        foreach (var (name, info) in original.Tensors)
        {
            var tensor = exported[name.Replace("bert.", "text_model.", StringComparison.Ordinal)];
            Assert.Equal(info.Shape, tensor.Shape);
            if (!name.Contains("pooler", StringComparison.Ordinal))
            {
                Assert.Equal(original.Read(name), tensor.Values.ToArray());
            }
        }

        Assert.Equal(1f / 4096, exported["text_model.pooler.dense.weight"].Values.Span[13]);
        Assert.Equal(0, exported["text_model.pooler.dense.weight"].Values.Span[1]);
        var (projection, at) = (values.AsMemory((int)layout["text.text_projection"].Offset), 5);
        Assert.Equal(4096 * projection.Span[(at * 8) + 2], exported["text_projection.weight"].Values.Span[(2 * 12) + at]);
    }

    [Theory]
    [InlineData("timix", "transformers")]
    [InlineData("bert", "transformers")]
    [InlineData("bert", "open-clip")]
    [InlineData("clip", "transformers")]
    [InlineData("clip", "open-clip")]
    public void What_is_exported_is_imported_again(string textLayout, string format)
    {
        var config = Tiny with { TextLayout = textLayout };
        var (layout, values) = Drawn(config);
        WeightExport.Write(_directory, WeightExport.Of(format, config, layout, values));
        var file = Directory.GetFiles(_directory, "*.safetensors").Single();
        var back = new float[layout.Length];
        var report = WeightImport.Read(file, Towers.Both, config, layout, back);
        Assert.Empty(report.Seeded);
        Assert.All(layout.Slots.Select(slot => slot.Spec.Name).Where(name => !name.StartsWith("predictor.", StringComparison.Ordinal)), name =>
        {
            Assert.Contains(name, report.Taken);
            Assert.Equal(Part(layout, values, name), Part(layout, back, name));
        });
    }

    [Fact]
    public void A_projection_of_another_pooler_is_not_taken_for_that_of_the_class_token()
    {
        var (layout, values) = Drawn(Tiny);
        var exported = WeightExport.Of("transformers", Tiny, layout, values);
        var changed = exported.Weights.Select(
            tensor => tensor.Name == "text_model.pooler.dense.bias" ? tensor with { Values = Enumerable.Repeat(0.5f, 12).ToArray() } : tensor);
        WeightExport.Write(_directory, exported with { Weights = [.. changed] });
        var report = WeightImport.Check(Path.Combine(_directory, "model.safetensors"), Towers.Both, Tiny);
        Assert.Equal(["text.text_projection"], report.Seeded);
        Assert.Contains("text_projection.weight", report.Unused);
    }

    [Fact]
    public void A_program_that_cannot_compute_a_model_gets_none()
    {
        var (layout, values) = Drawn(Tiny);
        Refused("open-clip", Tiny, layout, values, "no setting that hides padding", "--format transformers");
        Refused("onnx", Tiny, layout, values, "there is no format \"onnx\"; it can be open-clip or transformers");
        var mixed = Clip with { TextActivation = "gelu" };
        Refused("open-clip", mixed, DualEncoder.LayoutOf(mixed), new float[DualEncoder.LayoutOf(mixed).Length], "one activation for both towers");
    }

    [Fact]
    public void A_text_tower_of_the_size_of_BERT_base_has_the_positions_of_BERT_base_and_no_sizes_of_its_own()
    {
        var config = Tiny with { TextLayout = "bert", TextWidth = 768, TextHeads = 12, TextLayers = 12, VocabularySize = 30522, ContextLength = 40 };
        var layout = DualEncoder.LayoutOf(config);
        var values = new float[layout.Length];
        Array.Fill(values, 1);
        var exported = WeightExport.Of("open-clip", config, layout, values);
        var positions = exported.Weights.Single(tensor => tensor.Name == "text.transformer.embeddings.position_embeddings.weight");
        Assert.Equal([512, 768], positions.Shape);
        Assert.Equal(40 * 768, positions.Values.ToArray().Sum());
        var text = exported.Configs["open_clip_config.json"]["model_cfg"]!["text_cfg"]!.AsObject();
        Assert.False(text.ContainsKey("hf_model_config"));
        Assert.Equal(40, text["context_length"]!.GetValue<int>());
        Assert.Contains("bert-base-uncased", Assert.Single(exported.Notes), StringComparison.Ordinal);
    }

    [Fact]
    public void What_has_no_place_elsewhere_is_listed()
    {
        var config = Tiny with { FusionLayers = 1, MatchingHead = true };
        var (layout, values) = Drawn(config);
        var left = WeightExport.Of("transformers", config, layout, values).LeftOut;
        Assert.Equal(layout.Slots.Select(slot => slot.Spec.Name).Where(name => name.Split('.')[0] is "predictor" or "fusion" or "matching_head"), left);
    }

    [Theory]
    [InlineData("timix", "transformers", "gelu", "gelu")]
    [InlineData("timix", "transformers", "quick_gelu", "quick_gelu")]
    [InlineData("bert", "transformers", "quick_gelu", "gelu")]
    [InlineData("bert", "open-clip", "quick_gelu", "gelu")]
    [InlineData("bert", "open-clip", "gelu", "quick_gelu")]
    [InlineData("clip", "transformers", "quick_gelu", "gelu")]
    [InlineData("clip", "open-clip", "quick_gelu", "quick_gelu")]
    [InlineData("clip", "open-clip", "gelu", "gelu")]
    public async Task A_model_built_from_the_exported_config_takes_exactly_its_tensors_and_computes_the_same(
        string textLayout, string format, string image, string text)
    {
        var script = Script();
        Assert.SkipUnless(await PythonHasTorch(), "NOT CHECKED AGAINST PYTORCH: /usr/bin/python3 has no torch (Debian: python3-torch)");
        var config = Tiny with { TextLayout = textLayout, VisionActivation = image, TextActivation = text };
        var (layout, values) = Drawn(config);
        WeightExport.Write(_directory, WeightExport.Of(format, config, layout, values));
        var check = Path.Combine(_directory, "check.expected");
        ExportCheck.Write(check, config, layout, values);
        var (code, output) = await Python(script, "check", _directory, check);
        Assert.True(code == 0, output);
        Assert.Contains("text: ", output, StringComparison.Ordinal);

        // The comparison can fail.
        values[layout["text.text_projection"].Offset] += 1;
        ExportCheck.Write(check, config, layout, values);
        Assert.Equal(1, (await Python(script, "check", _directory, check)).Code);
    }

    private static void Refused(string format, ModelConfig config, ParameterLayout layout, float[] values, params string[] what)
    {
        var message = Assert.Throws<NotSupportedException>(() => WeightExport.Of(format, config, layout, values)).Message;
        Assert.All(what, part => Assert.Contains(part, message, StringComparison.Ordinal));
    }

    private static (ParameterLayout Layout, float[] Values) Imported(string fixture, Towers towers, ModelConfig config)
    {
        var (layout, values) = Drawn(config);
        WeightImport.Read(Fixture(fixture), towers, config, layout, values);
        return (layout, values);
    }

    /// <summary>No bias is 0, no gain 1, and no two rows of token types are alike.</summary>
    private static (ParameterLayout Layout, float[] Values) Drawn(ModelConfig config)
    {
        var layout = DualEncoder.LayoutOf(config);
        using var buffer = new ParameterBuffer(layout, CPU);
        buffer.InitializeFrom(1);
        var values = buffer.ToArray();
        var random = new SeededRandom(2);
        foreach (var slot in layout.Slots)
        {
            foreach (ref var value in values.AsSpan((int)slot.Offset, (int)slot.Spec.Length))
            {
                value += (float)(0.2 * random.NextGaussian());
            }
        }

        return (layout, values);
    }

    private static float[] Part(ParameterLayout layout, float[] values, string name) =>
        values[(int)layout[name].Offset..(int)(layout[name].Offset + layout[name].Spec.Length)];

    private static string Fixture(string name) => Path.Combine(AppContext.BaseDirectory, "Weights", "fixtures", name, "model.safetensors");

    private static string Script()
    {
        var directory = new DirectoryInfo(AppContext.BaseDirectory);
        while (directory is not null && !File.Exists(Path.Combine(directory.FullName, "TiMix.Actors.sln")))
        {
            directory = directory.Parent;
        }

        return Path.Combine(
            directory?.FullName ?? throw new InvalidOperationException("The repository is not above the tests."), "tools", "compare", "towers.py");
    }

    private static async Task<bool> PythonHasTorch()
    {
        try
        {
            return (await Python("-c", "import torch")).Code == 0;
        }
        catch (System.ComponentModel.Win32Exception)
        {
            return false;
        }
    }

    private static async Task<(int Code, string Output)> Python(params string[] arguments)
    {
        using var process = Process.Start(new ProcessStartInfo("/usr/bin/python3", arguments) { RedirectStandardOutput = true, RedirectStandardError = true })!;
        var (output, error) = (process.StandardOutput.ReadToEndAsync(), process.StandardError.ReadToEndAsync());
        await process.WaitForExitAsync();
        return (process.ExitCode, await output + await error);
    }
}
