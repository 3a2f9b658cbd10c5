namespace TiMix.Data.Formats;

/// <summary>Where pictures and captions are, and how they are written down.</summary>
public sealed record SourceOptions
{
    /// <summary>A file, a directory (Flickr30k Entities) or a pattern of shards.</summary>
    public required string Source { get; init; }

    /// <summary>One of <see cref="PictureFormats.Names"/>; null: told from name and content.</summary>
    public string? Format { get; init; }

    /// <summary>Directory that the names of pictures start from; null: beside the file.</summary>
    public string? Images { get; init; }

    /// <summary>Parts to take, separated by commas, where the format has parts; null: all.</summary>
    public string? Split { get; init; }

    /// <summary>A second source in any format whose boxes are added to the pictures of the same name; null: none.</summary>
    public string? Boxes { get; init; }

    /// <summary>The file with the answers to the questions of a source of VQA v2; null: none.</summary>
    public string? Annotations { get; init; }

    /// <summary>Column (tables) or member (lists) that names the picture; null: the usual names.</summary>
    public string? ImageKey { get; init; }

    /// <summary>Column (tables) or member (lists) with the caption; null: the usual names.</summary>
    public string? CaptionKey { get; init; }

    /// <summary>Separator of a table's columns; null: a tab if the first line has one, else a comma.</summary>
    public string? Separator { get; init; }

    /// <summary>Whether quotation marks in a table enclose fields; if not they are text like any other.</summary>
    public bool Quoting { get; init; } = true;
}
