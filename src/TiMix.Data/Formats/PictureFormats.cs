using System.Text.Json;
using TiMix.Data.Text;

namespace TiMix.Data.Formats;

/// <summary>The formats by name, and telling them apart.</summary>
public static class PictureFormats
{
    /// <summary>WebDataset shards (tar).</summary>
    public const string Shards = "shards";

    /// <summary>COCO captions, instances or regions.</summary>
    public const string Coco = "coco";

    /// <summary>ALBEF and TiMix lists.</summary>
    public const string List = "list";

    /// <summary>X-VLM and TiMix lists with regions.</summary>
    public const string Regions = "regions";

    /// <summary>Tab- or comma-separated table with a line of names, as in open_clip.</summary>
    public const string Table = "table";

    /// <summary>Karpathy's dataset_coco.json and dataset_flickr30k.json.</summary>
    public const string Karpathy = "karpathy";

    /// <summary>The directory of Flickr30k Entities.</summary>
    public const string FlickrEntities = "flickr-entities";

    /// <summary>Questions of VQA v2, with the answers in a second file.</summary>
    public const string Vqa = "vqa";

    private const int Looked = 1 << 18;

    /// <summary>All names.</summary>
    public static IReadOnlyList<string> Names { get; } = [Shards, Coco, List, Regions, Table, Karpathy, FlickrEntities, Vqa];

    internal static IPictureFormat Open(SourceOptions options)
    {
        var source = options.Source;
        if (options.Format is { } named && !Names.Contains(named))
        {
            throw new DataException($"\"{named}\" is no format; right would be {string.Join(", ", Names)}.");
        }

        // A pattern of shards is not the name of a file; everything else must be there.
        if (!LooksLikeShards(source) && options.Format != Shards && !File.Exists(source) && !Directory.Exists(source))
        {
            throw new DataException($"{source}: there is no such file or directory.");
        }

        var format = options.Format ?? Detect(source);
        if (options.Split is not null && format is not (Karpathy or FlickrEntities))
        {
            throw new DataException($"{source}: the format {format} has no splits; leave --split out ({Karpathy} and {FlickrEntities} have them).");
        }

        if (format == FlickrEntities != Directory.Exists(source) && format != Shards)
        {
            throw new DataException(format == FlickrEntities
                ? $"{source} is a file; {FlickrEntities} is a directory with Sentences and Annotations."
                : $"{source} is a directory; {format} is a file.");
        }

        if (format == FlickrEntities && !FlickrEntitiesFormat.Fits(source))
        {
            throw new DataException($"{source} has no directory Sentences; {FlickrEntities} has Sentences and Annotations in it.");
        }

        if (format == Vqa != options.Annotations is not null)
        {
            throw new DataException(format == Vqa
                ? $"{source}: the answers to these questions are in a second file; name it by --annotations (v2_mscoco_…_annotations.json)."
                : $"{source}: the format {format} has no file of answers; leave --annotations out ({Vqa} has one).");
        }

        return format switch
        {
            Vqa => new VqaFormat(source, options.Annotations!),
            Shards => new ShardFormat(source),
            Coco => new CocoFormat(source),
            Karpathy => new KarpathyFormat(source, options.Split),
            FlickrEntities => new FlickrEntitiesFormat(source, options.Split),
            Table => new TableFormat(options),
            _ => new ListFormat(source, Look(source).Lines, format == Regions, options.ImageKey ?? "image", options.CaptionKey ?? "caption"),
        };
    }

    /// <summary>The format of a source, from its name and the first part of its content.</summary>
    /// <exception cref="DataException">It is none of them.</exception>
    public static string Detect(string source)
    {
        if (LooksLikeShards(source))
        {
            return Shards;
        }

        if (Directory.Exists(source))
        {
            return FlickrEntitiesFormat.Fits(source)
                ? FlickrEntities
                : throw new DataException($"{source} is a directory without Sentences and Annotations; name a file in it, or shards such as "
                    + $"{source.TrimEnd('/')}/train-{{000..007}}.tar.");
        }

        if (Path.GetExtension(source).ToLowerInvariant() is ".tsv" or ".csv")
        {
            return Table;
        }

        var (kind, lines) = Look(source);
        return kind
            ?? throw new DataException(
                $"{source}: cannot be told from its content{(lines ? " (a JSON object without \"image\")" : "")}; say --format {string.Join(", ", Names)}.");
    }

    private static bool LooksLikeShards(string source) =>
        source.EndsWith(".tar", StringComparison.OrdinalIgnoreCase) || (source.Contains('{', StringComparison.Ordinal) && !File.Exists(source));

    /// <summary>Which kind of json, and whether it is an object a line.</summary>
    private static (string? Kind, bool Lines) Look(string path)
    {
        using var file = SourceFile.OpenJson(path);
        var bytes = new byte[Looked];
        var read = file.ReadAtLeast(bytes, bytes.Length, throwOnEndOfStream: false);
        var head = bytes.AsSpan(0, read);
        head = head.StartsWith("\uFEFF"u8) ? head[3..] : head;
        var array = head.TrimStart(" \t\r\n"u8).StartsWith("["u8);
        var (outer, inner) = Members(head, array ? 1 : 0);
        if (array || outer.Contains("image"))
        {
            return (outer.Contains("elems") ? Regions : array || outer.Contains("caption") ? List : Regions, !array);
        }

        if (inner.Contains("sentences") || inner.Contains("sentids"))
        {
            return (Karpathy, false);
        }

        if (outer.Contains("questions"))
        {
            return (Vqa, false);
        }

        return (outer.Contains("images") || outer.Contains("annotations") ? Coco : null, outer.Count > 0);
    }

    /// <summary>Names of members at a depth, and two below it, in the first object at that depth.</summary>
    private static (HashSet<string> Outer, HashSet<string> Inner) Members(ReadOnlySpan<byte> head, int depth)
    {
        HashSet<string> outer = [], inner = [];
        var reader = new Utf8JsonReader(head, isFinalBlock: false, default);
        try
        {
            while (reader.Read())
            {
                if (reader.TokenType == JsonTokenType.PropertyName && reader.CurrentDepth == depth + 1)
                {
                    outer.Add(reader.AsText() ?? "");
                }
                else if (reader.TokenType == JsonTokenType.PropertyName && reader.CurrentDepth == depth + 3)
                {
                    inner.Add(reader.AsText() ?? "");
                }
                else if (reader.TokenType == JsonTokenType.EndObject && reader.CurrentDepth == depth)
                {
                    break;
                }
            }
        }
        catch (JsonException)
        {
            // Torn here or no json at all: what was seen decides.
        }

        return (outer, inner);
    }
}
