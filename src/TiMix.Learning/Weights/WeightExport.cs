using System.Text.Json;
using System.Text.Json.Nodes;
using TiMix.Learning.Model;

namespace TiMix.Learning.Weights;

/// <summary>A dual encoder as another program opens it.</summary>
/// <param name="Weights">Tensors in that program's names.</param>
/// <param name="WeightsFile">Name of their file.</param>
/// <param name="Configs">JSON files by name.</param>
/// <param name="OpenedBy">The call that opens the directory, for people.</param>
/// <param name="LeftOut">Parameters that the other program has no place for.</param>
/// <param name="Notes">Sentences about what to know.</param>
public sealed record ExportedModel(
    IReadOnlyList<NamedTensor> Weights, string WeightsFile, IReadOnlyDictionary<string, JsonObject> Configs, string OpenedBy, IReadOnlyList<string> LeftOut,
    IReadOnlyList<string> Notes)
{
    /// <summary>Parts of the model that were left out, and how many parameters of each.</summary>
    public IReadOnlyList<(string Part, int Count)> PartsLeftOut =>
        [.. LeftOut.GroupBy(name => name.Split('.')[0], StringComparer.Ordinal).Select(part => (part.Key, part.Count()))];
}

/// <summary>
/// Image and text encoder with their projections in the layouts of open_clip and transformers, so that those compute the same
/// features. A model that a program cannot compute is refused.
/// </summary>
public static class WeightExport
{
    private static readonly JsonSerializerOptions Json = new() { WriteIndented = true };

    /// <summary>Names of the formats.</summary>
    public static IReadOnlyList<string> Formats { get; } = ["open-clip", "transformers"];

    /// <summary>The model in a format.</summary>
    /// <param name="format">Of <see cref="Formats"/>.</param>
    /// <param name="config">Sizes.</param>
    /// <param name="layout">Of <paramref name="values"/>.</param>
    /// <param name="values">[layout.Length].</param>
    /// <exception cref="NotSupportedException">The format has no place for such a model; says why and what would be right.</exception>
    public static ExportedModel Of(string format, ModelConfig config, ParameterLayout layout, ReadOnlyMemory<float> values)
    {
        var source = new ExportSource(config, layout, values);
        return format switch
        {
            "open-clip" => OpenClipExport.Of(source),
            "transformers" => TransformersExport.Of(source),
            _ => throw new NotSupportedException($"there is no format \"{format}\"; it can be {string.Join(" or ", Formats)}"),
        };
    }

    /// <summary>Writes weights and config files into a directory, which is made if it is not there.</summary>
    public static void Write(string directory, ExportedModel model)
    {
        Directory.CreateDirectory(directory);
        Safetensors.Write(Path.Combine(directory, model.WeightsFile), model.Weights, new Dictionary<string, string> { ["format"] = "pt" });
        foreach (var (name, content) in model.Configs)
        {
            File.WriteAllText(Path.Combine(directory, name), content.ToJsonString(Json) + "\n");
        }
    }
}

/// <summary>The parameters of a model, on their way out.</summary>
internal sealed class ExportSource(ModelConfig config, ParameterLayout layout, ReadOnlyMemory<float> values)
{
    private readonly HashSet<string> _used = new(StringComparer.Ordinal);

    public ModelConfig Config => config;

    /// <summary>Parameters of which nothing was taken.</summary>
    public IReadOnlyList<string> LeftOut => [.. layout.Slots.Select(slot => slot.Spec.Name).Where(name => !_used.Contains(name))];

    /// <summary>The tensors of links.</summary>
    public IEnumerable<NamedTensor> Tensors(IEnumerable<WeightLink> links) => links.SelectMany(Tensors);

    /// <summary>The logit scale, a number without axes.</summary>
    public NamedTensor LogitScale() => new(DualEncoder.LogitScaleName, [], Values(DualEncoder.LogitScaleName));

    public ReadOnlyMemory<float> Values(string parameter)
    {
        _used.Add(parameter);
        var slot = layout[parameter];
        return values.Slice((int)slot.Offset, (int)slot.Spec.Length);
    }

    private IEnumerable<NamedTensor> Tensors(WeightLink link)
    {
        var (all, shape) = (Values(link.Parameter), layout[link.Parameter].Spec.Shape);
        switch (link.Kind)
        {
            case LinkKind.Rows:
                var part = all.Length / link.Keys.Length;
                return link.Keys.Select((key, i) => new NamedTensor(key, [shape[0] / link.Keys.Length, .. shape[1..]], all.Slice(i * part, part)));
            case LinkKind.Transposed:
                var turned = new float[all.Length];
                WeightImport.Transpose(all.Span, (int)shape[0], (int)shape[1], turned);
                return [new NamedTensor(link.Keys[0], [shape[1], shape[0]], turned)];
            default:
                return [new NamedTensor(link.Keys[0], shape, all)];
        }
    }
}
