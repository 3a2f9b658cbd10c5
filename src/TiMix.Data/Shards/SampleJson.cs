using System.Text.Json;

namespace TiMix.Data;

/// <summary>The json of a sample: captions and regions. Other members are left alone.</summary>
internal static class SampleJson
{
    /// <summary>"caption" comes first, then those of "captions" in their order; one that stands in both counts once.</summary>
    public static (IReadOnlyList<string> Captions, IReadOnlyList<Region> Regions) Parse(byte[] json)
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

        return (ParseCaptions(root), ParseRegions(root));
    }

    private static List<string> ParseCaptions(JsonElement root)
    {
        List<string> captions = [];
        if (root.TryGetProperty("captions", out var list) && list.ValueKind != JsonValueKind.Null)
        {
            if (list.ValueKind != JsonValueKind.Array || list.EnumerateArray().Any(item => item.ValueKind != JsonValueKind.String))
            {
                throw new JsonException("\"captions\" must be a list of texts");
            }

            captions.AddRange(list.EnumerateArray().Select(TextOf));
        }

        if (root.TryGetProperty("caption", out var written) && written.ValueKind != JsonValueKind.Null)
        {
            var first = written.ValueKind == JsonValueKind.String ? TextOf(written) : throw new JsonException("\"caption\" must be a text");
            captions.Remove(first);
            captions.Insert(0, first);
        }

        captions.RemoveAll(caption => caption.Length == 0);
        return captions;
    }

    private static List<Region> ParseRegions(JsonElement root)
    {
        if (!root.TryGetProperty("regions", out var list) || list.ValueKind == JsonValueKind.Null)
        {
            return [];
        }

        if (list.ValueKind != JsonValueKind.Array)
        {
            throw new JsonException("\"regions\" must be a list");
        }

        return [.. list.EnumerateArray().Select(ParseRegion)];
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
