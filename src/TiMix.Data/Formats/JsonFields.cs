using System.Text.Json;

namespace TiMix.Data.Formats;

/// <summary>Reads members that may be missing or of the wrong kind, without exceptions for what is common.</summary>
internal static class JsonFields
{
    /// <summary>A member's text; null if there is none or it is no text.</summary>
    public static string? Text(this JsonElement element, string name) =>
        element.ValueKind == JsonValueKind.Object && element.TryGetProperty(name, out var value) ? TextOf(value) : null;

    /// <summary>A number or text as one writes it: identifiers are either.</summary>
    public static string? Identifier(this JsonElement element, string name) =>
        element.ValueKind != JsonValueKind.Object || !element.TryGetProperty(name, out var value) ? null
        : value.ValueKind == JsonValueKind.Number ? value.GetRawText()
        : TextOf(value);

    /// <summary>A text or a list of texts; null if the member is something else, empty if it is not there.</summary>
    public static IReadOnlyList<string>? Texts(this JsonElement element, string name)
    {
        if (!element.TryGetProperty(name, out var value) || value.ValueKind == JsonValueKind.Null)
        {
            return [];
        }

        if (value.ValueKind == JsonValueKind.Array)
        {
            var texts = value.EnumerateArray().Select(TextOf).OfType<string>().ToArray();
            return texts.Length == value.GetArrayLength() ? texts : null;
        }

        return TextOf(value) is { } text ? [text] : null;
    }

    /// <summary>[x, y, width, height]; null if it is not four finite numbers.</summary>
    public static Box? Box(this JsonElement element, string name)
    {
        if (!element.TryGetProperty(name, out var list) || list.ValueKind != JsonValueKind.Array || list.GetArrayLength() != 4)
        {
            return null;
        }

        Span<float> numbers = stackalloc float[4];
        for (var i = 0; i < 4; i++)
        {
            if (list[i].ValueKind != JsonValueKind.Number || !list[i].TryGetSingle(out numbers[i]) || !float.IsFinite(numbers[i]))
            {
                return null;
            }
        }

        return new Box(numbers[0], numbers[1], numbers[2], numbers[3]);
    }

    private static string? TextOf(JsonElement value)
    {
        if (value.ValueKind != JsonValueKind.String)
        {
            return null;
        }

        try
        {
            return value.GetString();
        }
        catch (InvalidOperationException)
        {
            return null; // half of a surrogate pair
        }
    }
}
