using System.Text.Encodings.Web;
using System.Text.Json;

namespace TiMix.Data.Shards;

/// <summary>The json of a sample: captions, regions and questions. Other members are left alone.</summary>
internal static class SampleJson
{
    /// <summary>"caption" comes first, then those of "captions" in their order; one that stands in both counts once.</summary>
    public static (IReadOnlyList<string> Captions, IReadOnlyList<Region> Regions, IReadOnlyList<Question> Questions) Parse(byte[] json)
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

        return (ParseCaptions(root), ParseRegions(root), ParseQuestions(root));
    }

    /// <summary>What <see cref="Parse"/> reads; "captions" only where there are several, "questions" only where there is one.</summary>
    /// <param name="captions">May be empty where there are questions.</param>
    /// <param name="regions">May be empty.</param>
    /// <param name="questions">May be empty.</param>
    /// <param name="image">The picture's name where it came from, for people; not read back.</param>
    public static byte[] Write(IReadOnlyList<string> captions, IReadOnlyList<Region> regions, IReadOnlyList<Question> questions, string image)
    {
        using var buffer = new MemoryStream();
        using (var json = new Utf8JsonWriter(buffer, new JsonWriterOptions { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping }))
        {
            json.WriteStartObject();
            if (captions.Count > 0)
            {
                json.WriteString("caption", captions[0]);
            }

            if (captions.Count > 1)
            {
                json.WriteStartArray("captions");
                foreach (var caption in captions)
                {
                    json.WriteStringValue(caption);
                }

                json.WriteEndArray();
            }

            json.WriteStartArray("regions");
            foreach (var (box, phrase) in regions)
            {
                json.WriteStartObject();
                json.WriteStartArray("box");
                foreach (var number in (ReadOnlySpan<float>)[box.X, box.Y, box.Width, box.Height])
                {
                    json.WriteNumberValue(number);
                }

                json.WriteEndArray();
                json.WriteString("phrase", phrase);
                json.WriteEndObject();
            }

            json.WriteEndArray();
            if (questions.Count > 0)
            {
                WriteQuestions(json, questions);
            }

            json.WriteString("image", image);
            json.WriteEndObject();
        }

        return buffer.ToArray();
    }

    private static void WriteQuestions(Utf8JsonWriter json, IReadOnlyList<Question> questions)
    {
        json.WriteStartArray("questions");
        foreach (var (text, answers) in questions)
        {
            json.WriteStartObject();
            json.WriteString("question", text);
            json.WriteStartArray("answers");
            foreach (var answer in answers)
            {
                json.WriteStringValue(answer);
            }

            json.WriteEndArray();
            json.WriteEndObject();
        }

        json.WriteEndArray();
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

    private static List<Question> ParseQuestions(JsonElement root)
    {
        if (!root.TryGetProperty("questions", out var list) || list.ValueKind == JsonValueKind.Null)
        {
            return [];
        }

        if (list.ValueKind != JsonValueKind.Array)
        {
            throw new JsonException("\"questions\" must be a list");
        }

        return [.. list.EnumerateArray().Select(ParseQuestion)];
    }

    private static Question ParseQuestion(JsonElement item)
    {
        if (item.ValueKind != JsonValueKind.Object
            || !item.TryGetProperty("question", out var text) || text.ValueKind != JsonValueKind.String
            || !item.TryGetProperty("answers", out var answers) || answers.ValueKind != JsonValueKind.Array || answers.GetArrayLength() == 0
            || answers.EnumerateArray().Any(answer => answer.ValueKind != JsonValueKind.String))
        {
            throw new JsonException("a question must be {\"question\": \"…\", \"answers\": [\"…\", …]}");
        }

        return new Question(TextOf(text), [.. answers.EnumerateArray().Select(TextOf)]);
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
