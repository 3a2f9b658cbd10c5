using System.Globalization;
using CsvHelper;
using CsvHelper.Configuration;
using TiMix.Base;

namespace TiMix.Data.Formats;

/// <summary>
/// A table with a line of column names, as open_clip reads it: by default separated by tabs, picture in <c>filepath</c>, caption in
/// <c>title</c>. A picture may have many lines. Quotation marks enclose fields (doubled inside)
/// where a field begins with one, unless switched off; elsewhere they are text.
/// </summary>
internal sealed class TableFormat : IPictureFormat
{
    /// <summary>Lines that one field may go over; more of them come from a quotation mark that is opened and not closed.</summary>
    private const int MostLines = 20;

    private static readonly string[] ImageColumns = ["filepath", "image", "image_path", "filename", "file_name", "file", "path"];
    private static readonly string[] CaptionColumns = ["title", "caption", "text"];
    private readonly string _path;
    private readonly string _file;
    private readonly CsvConfiguration _configuration;
    private readonly int _image;
    private readonly int _caption;
    private readonly int _columns;
    private bool _bad;

    /// <exception cref="DataException">There is no line of names, or the columns are not among them.</exception>
    public TableFormat(SourceOptions options)
    {
        (_path, _file) = (options.Source, Path.GetFileName(options.Source));
        _configuration = new CsvConfiguration(CultureInfo.InvariantCulture)
        {
            Delimiter = options.Separator ?? (FirstLine().Contains('\t', StringComparison.Ordinal) ? "\t" : ","),
            Mode = options.Quoting ? CsvMode.RFC4180 : CsvMode.NoEscape,
            BadDataFound = _ => _bad = true,
            MaxFieldSize = 1 << 24,
        };
        using var parser = Open();
        if (!parser.Read())
        {
            throw new DataException($"{_path} is empty; its first line names the columns, such as filepath and title.");
        }

        var names = parser.Record!;
        _columns = names.Length;
        _image = Column(names, options.ImageKey, ImageColumns, "picture", "--image-key");
        _caption = Column(names, options.CaptionKey, CaptionColumns, "caption", "--caption-key");
    }

    public string Name => PictureFormats.Table;

    public string ImagesDirectory => Path.GetDirectoryName(Path.GetFullPath(_path))!;

    public Repetition Repetition => Repetition.Ordinary;

    public void Dispose()
    {
    }

    public IEnumerable<PictureEntry> Entries(Action<SourceProblem> problem)
    {
        using var parser = Open();
        parser.Read();
        for (var first = parser.RawRow + 1; Next(parser, problem) is { } fields; first = parser.RawRow + 1)
        {
            var (where, isOpen) = ($"{_file}: line {parser.RawRow}", false);
            var record = _bad ? LooseRecord.Split(parser.RawRecord, parser.Delimiter, out isOpen) : fields;
            if (isOpen)
            {
                problem(new SourceProblem(
                    ProblemKind.BrokenEntry, $"{_file}: line {first}", "a quotation mark is opened and not closed; --quoting false takes them as text"));
            }
            else if (record.Length != _columns)
            {
                problem(new SourceProblem(ProblemKind.BrokenEntry, where, $"{record.Length} columns where the first line names {_columns}"));
            }
            else if (record.Sum(field => field.Count(c => c == '\n')) > MostLines)
            {
                problem(new SourceProblem(ProblemKind.BrokenEntry, where, $"one entry over more than {MostLines} lines that end here: a quotation mark is "
                    + $"opened and not closed; --quoting false takes them as text"));
            }
            else if (record[_image].Length == 0)
            {
                problem(new SourceProblem(ProblemKind.BrokenEntry, where, "it names no picture"));
            }
            else
            {
                yield return new PictureEntry(where, record[_image], [record[_caption]], []);
            }
        }
    }

    private string[]? Next(CsvParser parser, Action<SourceProblem> problem)
    {
        _bad = false;
        try
        {
            return parser.Read() ? parser.Record : null;
        }
        catch (CsvHelperException)
        {
            problem(
                new SourceProblem(
                    ProblemKind.DamagedFile, $"{_file}: line {parser.RawRow}",
                    "a field has no end, perhaps because of a quotation mark that is not closed; the lines before it are used"));
            return null;
        }
    }

    private CsvParser Open() => new(new StreamReader(SourceFile.Open(_path)), _configuration);

    private string FirstLine()
    {
        using var reader = new StreamReader(SourceFile.Open(_path));
        return reader.ReadLine() ?? "";
    }

    private int Column(string[] names, string? wanted, string[] usual, string what, string option)
    {
        var at = wanted is null
            ? usual.Select(name => Array.IndexOf(names, name)).Where(index => index >= 0).DefaultIfEmpty(-1).First()
            : Array.IndexOf(names, wanted);
        return at >= 0 ? at : throw new DataException(
            $"{_path} has no column {(wanted is null ? $"for the {what} ({string.Join(", ", usual)})" : $"\"{wanted}\"")}; it has "
            + $"{string.Join(", ", names.Select(name => $"\"{Printable.Of(name)}\""))}. Name it by {option}, or the separator by --separator.");
    }
}
