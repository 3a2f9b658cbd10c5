using System.Globalization;
using System.Text.Json.Nodes;
using TiMix.Learning.Model;

namespace TiMix.Learning.Weights;

/// <summary>
/// A directory that open_clip opens by <c>local-dir:</c>: its own CLIP for text layout <c>clip</c>, a text tower of transformers
/// for <c>bert</c>.
/// </summary>
internal static class OpenClipExport
{
    private const string BertBase = "bert-base-uncased";
    private const int BertBasePositions = 512;

    public static ExportedModel Of(ExportSource source)
    {
        var config = source.Config;
        return config.TextLayout switch
        {
            "clip" => Clip(source),
            "bert" => Bert(source),
            _ => throw new NotSupportedException(
                $"open_clip cannot compute text layout {config.TextLayout}: its text tower without a causal mask has no setting that hides padding, so "
                + $"features of padded texts would differ; export with --format transformers, or train with model.textLayout bert"),
        };
    }

    private static ExportedModel Clip(ExportSource source)
    {
        var config = source.Config;
        if (config.VisionActivation != config.TextActivation)
        {
            throw new NotSupportedException($"open_clip has one activation for both towers of CLIP; this model has {config.VisionActivation} for images and "
                + $"{config.TextActivation} for texts; export with --format transformers");
        }

        NamedTensor[] weights =
            [.. source.Tensors(WeightMaps.OpenClipImage(config)), .. source.Tensors(WeightMaps.OpenClipText(config, "")), source.LogitScale()];
        return Model(source, weights, new JsonObject
        {
            ["context_length"] = config.ContextLength, ["vocab_size"] = config.VocabularySize,
            ["width"] = config.TextWidth, ["heads"] = config.TextHeads, ["layers"] = config.TextLayers,
        }, []);
    }

    private static ExportedModel Bert(ExportSource source)
    {
        var config = source.Config;
        var isBase =
            config is { TextWidth: 768, TextLayers: 12, TextHeads: 12, VocabularySize: 30522, TextActivation: "gelu", ContextLength: <= BertBasePositions };
        var text = new JsonObject
        {
            ["hf_model_name"] = BertBase, ["hf_tokenizer_name"] = BertBase, ["hf_model_pretrained"] = false,
            ["hf_proj_type"] = "linear", ["hf_pooler_type"] = "cls_last_hidden_state_pooler", ["context_length"] = config.ContextLength,
        };
        if (!isBase)
        {
            var sizes = TransformersExport.BertConfig(config);
            sizes.Remove("model_type");
            text["hf_model_config"] = sizes;
        }

        IEnumerable<NamedTensor> tower = source.Tensors([.. WeightMaps.Bert(config, "text.transformer."), .. WeightMaps.Projection("text.proj.weight")]);
        if (isBase)
        {
            tower = tower.Select(tensor => tensor.Name.EndsWith("position_embeddings.weight", StringComparison.Ordinal) ? Lengthened(tensor) : tensor);
        }

        return Model(
            source, [.. source.Tensors(WeightMaps.OpenClipImage(config)), .. tower, source.LogitScale()], text,
            [
                $"open_clip takes the text tower's config from {BertBase}, which transformers fetches when it is not in its cache",
                .. isBase
                    ? Array.Empty<string>()
                    : [$"a text tower of other sizes than {BertBase}'s needs an open_clip that knows text_cfg.hf_model_config (4.1 or later)"],
            ]);
    }

    /// <summary>As many positions as BERT-base has; none of the added ones is reached within the context length.</summary>
    private static NamedTensor Lengthened(NamedTensor positions)
    {
        var longer = new float[BertBasePositions * positions.Shape[1]];
        positions.Values.CopyTo(longer);
        return positions with { Shape = [BertBasePositions, positions.Shape[1]], Values = longer };
    }

    private static ExportedModel Model(ExportSource source, IReadOnlyList<NamedTensor> weights, JsonObject text, IReadOnlyList<string> notes)
    {
        var config = source.Config;
        var model = new JsonObject
        {
            ["embed_dim"] = config.EmbedDim,
            ["quick_gelu"] = config.VisionActivation == "quick_gelu",
            ["vision_cfg"] = new JsonObject
            {
                ["image_size"] = config.ImageSize, ["layers"] = config.VisionLayers, ["width"] = config.VisionWidth,
                ["head_width"] = config.VisionWidth / config.VisionHeads, ["patch_size"] = config.PatchSize,
            },
            ["text_cfg"] = text,
        };
        var preprocess = new JsonObject
        {
            ["size"] = config.ImageSize, ["mean"] = Numbers(Pixels.Mean), ["std"] = Numbers(Pixels.Deviation), ["interpolation"] = "bilinear",
            ["resize_mode"] = "shortest",
        };
        return new ExportedModel(
            weights, "open_clip_model.safetensors",
            new SortedDictionary<string, JsonObject>(StringComparer.Ordinal)
            {
                ["open_clip_config.json"] = new JsonObject { ["model_cfg"] = model, ["preprocess_cfg"] = preprocess },
            },
            "open_clip.create_model_from_pretrained(\"local-dir:DIR\")", source.LeftOut, notes);
    }

    /// <summary>With the digits that the numbers were written with.</summary>
    internal static JsonArray Numbers(IReadOnlyList<float> values) =>
        [.. values.Select(value => JsonValue.Create(double.Parse(value.ToString(CultureInfo.InvariantCulture), CultureInfo.InvariantCulture)))];
}
