using System.Text;
using System.Text.Json;
using TiMix.Data.Text;

namespace TiMix.Data.Formats;

/// <summary>
/// The lists of ALBEF, X-VLM and TiMix, as one json array or a json object a line: <c>{"image": "…", "caption": "…" or ["…", …]}</c>,
/// and with regions <c>"elems": [{"bb": [x, y, w, h], "caption": …, "attributes": …}]</c>, bb in pixels of a picture
/// of "width" and "height", where the entry says them. With attributes the phrase
/// is "attribute caption", one for each; where the authors draw one of them, here are all of them. A picture may have many entries.
/// With <c>"question": "…", "answer": "…" or ["…", …]</c> an entry is a question.
/// </summary>
internal sealed class ListFormat(string path, bool lines, bool regions, string imageKey, string captionKey) : IPictureFormat
{
    private readonly string _file = Path.GetFileName(path);

    public string Name => regions ? PictureFormats.Regions : PictureFormats.List;

    public string ImagesDirectory => Path.GetDirectoryName(Path.GetFullPath(path))!;

    public Repetition Repetition => Repetition.Ordinary;

    public void Dispose()
    {
    }

    public IEnumerable<PictureEntry> Entries(Action<SourceProblem> problem) =>
        (lines ? FromLines(problem) : FromArray(problem)).OfType<PictureEntry>();

    private IEnumerable<PictureEntry?> FromArray(Action<SourceProblem> problem)
    {
        foreach (var item in JsonItems.Read(path, [], problem))
        {
            yield return Parse(item.Value, $"{_file}: entry {item.Index + 1}", problem);
        }
    }

    private IEnumerable<PictureEntry?> FromLines(Action<SourceProblem> problem)
    {
        using var reader = new StreamReader(SourceFile.Open(path));
        for (var number = 1; reader.ReadLine() is { } line; number++)
        {
            if (string.IsNullOrWhiteSpace(line))
            {
                continue;
            }

            JsonDocument document;
            try
            {
                document = JsonDocument.Parse(PythonJson.Plain(Encoding.UTF8.GetBytes(line)));
            }
            catch (JsonException)
            {
                problem(new SourceProblem(ProblemKind.BrokenEntry, $"{_file}: line {number}", "is not a JSON object"));
                continue;
            }

            using (document)
            {
                yield return Parse(document.RootElement, $"{_file}: line {number}", problem);
            }
        }
    }

    private PictureEntry? Parse(JsonElement entry, string where, Action<SourceProblem> problem)
    {
        if (entry.Text(imageKey) is not { Length: > 0 } image)
        {
            problem(new SourceProblem(ProblemKind.BrokenEntry, where, $"it is not an object whose \"{imageKey}\" is the name of a picture"));
            return null;
        }

        var captions = entry.Texts(captionKey);
        if (captions is null)
        {
            problem(new SourceProblem(ProblemKind.BrokenEntry, where, $"its \"{captionKey}\" is neither a text nor a list of texts"));
        }

        var regions = Elements(entry, where, problem);
        return new PictureEntry(where, image, captions ?? [], regions) { Questions = Questions(entry, where, problem) };
    }

    private static Question[] Questions(JsonElement entry, string where, Action<SourceProblem> problem)
    {
        if (!entry.TryMember("question", out _))
        {
            return [];
        }

        if (entry.Text("question") is { } text && entry.Texts("answer") is { Count: > 0 } answers)
        {
            return [new Question(text, answers)];
        }

        problem(new SourceProblem(ProblemKind.BrokenEntry, where, "its \"question\" must be a text, and its \"answer\" a text or a list of texts"));
        return [];
    }

    private static List<Region> Elements(JsonElement entry, string where, Action<SourceProblem> problem)
    {
        List<Region> found = [];
        if (!entry.TryMember("elems", out var list) || list.ValueKind == JsonValueKind.Null)
        {
            return found;
        }

        if (list.ValueKind != JsonValueKind.Array)
        {
            problem(new SourceProblem(ProblemKind.BrokenEntry, where, "its \"elems\" are not a list"));
            return found;
        }

        var (number, size) = (0, entry.PictureSize());
        foreach (var element in list.EnumerateArray())
        {
            var here = $"{where}, elems[{number++}]";
            if (element.ValueKind != JsonValueKind.Object)
            {
                problem(new SourceProblem(ProblemKind.BrokenEntry, here, "it is not an object"));
            }
            else if (element.Box("bb") is not { } box)
            {
                problem(new SourceProblem(ProblemKind.BadBox, here, "its \"bb\" is not [x, y, width, height]"));
            }
            else if (element.Texts("caption") is not { Count: > 0 } phrases || element.Texts("attributes") is not { } attributes)
            {
                problem(new SourceProblem(ProblemKind.NoPhrase, here, "its \"caption\" (and \"attributes\", if any) must be a text or a list of texts"));
            }
            else
            {
                found.AddRange(
                    from phrase in phrases
                    from attribute in attributes.DefaultIfEmpty("")
                    select new Region(box, attribute.Length == 0 ? phrase : $"{attribute} {phrase}") { Of = size });
            }
        }

        return found;
    }
}
