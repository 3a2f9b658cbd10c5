namespace TiMix.Data.Formats;

/// <summary>What can be wrong with a source; each kind is counted for itself.</summary>
public enum ProblemKind
{
    /// <summary>A file is cut off or is not what its format says; what is complete before the damage is used.</summary>
    DamagedFile,

    /// <summary>An entry is not as the format wants it; it is left out, or the part of it that is named.</summary>
    BrokenEntry,

    /// <summary>There is no such file, or it is empty; the picture is left out.</summary>
    MissingPicture,

    /// <summary>The name leads out of the directory of pictures; the picture is left out.</summary>
    OutsideDirectory,

    /// <summary>The file is no picture that can be decoded; it is left out.</summary>
    BrokenPicture,

    /// <summary>A caption without a word; it is left out.</summary>
    EmptyCaption,

    /// <summary>A picture without any usable caption; it is left out.</summary>
    NoCaption,

    /// <summary>Text with bytes that are not UTF-8; it is kept.</summary>
    DamagedText,

    /// <summary>A box of no area, or that is not four numbers; it is left out.</summary>
    BadBox,

    /// <summary>A box that does not touch its picture; it is left out.</summary>
    BoxOutside,

    /// <summary>A box that reaches out of its picture by more than a pixel; it is cut at the edge.</summary>
    BoxCut,

    /// <summary>A box without words; it is left out.</summary>
    NoPhrase,

    /// <summary>A box of a crowd, as COCO marks many things of a category at once; it is left out.</summary>
    Crowd,

    /// <summary>A picture that has another size than its source says of its boxes; they are scaled to the picture that is there.</summary>
    OtherSize,

    /// <summary>A picture with boxes that its EXIF turns; nobody says whether they were drawn before that or after it. They are taken as before.</summary>
    Turned,

    /// <summary>Files in a shard that are whole and yet belong to no sample.</summary>
    NotUsed,

    /// <summary>The same thing twice: a picture (its entries become one), a caption (kept), a region (left out).</summary>
    Duplicate,
}

/// <summary>Something wrong in a source. Never fatal.</summary>
/// <param name="Kind">Counted by it.</param>
/// <param name="Where">File and entry, as one finds it there.</param>
/// <param name="What">What is wrong and, unless the kind says it, what became of it.</param>
public sealed record SourceProblem(ProblemKind Kind, string Where, string What)
{
    /// <summary>How many times, where one line tells of many.</summary>
    public int Count { get; init; } = 1;
}

/// <summary>Counts problems by kind and keeps the first few.</summary>
/// <param name="kept">How many are kept.</param>
public sealed class ProblemTally(int kept)
{
    private readonly int[] _counts = new int[Enum.GetValues<ProblemKind>().Length];
    private readonly List<SourceProblem> _first = [];

    /// <summary>All of them.</summary>
    public int Total => _counts.Sum();

    /// <summary>The first ones, in order.</summary>
    public IReadOnlyList<SourceProblem> First => _first;

    /// <summary>Kinds that occurred, in the order of the enumeration.</summary>
    public IEnumerable<(ProblemKind Kind, int Count)> ByKind => Enum.GetValues<ProblemKind>().Select(kind => (kind, this[kind])).Where(pair => pair.Item2 > 0);

    /// <summary>How many of a kind.</summary>
    public int this[ProblemKind kind] => _counts[(int)kind];

    /// <summary>One more.</summary>
    public void Add(SourceProblem problem)
    {
        _counts[(int)problem.Kind] += problem.Count;
        if (_first.Count < kept)
        {
            _first.Add(problem);
        }
    }

    /// <summary>A kind in words, for a table.</summary>
    public static string NameOf(ProblemKind kind) => kind switch
    {
        ProblemKind.DamagedFile => "damaged file",
        ProblemKind.BrokenEntry => "broken entry",
        ProblemKind.MissingPicture => "picture missing",
        ProblemKind.OutsideDirectory => "picture outside its directory",
        ProblemKind.BrokenPicture => "picture cannot be decoded",
        ProblemKind.EmptyCaption => "caption without a word",
        ProblemKind.NoCaption => "picture without a caption",
        ProblemKind.DamagedText => "text that is not UTF-8",
        ProblemKind.BadBox => "box of no area",
        ProblemKind.BoxOutside => "box outside its picture",
        ProblemKind.BoxCut => "box cut at the edge",
        ProblemKind.NoPhrase => "box without words",
        ProblemKind.Crowd => "box of a crowd",
        ProblemKind.OtherSize => "picture of another size than its boxes: scaled",
        ProblemKind.Turned => "picture with boxes that its EXIF turns: not turned",
        ProblemKind.NotUsed => "file of a shard that is not used",
        _ => "duplicate",
    };
}
