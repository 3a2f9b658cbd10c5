using System.Text.Encodings.Web;
using System.Text.Json;
using TiMix.Data.Text;

namespace TiMix.Data.Shards;

/// <summary>What the json of a sample says.</summary>
/// <param name="Captions">"caption" comes first, then those of "captions" in their order; one that stands in both counts once.</param>
/// <param name="Regions">In stored order.</param>
/// <param name="Questions">In stored order.</param>
/// <param name="LeftOut">What is not as it should be, a line each.</param>
internal sealed record SampleFields(
    IReadOnlyList<string> Captions, IReadOnlyList<Region> Regions, IReadOnlyList<Question> Questions, IReadOnlyList<string> LeftOut);

/// <summary>The json of a sample: captions, regions and questions. Other members are left alone.</summary>
internal static class SampleJson
{
    private const string RegionForm = "a region must be {\"box\": [x, y, w, h], \"phrase\": \"…\"}";
    private const string QuestionForm = "a question must be {\"question\": \"…\", \"answers\": [\"…\", …]}";

    /// <summary>Reads it. A member that is not as it should be costs no more than itself.</summary>
    /// <exception cref="JsonException">It is no JSON, or no object.</exception>
    public static SampleFields Parse(byte[] json)
    {
        using var document = JsonDocument.Parse(PythonJson.Plain(StoredText.Utf8(json)));
        var root = document.RootElement;
        if (root.ValueKind != JsonValueKind.Object)
        {
            throw new JsonException("an object with \"caption\" is expected");
        }

        List<string> leftOut = [];
        var size = root.PictureSize();
        return new SampleFields(
            Captions(root, leftOut), Items(root, "regions", RegionForm, item => RegionOf(item, size), leftOut),
            Items(root, "questions", QuestionForm, QuestionOf, leftOut), leftOut);
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

    private static List<string> Captions(JsonElement root, List<string> leftOut)
    {
        List<string> captions = [];
        if (root.TryMember("captions", out var list) && list.ValueKind != JsonValueKind.Null)
        {
            if (list.ValueKind != JsonValueKind.Array)
            {
                leftOut.Add("\"captions\" must be a list of texts");
            }
            else
            {
                captions.AddRange(list.EnumerateArray().Select(item => TextOf(item, "\"captions\" must be a list of texts", leftOut)));
            }
        }

        if (root.TryMember("caption", out var written) && written.ValueKind != JsonValueKind.Null)
        {
            var first = TextOf(written, "\"caption\" must be a text", leftOut);
            captions.Remove(first);
            captions.Insert(0, first);
        }

        captions.RemoveAll(caption => caption.Length == 0);
        return captions;
    }

    private static string TextOf(JsonElement item, string right, List<string> leftOut)
    {
        if (item.AsText() is { } text)
        {
            return text;
        }

        leftOut.Add(right);
        return "";
    }

    private static List<T> Items<T>(JsonElement root, string name, string right, Func<JsonElement, T?> read, List<string> leftOut)
        where T : class
    {
        List<T> items = [];
        if (!root.TryMember(name, out var list) || list.ValueKind == JsonValueKind.Null)
        {
            return items;
        }

        if (list.ValueKind != JsonValueKind.Array)
        {
            leftOut.Add($"\"{name}\" must be a list");
            return items;
        }

        var number = 0;
        foreach (var item in list.EnumerateArray())
        {
            if (read(item) is { } usable)
            {
                items.Add(usable);
            }
            else
            {
                leftOut.Add($"{name}[{number}]: {right}");
            }

            number++;
        }

        return items;
    }

    private static Region? RegionOf(JsonElement item, PictureSize? size) =>
        item.Text("phrase") is { } phrase && item.Box("box") is { } box ? new Region(box, phrase) { Of = size } : null;

    private static Question? QuestionOf(JsonElement item) =>
        item.Text("question") is { } text && item.Texts("answers") is { Count: > 0 } answers ? new Question(text, answers) : null;
}
