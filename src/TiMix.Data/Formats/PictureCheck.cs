using TiMix.Data.Images;
using TiMix.Data.Text;

namespace TiMix.Data.Formats;

/// <summary>Looks at one picture with all that is said of it. Checks of different pictures may run side by side.</summary>
internal sealed class PictureCheck(int position, PictureEntry entry, PictureFiles files)
{
    private const long MostPixels = 64L << 20;

    /// <summary>Boxes are often rounded: so far out of the picture is no mistake.</summary>
    private const float Tolerance = 1;

    /// <summary>What is wrong, in order.</summary>
    public List<SourceProblem> Problems { get; } = [];

    /// <summary>The picture, if it can be used.</summary>
    public SourcePicture? Picture { get; private set; }

    public void Run()
    {
        var (captions, questions) = (Captions(), Questions());
        try
        {
            var bytes = entry.Bytes ?? files.Read(entry.Image);
            if (bytes.Length == 0)
            {
                throw new PictureException(ProblemKind.MissingPicture, "it has no picture");
            }

            using var image = ImageDecoder.Decode(bytes, MostPixels);
            var extension = PictureKinds.ExtensionOf(bytes)!;
            var regions = Regions(image);
            if (captions.Count + questions.Count > 0)
            {
                Picture = new SourcePicture(
                    position, entry.Where, entry.Image, bytes, extension, image.Width, image.Height, captions, regions)
                { Questions = questions };
            }
        }
        catch (PictureException e)
        {
            Add(e.Kind, entry.Where, e.Message);
        }
        catch (SampleException e)
        {
            Add(ProblemKind.BrokenPicture, entry.Where, $"{entry.Image}: {e.Message}");
        }

        if (captions.Count + questions.Count == 0)
        {
            Add(ProblemKind.NoCaption, entry.Where, $"{entry.Image} has no caption with a word");
        }
    }

    private List<string> Captions()
    {
        var usable = new List<string>(entry.Captions.Count);
        for (var i = 0; i < entry.Captions.Count; i++)
        {
            var caption = entry.Captions[i];
            var where = entry.Captions.Count == 1 ? entry.Where : $"{entry.Where}, caption {i + 1}";
            if (!CaptionText.HasWord(CaptionText.Clean(caption)))
            {
                Add(ProblemKind.EmptyCaption, where, caption.Length == 0 ? "it is empty" : "it has no word");
                continue;
            }

            if (caption.Contains('\uFFFD', StringComparison.Ordinal))
            {
                Add(ProblemKind.DamagedText, where, "it has bytes that are not UTF-8; it is kept");
            }
            else if (caption.Contains('\0', StringComparison.Ordinal))
            {
                Add(ProblemKind.DamagedText, where, "it has bytes of zero, perhaps UTF-16 without the mark that says so; it is kept");
            }

            if (usable.Contains(caption))
            {
                Add(ProblemKind.Duplicate, where, "the same caption once more; it is kept");
            }

            usable.Add(caption);
        }

        return usable;
    }

    private List<Question> Questions()
    {
        var usable = new List<Question>(entry.Questions.Count);
        for (var i = 0; i < entry.Questions.Count; i++)
        {
            var (text, answers) = entry.Questions[i];
            if (CaptionText.HasWord(CaptionText.Clean(text)) && answers.Any(answer => CaptionText.Clean(answer).Length > 0))
            {
                usable.Add(entry.Questions[i]);
            }
            else
            {
                Add(
                    ProblemKind.EmptyCaption, entry.Questions.Count == 1 ? entry.Where : $"{entry.Where}, question {i + 1}",
                    "it has no word, or no answer with one");
            }
        }

        return usable;
    }

    private List<Region> Regions(DecodedImage image)
    {
        Compare(image);
        var (width, height) = (image.Width, image.Height);
        var usable = new List<Region>(entry.Regions.Count);
        var seen = new HashSet<Region>(entry.Regions.Count);
        for (var i = 0; i < entry.Regions.Count; i++)
        {
            var phrase = entry.Regions[i].Phrase;
            var box = BoxFit.ToStored(entry.Regions[i].Box, entry.Regions[i].Of, image);
            var where = $"{entry.Where}, box {i + 1}";
            if (!CaptionText.HasWord(CaptionText.Clean(phrase)))
            {
                Add(ProblemKind.NoPhrase, where, "its phrase has no word");
            }
            else if (!(box.Width > 0 && box.Height > 0))
            {
                Add(ProblemKind.BadBox, where, FormattableString.Invariant($"{Text(box)} has no area"));
            }
            else if (box.X >= width || box.Y >= height || box.X + box.Width <= 0 || box.Y + box.Height <= 0)
            {
                Add(ProblemKind.BoxOutside, where, $"{Text(box)} does not touch the picture of {width} x {height}");
            }
            else if (!seen.Add(new Region(box, phrase)))
            {
                Add(ProblemKind.Duplicate, where, "the same box with the same phrase once more; it is left out");
            }
            else
            {
                usable.Add(new Region(Inside(box, width, height, where), phrase));
            }
        }

        return usable;
    }

    /// <summary>Says once of a picture that its boxes are of another size, or that nobody says whether they are turned as its EXIF turns it.</summary>
    private void Compare(DecodedImage image)
    {
        if (entry.Regions.FirstOrDefault(region => BoxFit.Differs(region.Of, image))?.Of is { } of)
        {
            var how = BoxFit.IsTurned(of, image) ? "turned as its EXIF says, and scaled where need be" : "scaled";
            Add(ProblemKind.OtherSize, entry.Where, FormattableString.Invariant(
                $"{entry.Image} is {image.Width} x {image.Height}, its boxes are of {of.Width} x {of.Height}: {how}"));
        }
        else if (image.Orientation != 1 && entry.Regions.Any(region => region.Of is null || image.Orientation < 5 || image.Width == image.Height))
        {
            Add(
                ProblemKind.Turned, entry.Where,
                $"the EXIF of {entry.Image} turns it (orientation {image.Orientation}); its boxes are taken as of the picture as stored");
        }
    }

    private Box Inside(Box box, int width, int height, string where)
    {
        if (box.X >= -Tolerance && box.Y >= -Tolerance && box.X + box.Width <= width + Tolerance && box.Y + box.Height <= height + Tolerance)
        {
            return box;
        }

        Add(ProblemKind.BoxCut, where, $"{Text(box)} reaches out of the picture of {width} x {height}");
        float left = Math.Max(0, box.X), top = Math.Max(0, box.Y);
        return new Box(left, top, Math.Min(width, box.X + box.Width) - left, Math.Min(height, box.Y + box.Height) - top);
    }

    private void Add(ProblemKind kind, string where, string what) => Problems.Add(new SourceProblem(kind, where, what));

    private static string Text(Box box) => FormattableString.Invariant($"[{box.X}, {box.Y}, {box.Width}, {box.Height}]");
}
