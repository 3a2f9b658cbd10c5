namespace TiMix.Data.Formats;

/// <summary>One entry of a source: which picture, and what is said of it. Nothing is opened, nothing checked.</summary>
/// <param name="Where">File and entry, for messages.</param>
/// <param name="Image">The picture's file, below the directory of pictures; in shards the key.</param>
/// <param name="Captions">As written.</param>
/// <param name="Regions">As written; boxes in pixels.</param>
internal sealed record PictureEntry(string Where, string Image, IReadOnlyList<string> Captions, IReadOnlyList<Region> Regions)
{
    /// <summary>The encoded picture, where it is not a file of its own.</summary>
    public byte[]? Bytes { get; init; }

    /// <summary>As written.</summary>
    public IReadOnlyList<Question> Questions { get; init; } = [];
}

/// <summary>A way to write down pictures with captions and boxes. One file a format.</summary>
internal interface IPictureFormat : IDisposable
{
    /// <summary>As <c>--format</c> calls it.</summary>
    string Name { get; }

    /// <summary>Where its pictures are unless the user says otherwise.</summary>
    string ImagesDirectory { get; }

    /// <summary>How entries that name the same picture are to be understood.</summary>
    Repetition Repetition { get; }

    /// <summary>
    /// The entries in stored order; may be called again and gives the same. Large files are streamed, so what is torn gives its
    /// first part.
    /// </summary>
    /// <param name="problem">Is told what cannot be used.</param>
    /// <exception cref="DataException">The source as a whole is not what the user said.</exception>
    IEnumerable<PictureEntry> Entries(Action<SourceProblem> problem);
}

/// <summary>What it means that two entries name the same picture.</summary>
internal enum Repetition
{
    /// <summary>An entry is a caption or a box: together they are the picture's.</summary>
    Ordinary,

    /// <summary>An entry is a picture: they are put together and reported.</summary>
    Mistake,

    /// <summary>Names say nothing; every entry is a picture.</summary>
    Meaningless,
}
