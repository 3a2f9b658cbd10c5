using System.Text.Json.Nodes;
using TiMix.Learning.Model;

namespace TiMix.Learning.Weights;

/// <summary>
/// A directory that transformers opens by <c>from_pretrained</c>: CLIPModel for text layout <c>clip</c>; VisionTextDualEncoderModel
/// with CLIP's image tower for <c>bert</c> (BERT) and <c>timix</c> (Megatron-BERT, which is the same transformer).
/// </summary>
internal static class TransformersExport
{
    private const int Bilinear = 2;

    public static ExportedModel Of(ExportSource source) => source.Config.TextLayout == "clip" ? Clip(source) : DualTower(source);

    /// <summary>BERT's config of these sizes; the weights' initial deviation and dropout are left at what training here has.</summary>
    internal static JsonObject BertConfig(ModelConfig config)
    {
        var timix = config.TextLayout == "timix";
        return new JsonObject
        {
            ["model_type"] = timix ? "megatron-bert" : "bert",
            ["vocab_size"] = config.VocabularySize, ["hidden_size"] = config.TextWidth, ["num_hidden_layers"] = config.TextLayers,
            ["num_attention_heads"] = config.TextHeads, ["intermediate_size"] = 4 * config.TextWidth, ["hidden_act"] = config.TextActivation,
            ["max_position_embeddings"] = config.ContextLength, ["type_vocab_size"] = 2, ["pad_token_id"] = 0,
            ["layer_norm_eps"] = timix ? ParameterLeaves.LayerNormEpsilon : BertTextEncoder.Epsilon,
            ["hidden_dropout_prob"] = 0.0, ["attention_probs_dropout_prob"] = 0.0, ["position_embedding_type"] = "absolute",
        };
    }

    private static ExportedModel DualTower(ExportSource source)
    {
        var config = source.Config;
        const string Text = "text_model.";
        long ct = config.TextWidth;
        var timix = config.TextLayout == "timix";
        var projection = source.Tensors(WeightMaps.Projection("text_projection.weight")).Single();
        NamedTensor[] weights =
        [
            .. source.Tensors(WeightMaps.TransformersImage(config, "vision_model.vision_model.")),
            .. source.Tensors(timix ? WeightMaps.Megatron(config, Text) : WeightMaps.Bert(config, Text)),
            projection with { Values = Scaled(projection.Values) },
            .. timix ? [new NamedTensor(Text + "embeddings.token_type_embeddings.weight", [2, ct], new float[2 * ct])] : Array.Empty<NamedTensor>(),
            .. PassingPooler.Tensors(Text, config.TextWidth),
            source.LogitScale(),
        ];
        var model = new JsonObject
        {
            ["model_type"] = "vision-text-dual-encoder",
            ["architectures"] = new JsonArray("VisionTextDualEncoderModel"),
            ["projection_dim"] = config.EmbedDim,
            ["logit_scale_init_value"] = config.LogitScaleInit,
            ["torch_dtype"] = "float32",
            ["vision_config"] = VisionConfig(config),
            ["text_config"] = BertConfig(config),
        };
        return Model(
            source, weights, model, "VisionTextDualEncoderModel", "VisionTextDualEncoderProcessor",
            ["its pooler hands the class token through: whoever trains on there should know that its weights are 1/4096 on the diagonal"]);
    }

    private static ExportedModel Clip(ExportSource source)
    {
        var config = source.Config;
        NamedTensor[] weights =
        [
            .. source.Tensors(WeightMaps.TransformersImage(config, "vision_model.")), .. source.Tensors(WeightMaps.TransformersText(config)),
            source.LogitScale(),
        ];
        var model = new JsonObject
        {
            ["model_type"] = "clip",
            ["architectures"] = new JsonArray("CLIPModel"),
            ["projection_dim"] = config.EmbedDim,
            ["logit_scale_init_value"] = config.LogitScaleInit,
            ["torch_dtype"] = "float32",
            ["vision_config"] = VisionConfig(config),
            ["text_config"] = new JsonObject
            {
                ["model_type"] = "clip_text_model",
                ["vocab_size"] = config.VocabularySize, ["hidden_size"] = config.TextWidth, ["num_hidden_layers"] = config.TextLayers,
                ["num_attention_heads"] = config.TextHeads, ["intermediate_size"] = 4 * config.TextWidth, ["hidden_act"] = config.TextActivation,
                ["max_position_embeddings"] = config.ContextLength, ["projection_dim"] = config.EmbedDim, ["layer_norm_eps"] = ParameterLeaves.LayerNormEpsilon,
                ["attention_dropout"] = 0.0, ["bos_token_id"] = config.VocabularySize - 2, ["eos_token_id"] = config.VocabularySize - 1, ["pad_token_id"] = 0,
            },
        };
        return Model(source, weights, model, "CLIPModel", "CLIPProcessor", []);
    }

    private static JsonObject VisionConfig(ModelConfig config) => new()
    {
        ["model_type"] = "clip_vision_model",
        ["image_size"] = config.ImageSize, ["patch_size"] = config.PatchSize, ["num_channels"] = 3,
        ["hidden_size"] = config.VisionWidth, ["num_hidden_layers"] = config.VisionLayers, ["num_attention_heads"] = config.VisionHeads,
        ["intermediate_size"] = 4 * config.VisionWidth, ["hidden_act"] = config.VisionActivation, ["projection_dim"] = config.EmbedDim,
        ["layer_norm_eps"] = ParameterLeaves.LayerNormEpsilon, ["attention_dropout"] = 0.0,
    };

    private static float[] Scaled(ReadOnlyMemory<float> values) => Array.ConvertAll(values.ToArray(), value => value * PassingPooler.Scale);

    private static ExportedModel Model(
        ExportSource source, IReadOnlyList<NamedTensor> weights, JsonObject model, string type, string processor, IReadOnlyList<string> notes)
    {
        var size = source.Config.ImageSize;
        var images = new JsonObject
        {
            ["image_processor_type"] = "CLIPImageProcessor", ["feature_extractor_type"] = "CLIPFeatureExtractor", ["processor_class"] = processor,
            ["do_convert_rgb"] = true,
            ["do_resize"] = true, ["size"] = new JsonObject { ["shortest_edge"] = size }, ["resample"] = Bilinear,
            ["do_center_crop"] = true, ["crop_size"] = new JsonObject { ["height"] = size, ["width"] = size },
            ["do_rescale"] = true, ["rescale_factor"] = 1 / 255.0,
            ["do_normalize"] = true, ["image_mean"] = OpenClipExport.Numbers(Pixels.Mean), ["image_std"] = OpenClipExport.Numbers(Pixels.Deviation),
        };
        return new ExportedModel(
            weights, "model.safetensors",
            new SortedDictionary<string, JsonObject>(StringComparer.Ordinal) { ["config.json"] = model, ["preprocessor_config.json"] = images },
            $"transformers.{type}.from_pretrained(\"DIR\")", source.LeftOut, notes);
    }
}
