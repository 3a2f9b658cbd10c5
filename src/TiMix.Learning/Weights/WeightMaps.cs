using TiMix.Learning.Model;

namespace TiMix.Learning.Weights;

/// <summary>
/// Which parameter is which tensor in the layouts of other programs: OpenAI's CLIP and open_clip, and transformers' CLIP, BERT
/// and Megatron-BERT.
/// </summary>
internal static class WeightMaps
{
    /// <summary>Block <paramref name="i"/> of a tower of CLIP in transformers.</summary>
    private static string ClipLayer(string prefix, int i) => $"{prefix}encoder.layers.{i}.";

    /// <summary>Image tower of OpenAI's CLIP and of open_clip, whose names the parameters here have.</summary>
    public static IEnumerable<WeightLink> OpenClipImage(ModelConfig config) =>
    [
        Same("visual.class_embedding"),
        new("visual.positional_embedding", LinkKind.Grid, "visual.positional_embedding"),
        Same("visual.conv1.weight"),
        .. Pair("visual.ln_pre", "visual.ln_pre"),
        .. Blocks(config.VisionLayers, i => OpenClipBlock(TransformerBlock.NameOf("visual.", i), TransformerBlock.NameOf("visual.", i))),
        .. Pair("visual.ln_post", "visual.ln_post"),
        Same("visual.proj") with { Optional = true },
    ];

    /// <summary>Image tower of transformers' CLIP.</summary>
    /// <param name="config">Sizes.</param>
    /// <param name="prefix"><c>vision_model.</c>, twice within a VisionTextDualEncoderModel.</param>
    public static IEnumerable<WeightLink> TransformersImage(ModelConfig config, string prefix) =>
    [
        new("visual.class_embedding", LinkKind.Copy, prefix + "embeddings.class_embedding"),
        new("visual.positional_embedding", LinkKind.Grid, prefix + "embeddings.position_embedding.weight"),
        new("visual.conv1.weight", LinkKind.Copy, prefix + "embeddings.patch_embedding.weight"),
        .. Pair("visual.ln_pre", prefix + "pre_layrnorm"),
        .. Blocks(config.VisionLayers, i => ClipBlock(TransformerBlock.NameOf("visual.", i), ClipLayer(prefix, i))),
        .. Pair("visual.ln_post", prefix + "post_layernorm"),
        new("visual.proj", LinkKind.Transposed, "visual_projection.weight") { Optional = true },
    ];

    /// <summary>Text tower of OpenAI's CLIP and of open_clip; of layout <c>timix</c> too in files of this program.</summary>
    /// <param name="config">Sizes.</param>
    /// <param name="prefix">Empty, or <c>text.</c> in open_clip's models with a text tower of its own.</param>
    public static IEnumerable<WeightLink> OpenClipText(ModelConfig config, string prefix) =>
    [
        new("text.token_embedding.weight", LinkKind.Copy, prefix + "token_embedding.weight"),
        new("text.positional_embedding", LinkKind.Positions, prefix + "positional_embedding"),
        .. Blocks(config.TextLayers, i => OpenClipBlock(TransformerBlock.NameOf("text.", i), TransformerBlock.NameOf(prefix, i))),
        .. Pair("text.ln_final", prefix + "ln_final"),
        new("text.text_projection", LinkKind.Copy, prefix + "text_projection") { Optional = true },
    ];

    /// <summary>Text tower of transformers' CLIP.</summary>
    public static IEnumerable<WeightLink> TransformersText(ModelConfig config) =>
    [
        new("text.token_embedding.weight", LinkKind.Copy, "text_model.embeddings.token_embedding.weight"),
        new("text.positional_embedding", LinkKind.Positions, "text_model.embeddings.position_embedding.weight"),
        .. Blocks(config.TextLayers, i => ClipBlock(TransformerBlock.NameOf("text.", i), ClipLayer("text_model.", i))),
        .. Pair("text.ln_final", "text_model.final_layer_norm"),
        new("text.text_projection", LinkKind.Transposed, "text_projection.weight") { Optional = true },
    ];

    /// <summary>transformers' BertModel.</summary>
    /// <param name="config">Sizes.</param>
    /// <param name="prefix">Of the encoder.</param>
    public static IEnumerable<WeightLink> Bert(ModelConfig config, string prefix) =>
    [
        .. BertEmbeddings(prefix),
        new("text.token_type_embedding", LinkKind.Copy, prefix + "embeddings.token_type_embeddings.weight"),
        .. Pair("text.ln_embedding", prefix + "embeddings.LayerNorm"),
        .. Blocks(
            config.TextLayers,
            i => BertBlock(TransformerBlock.NameOf("text.", i), $"{prefix}encoder.layer.{i}.", "attention.output.LayerNorm", "output.LayerNorm")),
    ];

    /// <summary>transformers' MegatronBertModel, which is layout <c>timix</c>: BERT with the LayerNorms before, and one at the end.</summary>
    public static IEnumerable<WeightLink> Megatron(ModelConfig config, string prefix) =>
    [
        .. BertEmbeddings(prefix),
        .. Blocks(config.TextLayers, i => BertBlock(TransformerBlock.NameOf("text.", i), $"{prefix}encoder.layer.{i}.", "attention.ln", "ln")),
        .. Pair("text.ln_final", prefix + "encoder.ln"),
    ];

    /// <summary>Masked-word head of transformers' BertForMaskedLM; its output matrix is the word embedding, there as here.</summary>
    public static IEnumerable<WeightLink> BertWords(ModelConfig config) => !config.MlmHead ? [] :
    [
        .. Optional(Pair("mlm_head.dense", "cls.predictions.transform.dense")),
        .. Optional(Pair("mlm_head.norm", "cls.predictions.transform.LayerNorm")),
        new("mlm_head.bias", LinkKind.Copy, "cls.predictions.bias") { Optional = true },
    ];

    private static IEnumerable<WeightLink> Optional(IEnumerable<WeightLink> links) => links.Select(link => link with { Optional = true });

    private static WeightLink[] BertEmbeddings(string prefix) =>
    [
        new("text.token_embedding.weight", LinkKind.Copy, prefix + "embeddings.word_embeddings.weight"),
        new("text.positional_embedding", LinkKind.Positions, prefix + "embeddings.position_embeddings.weight"),
    ];

    /// <summary>Projection of a BERT's class token.</summary>
    /// <param name="key">[d, Ct]; null: the file has none that belongs to the class token.</param>
    public static WeightLink[] Projection(string? key) =>
        key is null ? [] : [new("text.text_projection", LinkKind.Transposed, key) { Optional = true }];

    private static IEnumerable<WeightLink> Blocks(int layers, Func<int, IEnumerable<WeightLink>> block) => Enumerable.Range(0, layers).SelectMany(block);

    private static IEnumerable<WeightLink> OpenClipBlock(string here, string there)
    {
        string[] names = ["ln_1.weight", "ln_1.bias", "attn.in_proj_weight", "attn.in_proj_bias", "attn.out_proj.weight", "attn.out_proj.bias",
            "ln_2.weight", "ln_2.bias", "mlp.c_fc.weight", "mlp.c_fc.bias", "mlp.c_proj.weight", "mlp.c_proj.bias"];
        return names.Select(name => new WeightLink(here + name, LinkKind.Copy, there + name));
    }

    private static IEnumerable<WeightLink> ClipBlock(string here, string there) =>
    [
        .. Pair(here + "ln_1", there + "layer_norm1"),
        .. Attention(here, there + "self_attn.q_proj", there + "self_attn.k_proj", there + "self_attn.v_proj"),
        .. Pair(here + "attn.out_proj", there + "self_attn.out_proj"),
        .. Pair(here + "ln_2", there + "layer_norm2"),
        .. Pair(here + "mlp.c_fc", there + "mlp.fc1"),
        .. Pair(here + "mlp.c_proj", there + "mlp.fc2"),
    ];

    private static IEnumerable<WeightLink> BertBlock(string here, string there, string norm1, string norm2) =>
    [
        .. Pair(here + "ln_1", there + norm1),
        .. Attention(here, there + "attention.self.query", there + "attention.self.key", there + "attention.self.value"),
        .. Pair(here + "attn.out_proj", there + "attention.output.dense"),
        .. Pair(here + "ln_2", there + norm2),
        .. Pair(here + "mlp.c_fc", there + "intermediate.dense"),
        .. Pair(here + "mlp.c_proj", there + "output.dense"),
    ];

    private static WeightLink[] Attention(string here, string queries, string keys, string values) =>
    [
        new(here + "attn.in_proj_weight", LinkKind.Rows, queries + ".weight", keys + ".weight", values + ".weight"),
        new(here + "attn.in_proj_bias", LinkKind.Rows, queries + ".bias", keys + ".bias", values + ".bias"),
    ];

    private static WeightLink Same(string name) => new(name, LinkKind.Copy, name);

    private static WeightLink[] Pair(string here, string there) =>
        [new(here + ".weight", LinkKind.Copy, there + ".weight"), new(here + ".bias", LinkKind.Copy, there + ".bias")];
}
