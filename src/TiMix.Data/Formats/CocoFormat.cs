using System.Text.Json;
using TiMix.Data.Text;

namespace TiMix.Data.Formats;

/// <summary>
/// COCO: <c>{"images": [{"id", "file_name"}], "annotations": [{"image_id", "caption"}], "categories": [{"id", "name"}]}</c>. An
/// annotation has a caption, or a bbox [x, y, w, h] with a category (instances) or a caption of its own (regions). Captions and
/// instances of the same pictures are two files: the second is given as boxes. An image's "width" and "height" say what size its boxes
/// are of; a box with "iscrowd" is of many things at once and is left out. An image may itself have a caption, which is then
/// also the phrase of its boxes (RefCOCO as MDETR writes it); such files name a picture once for every expression. The sections may stand in any
/// order; they are read
/// once, an element at a time, and joined in memory without outlines and whatever else is large.
/// </summary>
internal sealed class CocoFormat(string path) : IPictureFormat
{
    private static readonly string[] Sections = ["images", "annotations", "categories"];
    private readonly List<SourceProblem> _problems = [];
    private readonly string _file = Path.GetFileName(path);
    private List<Picture>? _pictures;
    private bool _expressions;

    public string Name => PictureFormats.Coco;

    public string ImagesDirectory => Path.GetDirectoryName(Path.GetFullPath(path))!;

    public Repetition Repetition => _expressions ? Repetition.Ordinary : Repetition.Mistake;

    public void Dispose()
    {
    }

    public IEnumerable<PictureEntry> Entries(Action<SourceProblem> problem)
    {
        _pictures ??= Join();
        _problems.ForEach(problem);
        foreach (var picture in _pictures)
        {
            yield return new PictureEntry($"{_file}: image {picture.Id}", picture.File, picture.Captions, picture.Regions);
        }
    }

    private List<Picture> Join()
    {
        var pictures = new List<Picture>();
        var byId = new Dictionary<string, Picture>(StringComparer.Ordinal);
        var categories = new Dictionary<string, string>(StringComparer.Ordinal);
        var annotations = new List<Annotation>();
        foreach (var item in JsonItems.Read(path, Sections, _problems.Add))
        {
            switch (item.Section)
            {
                case "images":
                    AddPicture(item, pictures, byId);
                    break;
                case "annotations":
                    if (ReadAnnotation(item) is { } annotation)
                    {
                        annotations.Add(annotation);
                    }

                    break;
                default:
                    if (item.Value.Identifier("id") is { } id && item.Value.Text("name") is { } name)
                    {
                        categories[id] = name;
                    }
                    else
                    {
                        Broken(item, "a category is {\"id\", \"name\"}");
                    }

                    break;
            }
        }

        foreach (var annotation in annotations)
        {
            Attach(annotation, byId, categories);
        }

        return pictures;
    }

    private void AddPicture(JsonItem item, List<Picture> pictures, Dictionary<string, Picture> byId)
    {
        if (item.Value.Identifier("id") is not { } id || item.Value.Text("file_name") is not { } file)
        {
            Broken(item, "an image is {\"id\", \"file_name\"}");
        }
        else if (!byId.TryAdd(id, new Picture(id, file, item.Value.Text("caption"), item.Value.PictureSize(), [], [])))
        {
            _problems.Add(new SourceProblem(ProblemKind.Duplicate, $"{_file}: images[{item.Index}]", $"a second image with id {id}; the first is used"));
        }
        else
        {
            pictures.Add(byId[id]);
            if (byId[id].Expression is { } expression)
            {
                _expressions = true;
                byId[id].Captions.Add(expression);
            }
        }
    }

    private Annotation? ReadAnnotation(JsonItem item)
    {
        var value = item.Value;
        if (value.Identifier("image_id") is not { } image)
        {
            Broken(item, "an annotation has an image_id");
            return null;
        }

        var caption = value.Text("caption");
        if (!value.TryMember("bbox", out var box) || box.ValueKind == JsonValueKind.Null)
        {
            if (caption is null)
            {
                Broken(item, "an annotation has a caption or a bbox");
                return null;
            }

            return new Annotation(item.Index, image, caption, null, null);
        }

        if (value.Box("bbox") is not { } four)
        {
            _problems.Add(new SourceProblem(ProblemKind.BadBox, $"{_file}: annotations[{item.Index}]", "its bbox is not four numbers"));
            return null;
        }

        if (value.Flag("iscrowd"))
        {
            _problems.Add(new SourceProblem(ProblemKind.Crowd, $"{_file}: annotations[{item.Index}]", "its box is of a crowd (iscrowd)"));
            return null;
        }

        return new Annotation(item.Index, image, caption, four, value.Identifier("category_id"));
    }

    private void Attach(Annotation annotation, Dictionary<string, Picture> byId, Dictionary<string, string> categories)
    {
        var where = $"{_file}: annotations[{annotation.Index}]";
        if (!byId.TryGetValue(annotation.Image, out var picture))
        {
            _problems.Add(new SourceProblem(ProblemKind.BrokenEntry, where, $"there is no image with id {annotation.Image}"));
        }
        else if (annotation.Box is not { } box)
        {
            picture.Captions.Add(annotation.Caption!);
        }
        else if ((annotation.Caption ?? picture.Expression ?? (
            annotation.Category is null ? null : categories.GetValueOrDefault(annotation.Category))) is { } phrase)
        {
            picture.Regions.Add(new Region(box, phrase) { Of = picture.Size });
        }
        else
        {
            _problems.Add(new SourceProblem(ProblemKind.NoPhrase, where, $"there is no category with id {annotation.Category ?? "(none)"}"));
        }
    }

    private void Broken(JsonItem item, string right) =>
        _problems.Add(new SourceProblem(ProblemKind.BrokenEntry, $"{_file}: {item.Section}[{item.Index}]", $"{right}; this one is not"));

    private sealed record Picture(string Id, string File, string? Expression, PictureSize? Size, List<string> Captions, List<Region> Regions);

    private sealed record Annotation(int Index, string Image, string? Caption, Box? Box, string? Category);
}
