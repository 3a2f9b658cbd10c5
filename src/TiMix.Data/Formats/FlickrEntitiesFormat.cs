using System.Globalization;
using System.Text.RegularExpressions;
using System.Xml;
using System.Xml.Linq;
using TiMix.Data.Text;

namespace TiMix.Data.Formats;

/// <summary>
/// Flickr30k Entities: a directory with Sentences/ID.txt, a caption a line in which <c>[/EN#5/people Two men]</c> names chain 5, and
/// Annotations/ID.xml with the boxes of the chains (corners counted from 1, both inclusive). Every phrase of a chain gets every box
/// of the chain; "size" says of what size of the picture. Splits are the lists train.txt, val.txt and test.txt in the directory. Pictures are ID.jpg.
/// </summary>
internal sealed partial class FlickrEntitiesFormat(string directory, string? split) : IPictureFormat
{
    private const int Deepest = 64;
    private static readonly string[] ImageFolders = ["flickr30k-images", "flickr30k_images", "images"];

    public string Name => PictureFormats.FlickrEntities;

    public string ImagesDirectory => ImageFolders.Select(folder => Path.Combine(directory, folder)).FirstOrDefault(Directory.Exists) ?? directory;

    public Repetition Repetition => Repetition.Mistake;

    /// <summary>Whether a directory looks like it.</summary>
    public static bool Fits(string directory) => Directory.Exists(Path.Combine(directory, "Sentences"));

    public void Dispose()
    {
    }

    public IEnumerable<PictureEntry> Entries(Action<SourceProblem> problem)
    {
        foreach (var (id, where) in Identifiers(problem))
        {
            var file = Path.Combine(directory, "Sentences", id + ".txt");
            string[] lines;
            try
            {
                lines = StoredText.Lines(File.ReadAllBytes(file));
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                problem(new SourceProblem(ProblemKind.BrokenEntry, where, $"Sentences/{id}.txt cannot be read: {e.Message}"));
                continue;
            }

            var (boxes, size) = Boxes(id, problem);
            List<string> captions = [];
            List<Region> regions = [];
            foreach (var line in lines)
            {
                captions.Add(Mark().Replace(line, match => match.Groups["phrase"].Value));
                foreach (var mark in Mark().Matches(line).Cast<Match>())
                {
                    var own = boxes.GetValueOrDefault(mark.Groups["chain"].Value, []);
                    regions.AddRange(own.Select(box => new Region(box, mark.Groups["phrase"].Value) { Of = size }));
                }
            }

            // The five captions of a picture say "a man" of the same box more than once: that is one region.
            yield return new PictureEntry($"Sentences/{id}.txt", id + ".jpg", captions, [.. regions.Distinct()]);
        }
    }

    [GeneratedRegex(@"\[/EN#(?<chain>\d+)(?:/[^\s\]]*)*\s+(?<phrase>[^\]]*)\]", RegexOptions.ExplicitCapture)]
    private static partial Regex Mark();

    [GeneratedRegex(@"^[A-Za-z0-9_-]+\z")]
    private static partial Regex Identifier();

    private IEnumerable<(string Id, string Where)> Identifiers(Action<SourceProblem> problem)
    {
        if (split is null)
        {
            return Directory.EnumerateFiles(Path.Combine(directory, "Sentences"), "*.txt")
                .Select(file => Path.GetFileNameWithoutExtension(file)).Order(StringComparer.Ordinal).Select(id => (id, $"Sentences/{id}.txt"));
        }

        var names = split.Split(',', StringSplitOptions.TrimEntries);
        if (names.FirstOrDefault(name => !Identifier().IsMatch(name) || !File.Exists(Path.Combine(directory, name + ".txt"))) is { } absent)
        {
            var there = Directory.EnumerateFiles(directory, "*.txt").Select(Path.GetFileNameWithoutExtension).Order(StringComparer.Ordinal);
            throw new DataException(
                $"{directory} has no list {absent}.txt for the split \"{absent}\"; it has {string.Join(", ", there.DefaultIfEmpty("none"))}.");
        }

        return names.SelectMany(name => Listed(name, problem));
    }

    private IEnumerable<(string Id, string Where)> Listed(string name, Action<SourceProblem> problem)
    {
        var number = 0;
        foreach (var line in File.ReadLines(Path.Combine(directory, name + ".txt")))
        {
            number++;
            var id = line.Trim();
            if (Identifier().IsMatch(id))
            {
                yield return (id, $"{name}.txt: line {number}");
            }
            else if (id.Length > 0)
            {
                problem(new SourceProblem(ProblemKind.BrokenEntry, $"{name}.txt: line {number}", "it is not the number of a picture"));
            }
        }
    }

    private (Dictionary<string, List<Box>> Boxes, PictureSize? Size) Boxes(string id, Action<SourceProblem> problem)
    {
        var boxes = new Dictionary<string, List<Box>>(StringComparer.Ordinal);
        var where = $"Annotations/{id}.xml";
        var file = Path.Combine(directory, "Annotations", id + ".xml");
        if (!File.Exists(file))
        {
            problem(new SourceProblem(ProblemKind.BrokenEntry, where, "there is no such file; the picture is used without boxes"));
            return (boxes, null);
        }

        XElement root;
        try
        {
            root = Load(file);
        }
        catch (XmlException e)
        {
            problem(new SourceProblem(ProblemKind.DamagedFile, where, $"no XML at line {e.LineNumber}; the picture is used without boxes"));
            return (boxes, null);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            problem(new SourceProblem(ProblemKind.BrokenEntry, where, $"it cannot be read ({e.Message}); the picture is used without boxes"));
            return (boxes, null);
        }

        foreach (var item in root.Elements("object"))
        {
            if (item.Element("bndbox") is not { } corners)
            {
                continue; // the whole scene, or not to be seen
            }

            if (Corner(corners, "xmin") is not { } left || Corner(corners, "ymin") is not { } top
                || Corner(corners, "xmax") is not { } right || Corner(corners, "ymax") is not { } bottom)
            {
                problem(new SourceProblem(ProblemKind.BadBox, where, "a bndbox is not xmin, ymin, xmax, ymax"));
                continue;
            }

            foreach (var chain in item.Elements("name").Select(name => name.Value.Trim()))
            {
                (boxes.TryGetValue(chain, out var own) ? own : boxes[chain] = []).Add(new Box(left - 1, top - 1, right - left + 1, bottom - top + 1));
            }
        }

        return (boxes, root.Element("size") is { } size && Corner(size, "width") is > 0 and var width && Corner(size, "height") is > 0 and var height
            ? new PictureSize(width, height)
            : null);
    }

    /// <summary>A small document. Elements in one another without end, which nobody writes, would take the stack with them.</summary>
    /// <exception cref="XmlException">It is no XML, or deeper than <see cref="Deepest"/>.</exception>
    private static XElement Load(string file)
    {
        var settings = new XmlReaderSettings { DtdProcessing = DtdProcessing.Prohibit, XmlResolver = null };
        using (var look = XmlReader.Create(file, settings))
        {
            while (look.Read())
            {
                if (look.Depth > Deepest)
                {
                    throw new XmlException("too deep", null, ((IXmlLineInfo)look).LineNumber, 0);
                }
            }
        }

        using var reader = XmlReader.Create(file, settings);
        return XElement.Load(reader);
    }

    private static float? Corner(XElement box, string name) =>
        float.TryParse(box.Element(name)?.Value, NumberStyles.Float, CultureInfo.InvariantCulture, out var value) && float.IsFinite(value) ? value : null;
}
