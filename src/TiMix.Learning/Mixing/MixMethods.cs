using System.Text.Json;
using System.Text.Json.Serialization;

namespace TiMix.Learning.Mixing;

/// <summary>The methods that there are, by name. A new one is a class of its own and a line here.</summary>
public static class MixMethods
{
    /// <summary>In the order in which they are listed.</summary>
    public static IReadOnlyList<MixMethod> All { get; } =
    [
        new NoMixing(),
        new Mixup(),
        new CutMix(),
        new RandomWindow(),
        new TextAwareMix(),
        new OracleMix(),
        new SecondPass(),
    ];

    /// <summary>Their names.</summary>
    public static IReadOnlyList<string> Names { get; } = [.. All.Select(method => method.Name)];

    /// <summary>The names as a sentence has them: <c>none, mixup … or second-pass</c>.</summary>
    public static string Choice { get; } = Join(Names);

    /// <summary>The same with what the names do not say.</summary>
    public static string Explained { get; } = Join([.. All.Select(method => method.Remark.Length == 0 ? method.Name : $"{method.Name} ({method.Remark})")]);

    /// <summary>The method of that name; null: there is none.</summary>
    public static MixMethod? Find(string name) => All.FirstOrDefault(method => method.Name == name);

    private static string Join(IReadOnlyList<string> parts) => $"{string.Join(", ", parts.SkipLast(1))} or {parts[^1]}";
}

/// <summary>A method as its name.</summary>
internal sealed class MixMethodConverter : JsonConverter<MixMethod>
{
    public override MixMethod Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
        reader.GetString() is { } name && MixMethods.Find(name) is { } method ? method : throw new JsonException($"It is none of {MixMethods.Choice}.");

    public override void Write(Utf8JsonWriter writer, MixMethod value, JsonSerializerOptions options) => writer.WriteStringValue(value.Name);
}
