using System.Globalization;
using System.Text.Json;
using TiMix.Data.Text;

namespace TiMix.Data.Formats;

/// <summary>
/// VQA v2: <c>{"data_subtype": "train2014", "questions": [{"question_id", "image_id", "question"}]}</c> and, in a second file,
/// <c>{"annotations": [{"question_id", "answers": [{"answer"}, …]}]}</c> with ten answers each. A picture is a question's "image" if
/// it has one, else COCO_train2014_000000123456.jpg of data_subtype and image_id. Answers are held in memory, questions are not.
/// </summary>
internal sealed class VqaFormat(string path, string annotations) : IPictureFormat
{
    private const int Looked = 1 << 16;
    private static readonly string[] Questions = ["questions"], Annotations = ["annotations"];
    private readonly string _file = Path.GetFileName(path);
    private readonly List<SourceProblem> _problems = [];
    private Dictionary<string, string[]>? _answers;

    public string Name => PictureFormats.Vqa;

    public string ImagesDirectory => Path.GetDirectoryName(Path.GetFullPath(path))!;

    public Repetition Repetition => Repetition.Ordinary;

    public void Dispose()
    {
    }

    public IEnumerable<PictureEntry> Entries(Action<SourceProblem> problem)
    {
        _answers ??= ReadAnswers();
        _problems.ForEach(problem);
        var subtype = Subtype();
        foreach (var item in JsonItems.Read(path, Questions, problem))
        {
            var where = $"{_file}: questions[{item.Index}]";
            if (item.Value.Identifier("question_id") is not { } id || item.Value.Text("question") is not { } text
                || ImageOf(item.Value, subtype) is not { } image)
            {
                problem(
                    new SourceProblem(
                        ProblemKind.BrokenEntry, where,
                        "a question is {\"question_id\", \"question\"} with \"image_id\" and the file's \"data_subtype\", or with \"image\"; this one is not"));
            }
            else if (!_answers.TryGetValue(id, out var answers))
            {
                problem(new SourceProblem(ProblemKind.BrokenEntry, where, $"no answer to question {id} in {Path.GetFileName(annotations)}"));
            }
            else
            {
                yield return new PictureEntry(where, image, [], []) { Questions = [new Question(text, answers)] };
            }
        }
    }

    private static string? ImageOf(JsonElement question, string? subtype) =>
        question.Text("image") is { Length: > 0 } image ? image
        : subtype is not null && question.Identifier("image_id") is { } id && long.TryParse(id, NumberStyles.None, CultureInfo.InvariantCulture, out var number)
            ? string.Create(CultureInfo.InvariantCulture, $"COCO_{subtype}_{number:D12}.jpg")
            : null;

    private Dictionary<string, string[]> ReadAnswers()
    {
        var (answers, known) = (new Dictionary<string, string[]>(StringComparer.Ordinal), new Dictionary<string, string>(StringComparer.Ordinal));
        string Once(string text) => known.TryGetValue(text, out var same) ? same : known[text] = text;
        foreach (var item in JsonItems.Read(annotations, Annotations, _problems.Add))
        {
            var given = item.Value.ValueKind == JsonValueKind.Object && item.Value.TryMember("answers", out var list)
                && list.ValueKind == JsonValueKind.Array
                ? list.EnumerateArray().Select(answer => answer.Text("answer")).OfType<string>().Select(Once).ToArray()
                : [];
            if (item.Value.Identifier("question_id") is { } id && given.Length > 0)
            {
                answers[id] = given;
            }
            else
            {
                _problems.Add(
                    new SourceProblem(
                        ProblemKind.BrokenEntry, $"{Path.GetFileName(annotations)}: annotations[{item.Index}]",
                        "an annotation is {\"question_id\", \"answers\": [{\"answer\"}, …]}; this one is not"));
            }
        }

        return answers;
    }

    /// <summary>The file's "data_subtype", which stands before the questions; null if it does not.</summary>
    private string? Subtype()
    {
        using var file = SourceFile.OpenJson(path);
        var bytes = new byte[Looked];
        var head = bytes.AsSpan(0, file.ReadAtLeast(bytes, bytes.Length, throwOnEndOfStream: false));
        var reader = new Utf8JsonReader(head.StartsWith("\uFEFF"u8) ? head[3..] : head, isFinalBlock: false, default);
        try
        {
            while (reader.Read())
            {
                if (reader.CurrentDepth == 1 && reader.TokenType == JsonTokenType.PropertyName && reader.ValueTextEquals("data_subtype"u8))
                {
                    return reader.Read() && reader.TokenType == JsonTokenType.String ? reader.AsText() : null;
                }
            }
        }
        catch (Exception error) when (error is JsonException or InvalidOperationException)
        {
            // No JSON, or a name of half a character: told when the questions are read.
        }

        return null;
    }
}
