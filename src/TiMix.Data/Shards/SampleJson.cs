using System.Text.Json;

namespace TiMix.Data;

/// <summary>The json of a sample: caption and regions. Other members are left alone.</summary>
internal static class SampleJson
{
    public static (string? Caption, IReadOnlyList<Region> Regions) Parse(byte[] json)
    {
        var text = json.AsMemory();
        if (text.Span.StartsWith("\uFEFF"u8))
        {
            text = text[3..];
        }

        using var document = JsonDocument.Parse(text);
        var root = document.RootElement;
        if (root.ValueKind != JsonValueKind.Object)
        {
            throw new JsonException("an object with \"caption\" is expected");
        }

        string? caption = null;
        if (root.TryGetProperty("caption", out var written))
        {
            caption = written.ValueKind switch
            {
                JsonValueKind.String => TextOf(written),
                JsonValueKind.Null => null,
                _ => throw new JsonException("\"caption\" must be a text"),
            };
        }

        if (!root.TryGetProperty("regions", out var list) || list.ValueKind == JsonValueKind.Null)
        {
            return (caption, []);
        }

        if (list.ValueKind != JsonValueKind.Array)
        {
            throw new JsonException("\"regions\" must be a list");
        }

        var regions = new List<Region>(list.GetArrayLength());
        foreach (var item in list.EnumerateArray())
        {
            regions.Add(ParseRegion(item));
        }

        return (caption, regions);
    }

    private static Region ParseRegion(JsonElement item)
    {
        if (item.ValueKind != JsonValueKind.Object
            || !item.TryGetProperty("phrase", out var phrase) || phrase.ValueKind != JsonValueKind.String
            || !item.TryGetProperty("box", out var box) || box.ValueKind != JsonValueKind.Array || box.GetArrayLength() != 4)
        {
            throw new JsonException("a region must be {\"box\": [x, y, w, h], \"phrase\": \"…\"}");
        }

        Span<float> numbers = stackalloc float[4];
        for (var i = 0; i < 4; i++)
        {
            if (box[i].ValueKind != JsonValueKind.Number || !box[i].TryGetSingle(out numbers[i]) || !float.IsFinite(numbers[i]))
            {
                throw new JsonException("a region's box must be four numbers");
            }
        }

        return new Region(new Box(numbers[0], numbers[1], numbers[2], numbers[3]), TextOf(phrase));
    }

    private static string TextOf(JsonElement element)
    {
        try
        {
            return element.GetString()!;
        }
        catch (InvalidOperationException)
        {
            throw new JsonException("a text is not valid Unicode");
        }
    }
}
