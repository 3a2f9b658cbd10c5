using System.CommandLine;
using System.Globalization;
using TiMix.Base;
using TiMix.Data.Formats;
using TiMix.Data.Text;
using TiMix.Node.Pictures;
using TiMix.Node.Processes;

namespace TiMix.Node.Commands;

/// <summary><c>timix data inspect</c>.</summary>
internal static class InspectCommand
{
    public static Command Inspect(TextWriter output)
    {
        var source = new SourceArguments();
        var sheet = new Option<string?>("--sheet") { Description = "Write a PNG of some pictures with captions and boxes here." };
        var count = new Option<int>("--sheet-pictures") { Description = "Pictures on the sheet, spread over the source.", DefaultValueFactory = _ => 24 };
        var vocabulary = new Option<string?>("--vocabulary") { Description = "Count the words that this WordPiece vocabulary (vocab.txt) does not have." };
        var command = new Command("inspect", """
            Reads and decodes every picture and says how many pairs, captions and boxes there are, and what is broken.
            Ends with 0 if a picture is usable, 1 if none is.

            Example: timix data inspect "data/sample/train-{000..007}.tar" --sheet sheet.png
                     timix data inspect captions_val2017.json --boxes instances_val2017.json --images val2017
            """)
        { sheet, count, vocabulary };
        source.AddTo(command);
        command.SetAction((parsed, stop) =>
        {
            var wanted = parsed.GetValue(count);
            if (wanted is < 1 or > 400)
            {
                throw new RunError($"--sheet-pictures is {wanted}; it must be from 1 to 400.");
            }

            var problems = source.Tally(parsed);
            var statistics = new SourceStatistics();
            var words = parsed.GetValue(vocabulary) is { } file ? new VocabularyCoverage(WordPieceTokenizer.Open(file)) : null;
            using var pictures = PictureSource.Open(source.Of(parsed));
            var shown = parsed.GetValue(sheet) is null ? null : new ContactSheet(pictures.Count, wanted);
            foreach (var picture in pictures.Read(problems.Add, stop))
            {
                statistics.Add(picture);
                foreach (var caption in words is null ? [] : picture.Captions)
                {
                    words!.Add(caption);
                }

                shown?.Offer(picture);
            }

            Write(output, pictures, statistics);
            if (words is not null)
            {
                var examples = words.Unknown > 0 ? $", such as {string.Join(", ", words.Examples)}" : "";
                output.WriteLine(string.Create(
                    CultureInfo.InvariantCulture,
                    $"unknown   {words.Unknown} of {words.Words} words ({words.Percent:F0} %) are not in the vocabulary{examples}"));
            }

            SourceArguments.Write(output, problems);
            if (shown is not null)
            {
                shown.Write(parsed.GetValue(sheet)!);
                output.WriteLine($"sheet     {parsed.GetValue(sheet)}");
            }

            return Task.FromResult(statistics.Pictures > 0 ? ExitCode.Done : ExitCode.Failed);
        });
        return command;
    }

    private static void Write(TextWriter output, PictureSource source, SourceStatistics found)
    {
        string Line(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
        output.WriteLine($"format    {source.Format}");
        output.WriteLine($"pictures  {source.Count}, {found.Pictures} of them usable");
        if (found.Pictures > 0)
        {
            if (found.Questions > 0)
            {
                output.WriteLine(Line($"questions {found.Questions} ({found.Questions / (double)found.Pictures:F1} a picture)"));
            }

            var (captionsAPicture, wordsACaption) = (found.Pairs / (double)found.Pictures, found.Words / (double)Math.Max(1, found.Pairs));
            var cut = $"training keeps the first 30: {found.CutCaptions} captions are longer";
            output.WriteLine(Line($"captions  {found.Pairs} ({captionsAPicture:F1} a picture, from {found.FewestCaptions} to {found.MostCaptions})"));
            output.WriteLine(Line($"words     {found.Words} ({wordsACaption:F1} a caption, at most {found.MostWords}; {cut})"));
            output.WriteLine(Line($"boxes     {found.Boxes} with {found.Phrases} phrases, in {found.PicturesWithBoxes} pictures"));
            output.WriteLine(Line($"bytes     {found.Bytes / 1e6:F1} MB of pictures"));
        }
    }
}
