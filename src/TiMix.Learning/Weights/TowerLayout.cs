using TiMix.Learning.Model;

namespace TiMix.Learning.Weights;

/// <summary>One tower as a file has it.</summary>
/// <param name="Name">For people.</param>
/// <param name="Links">Which tensor is which parameter.</param>
internal sealed record TowerLayout(string Name, IReadOnlyList<WeightLink> Links)
{
    private const string BertWords = "embeddings.word_embeddings.weight";

    /// <summary>The image tower of a file.</summary>
    /// <param name="keys">Names of its tensors.</param>
    /// <param name="config">Sizes that are wanted.</param>
    /// <param name="path">For messages.</param>
    /// <exception cref="InvalidDataException">There is none that is known.</exception>
    public static TowerLayout Image(IReadOnlySet<string> keys, ModelConfig config, string path)
    {
        const string Patches = "embeddings.patch_embedding.weight";
        if (keys.Contains("visual.class_embedding"))
        {
            return new TowerLayout("image tower of OpenAI's CLIP or open_clip", [.. WeightMaps.OpenClipImage(config)]);
        }

        foreach (var prefix in new[] { "vision_model.", "vision_model.vision_model." })
        {
            if (keys.Contains(prefix + Patches))
            {
                return new TowerLayout("image tower of transformers' CLIP", [.. WeightMaps.TransformersImage(config, prefix)]);
            }
        }

        throw new InvalidDataException(keys.Contains("visual.layer1.0.conv1.weight")
            ? $"{path}: its image tower is a ResNet; expected a vision transformer, for example CLIP ViT-B/16."
            : $"{path}: has no image tower that is known; expected CLIP's vision transformer in the names of OpenAI, open_clip or transformers, not a file "
                + $"with \"{keys.Order(StringComparer.Ordinal).FirstOrDefault()}\".");
    }

    /// <summary>The text tower of a file, which must have the model's layout.</summary>
    /// <param name="file">The file.</param>
    /// <param name="config">Sizes and layout that are wanted.</param>
    /// <exception cref="InvalidDataException">There is none that is known, or it has another layout.</exception>
    public static TowerLayout Text(WeightFile file, ModelConfig config)
    {
        const string Pooled = "text_model.";
        var (keys, path) = (file.Keys, file.Path);
        foreach (var (prefix, projection) in new[] { ("", null), ("bert.", null), (
            Pooled, "text_projection.weight"), ("text.transformer.", "text.proj.weight") })
        {
            if (keys.Contains(prefix + BertWords))
            {
                var megatron = keys.Contains(prefix + "encoder.ln.weight");
                Need(megatron ? "timix" : "bert", config, path, megatron ? "a Megatron-BERT" : "a BERT");
                var passing = prefix == Pooled && PassingPooler.IsIn(file, prefix, config.TextWidth);
                var links = WeightMaps.Projection(prefix == Pooled && !passing ? null : projection)
                    .Select(link => link with { Scale = passing ? 1 / PassingPooler.Scale : 1 });
                return megatron
                    ? new TowerLayout("transformers' Megatron-BERT", [.. WeightMaps.Megatron(config, prefix), .. links])
                    : new TowerLayout("transformers' BERT", [.. WeightMaps.Bert(config, prefix), .. links, .. WeightMaps.BertWords(config)]);
            }
        }

        foreach (var prefix in new[] { "", "text." })
        {
            if (!keys.Contains(prefix + "token_embedding.weight"))
            {
                continue;
            }

            // This program names the parameters of layouts timix and clip alike.
            if (file.Own && config.TextLayout == "timix")
            {
                return new TowerLayout("text tower of this program", [.. WeightMaps.OpenClipText(config, prefix)]);
            }

            Need("clip", config, path, "CLIP's, which reads in one direction");
            return new TowerLayout("text tower of OpenAI's CLIP or open_clip", [.. WeightMaps.OpenClipText(config, prefix)]);
        }

        if (keys.Contains("text_model.embeddings.token_embedding.weight"))
        {
            Need("clip", config, path, "CLIP's, which reads in one direction");
            return new TowerLayout("text tower of transformers' CLIP", [.. WeightMaps.TransformersText(config)]);
        }

        throw new InvalidDataException($"{path}: has no text tower that is known; expected transformers' BERT, or CLIP's text tower in the names of OpenAI, "
            + $"open_clip or transformers, not a file with \"{keys.Order(StringComparer.Ordinal).FirstOrDefault()}\".");
    }

    private static void Need(string layout, ModelConfig config, string path, string what)
    {
        if (config.TextLayout != layout)
        {
            throw new InvalidDataException(
                $"{path}: its text tower is {what}; this model's text layout is {config.TextLayout}: set model.textLayout to {layout}.");
        }
    }
}
