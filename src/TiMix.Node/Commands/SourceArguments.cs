using System.CommandLine;
using System.Globalization;
using TiMix.Data.Formats;

namespace TiMix.Node.Commands;

/// <summary>The arguments of all commands that read pictures with captions in whatever format.</summary>
internal sealed class SourceArguments
{
    private readonly Argument<string> _source = new("SOURCE")
    {
        Description = "A file, the directory of Flickr30k Entities, or shards such as \"shards/train-{000..099}.tar\".",
    };
    private readonly Option<string?> _format = new("--format")
    {
        Description = $"{string.Join(", ", PictureFormats.Names)}; told from the content if left out.",
    };
    private readonly Option<string?> _images = new("--images")
    {
        Description = "Directory that the names of pictures start from; beside the file if left out.",
    };
    private readonly Option<string?> _split = new("--split")
    {
        Description = "Only these parts, for example test or train,restval (karpathy, flickr-entities).",
    };
    private readonly Option<string?> _boxes = new("--boxes")
    {
        Description = "A second source with boxes for the same pictures, for example COCO's instances.",
    };
    private readonly Option<string?> _annotations = new("--annotations") { Description = "The file with the answers to the questions of VQA v2 (vqa)." };
    private readonly Option<string?> _imageKey = new("--image-key") { Description = "Column or member that names the picture (table, list, regions)." };
    private readonly Option<string?> _captionKey = new("--caption-key") { Description = "Column or member with the caption (table, list, regions)." };
    private readonly Option<string?> _separator = new("--separator")
    {
        Description = "Between a table's columns: tab, comma, or a character; told from the first line if left out.",
    };
    private readonly Option<bool> _quoting = new("--quoting")
    {
        Description = "Whether quotation marks enclose a table's fields; with false they are text.",
        DefaultValueFactory = _ => true,
    };
    private readonly Option<int> _list = new("--list") { Description = "Problems that are listed, the first ones.", DefaultValueFactory = _ => 20 };

    /// <summary>Adds them to a command.</summary>
    public void AddTo(Command command)
    {
        command.Add(_source);
        Option[] all = [_format, _images, _split, _boxes, _annotations, _imageKey, _captionKey, _separator, _quoting, _list];
        Array.ForEach(all, command.Add);
    }

    /// <summary>What the user said.</summary>
    public SourceOptions Of(ParseResult parsed) => new()
    {
        Source = parsed.GetValue(_source)!,
        Format = parsed.GetValue(_format),
        Images = parsed.GetValue(_images),
        Split = parsed.GetValue(_split),
        Boxes = parsed.GetValue(_boxes),
        Annotations = parsed.GetValue(_annotations),
        ImageKey = parsed.GetValue(_imageKey),
        CaptionKey = parsed.GetValue(_captionKey),
        Separator = parsed.GetValue(_separator) switch { "tab" or "\\t" => "\t", "comma" => ",", "" => null, var other => other },
        Quoting = parsed.GetValue(_quoting),
    };

    /// <summary>Counts problems, and keeps as many as are to be listed.</summary>
    public ProblemTally Tally(ParseResult parsed) => new(Math.Max(0, parsed.GetValue(_list)));

    /// <summary>How many of each kind, then the first ones.</summary>
    public static void Write(TextWriter output, ProblemTally problems)
    {
        output.WriteLine($"problems  {problems.Total}");
        foreach (var (kind, count) in problems.ByKind)
        {
            output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"  {count,8}  {ProblemTally.NameOf(kind)}"));
        }

        foreach (var problem in problems.First)
        {
            output.WriteLine($"  {Line(problem.Where)}: {Line(problem.What)}");
        }

        var listed = problems.First.Sum(problem => problem.Count);
        if (listed < problems.Total && listed > 0)
        {
            output.WriteLine($"  … and {problems.Total - listed} more; --list {problems.Total} lists all.");
        }
    }

    /// <summary>What comes from the data may hold anything; here it stays one line and gives the terminal no orders.</summary>
    private static string Line(string text) => string.Concat(text.Select(c => char.IsControl(c) ? '\uFFFD' : c));
}
