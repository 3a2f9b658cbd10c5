using System.Text.Json;
using TiMix.Data.Text;

namespace TiMix.Data.Formats;

/// <summary>
/// Karpathy's splits (dataset_coco.json, dataset_flickr30k.json): <c>{"images": [{"filepath": "val2014", "filename": "…", "split":
/// "test", "sentences": [{"raw": "…"}]}]}</c>. Splits are train, val, test and, for COCO, restval, which most take together with train.
/// </summary>
internal sealed class KarpathyFormat(string path, string? split) : IPictureFormat
{
    private static readonly string[] Sections = ["images"];
    private readonly string _file = Path.GetFileName(path);
    private readonly HashSet<string>? _wanted = split?.Split(',', StringSplitOptions.TrimEntries).ToHashSet(StringComparer.Ordinal);

    public string Name => PictureFormats.Karpathy;

    public string ImagesDirectory => Path.GetDirectoryName(Path.GetFullPath(path))!;

    public Repetition Repetition => Repetition.Mistake;

    public void Dispose()
    {
    }

    public IEnumerable<PictureEntry> Entries(Action<SourceProblem> problem)
    {
        var splits = new SortedDictionary<string, int>(StringComparer.Ordinal);
        foreach (var item in JsonItems.Read(path, Sections, problem))
        {
            var where = $"{_file}: images[{item.Index}]";
            var part = item.Value.Text("split") ?? "";
            splits[part] = splits.GetValueOrDefault(part) + 1;
            if (_wanted is not null && !_wanted.Contains(part))
            {
                continue;
            }

            if (item.Value.Text("filename") is not { Length: > 0 } name)
            {
                problem(new SourceProblem(ProblemKind.BrokenEntry, where, "it has no filename"));
                continue;
            }

            var folder = item.Value.Text("filepath") ?? "";
            yield return new PictureEntry(where, folder.Length == 0 ? name : $"{folder}/{name}", Sentences(item.Value, where, problem), []);
        }

        if (_wanted?.FirstOrDefault(name => !splits.ContainsKey(name)) is { } absent)
        {
            throw new DataException($"{path} has no split \"{absent}\"; it has {string.Join(", ", splits.Select(pair => $"{pair.Key} ({pair.Value})"))}.");
        }
    }

    private static List<string> Sentences(JsonElement image, string where, Action<SourceProblem> problem)
    {
        List<string> captions = [];
        if (!image.TryMember("sentences", out var list) || list.ValueKind != JsonValueKind.Array)
        {
            return captions;
        }

        var number = 0;
        foreach (var sentence in list.EnumerateArray())
        {
            if (sentence.Text("raw") is { } caption)
            {
                captions.Add(caption);
            }
            else
            {
                problem(new SourceProblem(ProblemKind.BrokenEntry, $"{where}, sentences[{number}]", "it has no text \"raw\""));
            }

            number++;
        }

        return captions;
    }
}
