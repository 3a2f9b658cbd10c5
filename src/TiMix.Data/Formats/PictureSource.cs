namespace TiMix.Data.Formats;

/// <summary>A picture that can be used: it has been decoded, its captions and questions have words, its boxes lie in it.</summary>
/// <param name="Position">Of the picture in the source, from 0, those that cannot be used counted.</param>
/// <param name="Where">File and entry.</param>
/// <param name="Name">As the source calls it.</param>
/// <param name="Image">Encoded: JPEG, PNG or WebP.</param>
/// <param name="Extension">jpg, png or webp: what it is, not what its name says.</param>
/// <param name="Width">Pixels.</param>
/// <param name="Height">Pixels.</param>
/// <param name="Captions">In stored order; one at least, unless there is a question.</param>
/// <param name="Regions">In stored order.</param>
public sealed record SourcePicture(
    int Position, string Where, string Name, byte[] Image, string Extension, int Width, int Height, IReadOnlyList<string> Captions,
    IReadOnlyList<Region> Regions)
{
    /// <summary>In stored order.</summary>
    public IReadOnlyList<Question> Questions { get; init; } = [];
}

/// <summary>
/// Pictures with captions and boxes in any format that is known. Whatever is broken is reported, left out, and never ends the
/// reading. The order is that of the source.
/// </summary>
public sealed class PictureSource : IDisposable
{
    private const int Together = 32;
    private readonly IPictureFormat _format;
    private readonly PictureGroups _groups;
    private readonly PictureFiles _files;
    private readonly SourceOptions _options;

    private PictureSource(IPictureFormat format, SourceOptions options)
    {
        (_format, _options) = (format, options);
        _files = new PictureFiles(options.Images ?? format.ImagesDirectory);
        _groups = new PictureGroups(format);
    }

    /// <summary>Its format, one of <see cref="PictureFormats.Names"/>.</summary>
    public string Format => _format.Name;

    /// <summary>Pictures that it names, usable or not.</summary>
    public int Count => _groups.Count;

    /// <summary>Opens a source and counts its pictures: goes once over its text, opens no picture.</summary>
    /// <exception cref="DataException">It is not there, is of no known format, or names no picture.</exception>
    public static PictureSource Open(SourceOptions options)
    {
        var format = PictureFormats.Open(options);
        try
        {
            var source = new PictureSource(format, options);
            return source.Count > 0
                ? source
                : throw new DataException(
                    $"{options.Source}: names no picture, read as {format.Name}{FirstProblem(format)}; another format can be named by --format.");
        }
        catch
        {
            format.Dispose();
            throw;
        }
    }

    /// <summary>All pictures that can be used; may be called again. Files are read and decoded on all cores, some at a time.</summary>
    /// <param name="problem">Is told, in the order of the source, of everything that is wrong.</param>
    /// <param name="cancellation">Gives up.</param>
    /// <exception cref="DataException">The second source of boxes cannot be used or has nothing to do with the first.</exception>
    public IEnumerable<SourcePicture> Read(Action<SourceProblem> problem, CancellationToken cancellation = default)
    {
        var boxes = OpenBoxes(problem);
        var position = 0;
        foreach (var entries in _groups.Pictures(problem).Chunk(Together))
        {
            cancellation.ThrowIfCancellationRequested();
            var checks = new PictureCheck[entries.Length];
            for (var i = 0; i < entries.Length; i++)
            {
                var entry = boxes?.Of(entries[i].Image) is { Count: > 0 } more ? entries[i] with { Regions = [.. entries[i].Regions, .. more] } : entries[i];
                checks[i] = new PictureCheck(position++, entry, _files);
            }

            Parallel.ForEach(checks, new ParallelOptions { CancellationToken = cancellation }, check => check.Run());
            foreach (var check in checks)
            {
                check.Problems.ForEach(problem);
                if (check.Picture is { } picture)
                {
                    yield return picture;
                }
            }
        }

        if (boxes is { Found: 0 })
        {
            throw new DataException($"{_options.Boxes}: has boxes for {boxes.Count} pictures, none of which is in {_options.Source}.");
        }
    }

    /// <summary>Closes the source.</summary>
    public void Dispose() => _format.Dispose();

    private BoxesByName? OpenBoxes(Action<SourceProblem> problem)
    {
        if (_options.Boxes is null)
        {
            return null;
        }

        using var format = PictureFormats.Open(new SourceOptions { Source = _options.Boxes });
        return new BoxesByName(format, problem);
    }

    private static string FirstProblem(IPictureFormat format)
    {
        var problems = new ProblemTally(1);
        _ = format.Entries(problems.Add).Any();
        return problems.First.Count > 0 ? $" ({problems.First[0].Where}: {problems.First[0].What})" : "";
    }
}
