using System.Globalization;
using System.Text.Json;

namespace TiMix.Data.Text;

/// <summary>Reads members that may be missing or of the wrong kind, without exceptions for what is common.</summary>
internal static class JsonFields
{
    /// <summary>A member of an object, also beside members whose names are no valid Unicode; the last of its name. False for what is no object.</summary>
    public static bool TryMember(this JsonElement element, string name, out JsonElement value)
    {
        value = default;
        if (element.ValueKind != JsonValueKind.Object)
        {
            return false;
        }

        try
        {
            return element.TryGetProperty(name, out value);
        }
        catch (InvalidOperationException)
        {
            var members = element.EnumerateObject().Where(member => IsNamed(member, name)).ToList();
            value = members.Count > 0 ? members[^1].Value : default;
            return members.Count > 0;
        }
    }

    /// <summary>A member's text; null if there is none or it is no text.</summary>
    public static string? Text(this JsonElement element, string name) =>
        element.TryMember(name, out var value) ? value.AsText() : null;

    /// <summary>A number or text: identifiers are either. 1, 1.0 and 1e0 are the same number, as in Python.</summary>
    public static string? Identifier(this JsonElement element, string name) =>
        !element.TryMember(name, out var value) ? null
        : value.ValueKind == JsonValueKind.Number ? OneWay(value)
        : value.AsText();

    /// <summary>Whether a member says yes: true, or a number other than 0.</summary>
    public static bool Flag(this JsonElement element, string name) =>
        element.TryMember(name, out var value)
        && (value.ValueKind == JsonValueKind.True || (value.ValueKind == JsonValueKind.Number && value.TryGetDouble(out var number) && number != 0));

    /// <summary>"width" and "height" of the picture that boxes are of; null if they are not two numbers above 0.</summary>
    public static PictureSize? PictureSize(this JsonElement element) =>
        element.Positive("width") is { } width && element.Positive("height") is { } height ? new PictureSize(width, height) : null;

    /// <summary>A text or a list of texts; null if the member is something else, empty if it is not there.</summary>
    public static IReadOnlyList<string>? Texts(this JsonElement element, string name)
    {
        if (!element.TryMember(name, out var value) || value.ValueKind == JsonValueKind.Null)
        {
            return [];
        }

        if (value.ValueKind == JsonValueKind.Array)
        {
            var texts = value.EnumerateArray().Select(AsText).OfType<string>().ToArray();
            return texts.Length == value.GetArrayLength() ? texts : null;
        }

        return value.AsText() is { } text ? [text] : null;
    }

    /// <summary>[x, y, width, height]; null if it is not four finite numbers.</summary>
    public static Box? Box(this JsonElement element, string name)
    {
        if (!element.TryMember(name, out var list)
            || list.ValueKind != JsonValueKind.Array || list.GetArrayLength() != 4)
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

    private static bool IsNamed(JsonProperty member, string name)
    {
        try
        {
            return member.NameEquals(name);
        }
        catch (InvalidOperationException)
        {
            return false;
        }
    }

    private static float? Positive(this JsonElement element, string name) =>
        element.TryMember(name, out var value) && value.ValueKind == JsonValueKind.Number
        && value.TryGetSingle(out var number) && number > 0 && float.IsFinite(number) ? number : null;

    private static string OneWay(JsonElement number) => number.TryGetDecimal(out var value)
        ? value.ToString("0.############################", CultureInfo.InvariantCulture)
        : number.GetRawText();

    /// <summary>The text or name that a reader stands at; null if it is not valid Unicode.</summary>
    public static string? AsText(this in Utf8JsonReader reader)
    {
        try
        {
            return reader.GetString();
        }
        catch (InvalidOperationException)
        {
            return null;
        }
    }

    /// <summary>Its text; null if it is none.</summary>
    public static string? AsText(this JsonElement value)
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
