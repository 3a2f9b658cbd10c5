using System.Text.Json;

namespace TiMix.Learning.Weights;

/// <summary>What a config file beside weights says of a tower that the weights themselves do not show.</summary>
/// <param name="File">Name of the config file.</param>
/// <param name="Activation">gelu or quick_gelu; null: it says nothing.</param>
/// <param name="Heads">Null: it says nothing.</param>
internal sealed record TowerHint(string File, string? Activation, int? Heads);

/// <summary>Reads <c>config.json</c> (transformers) or <c>open_clip_config.json</c> (open_clip) beside a file of weights.</summary>
internal static class WeightHints
{
    private const int DefaultHeadWidth = 64;

    public static TowerHint? Image(string path) => Look(path, "vision", "vision_cfg", ["clip_vision_model"]);

    public static TowerHint? Text(string path) => Look(path, "text", "text_cfg", ["bert", "megatron-bert", "clip_text_model"]);

    private static TowerHint? Look(string path, string tower, string openClipSection, string[] alone)
    {
        var directory = Path.GetDirectoryName(Path.GetFullPath(path))!;
        return Read(Path.Combine(directory, "config.json"), root =>
        {
            var section = root.TryGetProperty(tower + "_config", out var nested) ? nested
                : alone.Contains(Text(root, "model_type")) ? root : (JsonElement?)null;
            return section is { ValueKind: JsonValueKind.Object } config
                ? new TowerHint("config.json", Text(config, "hidden_act"), Number(config, "num_attention_heads"))
                : null;
        })
        ?? Read(Path.Combine(directory, "open_clip_config.json"), root =>
        {
            if (!root.TryGetProperty("model_cfg", out var model) || !model.TryGetProperty(openClipSection, out var section)
                || section.TryGetProperty("hf_model_name", out _))
            {
                return null;
            }

            var quick = model.TryGetProperty("quick_gelu", out var flag) && flag.ValueKind == JsonValueKind.True;
            var heads = Number(section, "heads") ?? Number(section, "width") / (Number(section, "head_width") ?? DefaultHeadWidth);
            return new TowerHint("open_clip_config.json", quick ? "quick_gelu" : "gelu", heads);
        });
    }

    private static TowerHint? Read(string path, Func<JsonElement, TowerHint?> read)
    {
        if (!File.Exists(path))
        {
            return null;
        }

        try
        {
            using var json = JsonDocument.Parse(File.ReadAllBytes(path));
            return json.RootElement.ValueKind == JsonValueKind.Object ? read(json.RootElement) : null;
        }
        catch (JsonException)
        {
            // Somebody else's file of that name: it says nothing of these weights.
            return null;
        }
    }

    private static string? Text(JsonElement element, string name) =>
        element.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;

    private static int? Number(JsonElement element, string name) =>
        element.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.Number && value.TryGetInt32(out var number) ? number : null;
}
