using System.Text.Json;
using TiMix.Base;

namespace TiMix.Learning.Model;

/// <summary>
/// Sizes of the model: image tower in CLIP's layout, text transformer, projections, the patch–text predictor at mid-depth; and,
/// where they are wanted, fusion encoder, heads for matching and masked words, and decoder. What is not wanted has no parameters.
/// </summary>
public sealed record ModelConfig
{
    /// <summary>Side S of the input image in pixels; a multiple of <see cref="PatchSize"/>.</summary>
    public required int ImageSize { get; init; }

    /// <summary>Side p of a patch in pixels.</summary>
    public required int PatchSize { get; init; }

    /// <summary>Width C of the image encoder; a multiple of 4 and of <see cref="VisionHeads"/>.</summary>
    public required int VisionWidth { get; init; }

    /// <summary>Blocks of the image encoder.</summary>
    public required int VisionLayers { get; init; }

    /// <summary>Attention heads of the image encoder.</summary>
    public required int VisionHeads { get; init; }

    /// <summary>Width Ct of the text encoder; a multiple of <see cref="TextHeads"/>.</summary>
    public required int TextWidth { get; init; }

    /// <summary>Blocks of the text encoder.</summary>
    public required int TextLayers { get; init; }

    /// <summary>Attention heads of the text encoder.</summary>
    public required int TextHeads { get; init; }

    /// <summary>Width d of the shared embedding.</summary>
    public required int EmbedDim { get; init; }

    /// <summary>Longest token sequence L.</summary>
    public int ContextLength { get; init; } = 77;

    /// <summary>Token ids.</summary>
    public int VocabularySize { get; init; } = 49408;

    /// <summary>
    /// <c>timix</c>: pre-norm, both directions, class token first. <c>bert</c>: BERT's, post-norm with a LayerNorm and token
    /// types at the embedding, both directions, class token first. <c>clip</c>: CLIP's, pre-norm, causal, read at the
    /// end-of-text token, which must be the largest id.
    /// </summary>
    public string TextLayout { get; init; } = "timix";

    /// <summary>Of the image encoder's MLPs: <c>gelu</c>, or <c>quick_gelu</c> (x·σ(1.702x), as OpenAI's weights need it).</summary>
    public string VisionActivation { get; init; } = "gelu";

    /// <summary>Of the text encoder's MLPs: <c>gelu</c> or <c>quick_gelu</c>.</summary>
    public string TextActivation { get; init; } = "gelu";

    /// <summary>Cross-attention blocks of the fusion encoder, of the text encoder's width and heads; 0: there is none.</summary>
    public int FusionLayers { get; init; }

    /// <summary>Blocks of the decoder, of the text encoder's width and heads; 0: there is none.</summary>
    public int DecoderLayers { get; init; }

    /// <summary>Whether the fused class token is judged: do image and text belong together?</summary>
    public bool MatchingHead { get; init; }

    /// <summary>Whether fused tokens are turned into words.</summary>
    public bool MlmHead { get; init; }

    /// <summary>Ids that are no words.</summary>
    public SpecialTokens SpecialTokens { get; init; } = new(Class: 2, Separator: 3, Mask: 4);

    /// <summary><c>manual</c> (fast for short sequences) or <c>fused</c>. They differ in the last bits.</summary>
    public string Attention { get; init; } = "manual";

    /// <summary>
    /// <c>float32</c>, or <c>bf16</c>: the factors of the large products are rounded to it, for devices that multiply it faster.
    /// Parameters, sums, normalisations, softmax and features stay float32.
    /// </summary>
    public string Precision { get; init; } = "float32";

    /// <summary>Whether blocks are computed again in the backward pass instead of being kept for it: less memory, a third more time.</summary>
    public bool Recompute { get; init; }

    /// <summary>-ln τ at the start; τ = 0.07.</summary>
    public double LogitScaleInit { get; init; } = Math.Log(1 / 0.07);

    /// <summary>Patches a side, n.</summary>
    public int Grid => ImageSize / PatchSize;

    /// <summary>Refuses sizes that do not fit together.</summary>
    /// <exception cref="ArgumentException">Says which.</exception>
    public void Validate()
    {
        Require(PatchSize > 0 && ImageSize > 0 && ImageSize % PatchSize == 0, $"imageSize ({ImageSize}) must be a multiple of patchSize ({PatchSize})");
        Require(
            VisionLayers > 0 && VisionHeads > 0 && VisionWidth > 0 && VisionWidth % VisionHeads == 0 && VisionWidth % 4 == 0,
            $"visionWidth ({VisionWidth}) must be a multiple of 4 and of visionHeads ({VisionHeads}), with a layer at least");
        Require(
            TextLayers > 0 && TextHeads > 0 && TextWidth > 0 && TextWidth % TextHeads == 0,
            $"textWidth ({TextWidth}) must be a multiple of textHeads ({TextHeads}), with a layer at least");
        Require(EmbedDim > 0 && ContextLength > 2 && VocabularySize > 3, "embedDim, contextLength and the vocabulary must be larger");
        Require(FusionLayers >= 0 && DecoderLayers >= 0, $"fusionLayers ({FusionLayers}) and decoderLayers ({DecoderLayers}) must be 0 or more");
        Require(
            FusionLayers > 0 || !(MatchingHead || MlmHead || DecoderLayers > 0),
            "heads and decoder read the fusion encoder's tokens, so fusionLayers must be 1 or more");
        Require(
            !(MlmHead || DecoderLayers > 0) || VocabularySize > SpecialTokens.Mask,
            $"[MASK] is {SpecialTokens.Mask}, which a vocabulary of {VocabularySize} does not have");
        Require(Attention is "manual" or "fused", $"attention is \"{Attention}\"; it can be manual or fused");
        Require(Precision is "float32" or "bf16", $"precision is \"{Precision}\"; it can be float32 or bf16");
        Require(TextLayout is "timix" or "bert" or "clip", $"textLayout is \"{TextLayout}\"; it can be timix, bert or clip");
        Require(VisionActivation is "gelu" or "quick_gelu", $"visionActivation is \"{VisionActivation}\"; it can be gelu or quick_gelu");
        Require(TextActivation is "gelu" or "quick_gelu", $"textActivation is \"{TextActivation}\"; it can be gelu or quick_gelu");
    }

    private static void Require(bool holds, string what)
    {
        if (!holds)
        {
            throw new ArgumentException($"model: {what}.");
        }
    }
}

/// <summary>Sizes by name: small files in <c>cluster-config/presets</c> beside the program.</summary>
public static class ModelPreset
{
    private static readonly JsonSerializerOptions Options = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.CamelCase,
        ReadCommentHandling = JsonCommentHandling.Skip,
        UnmappedMemberHandling = System.Text.Json.Serialization.JsonUnmappedMemberHandling.Disallow,
    };

    private static string Directory => Path.Combine(AppContext.BaseDirectory, "cluster-config", "presets");

    /// <summary>Names that <see cref="Load"/> knows.</summary>
    public static IReadOnlyList<string> Names => System.IO.Directory.Exists(Directory)
        ? [.. System.IO.Directory.GetFiles(Directory, "*.json").Select(file => Path.GetFileNameWithoutExtension(file)).Order(StringComparer.Ordinal)]
        : [];

    /// <summary>The preset of that name.</summary>
    /// <exception cref="ArgumentException">There is none, or its file is wrong.</exception>
    public static ModelConfig Load(string name)
    {
        if (!Names.Contains(name))
        {
            throw new ArgumentException($"model.preset: there is no preset \"{name}\"; known: {string.Join(", ", Names)}.");
        }

        try
        {
            return JsonSerializer.Deserialize<ModelConfig>(File.ReadAllText(Path.Combine(Directory, name + ".json")), Options)!;
        }
        catch (JsonException error)
        {
            throw new ArgumentException($"model.preset: {name}.json: {OneLine.Of(error.Message)}", error);
        }
    }
}
