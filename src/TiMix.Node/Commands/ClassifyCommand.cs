using System.CommandLine;
using System.Globalization;
using TiMix.Base;
using TiMix.Learning.Metrics;
using TiMix.Node.Processes;
using TiMix.Work.Search;

namespace TiMix.Node.Commands;

/// <summary><c>timix classify</c>.</summary>
internal static class ClassifyCommand
{
    private const int ShownClasses = 30;
    private const int ShownPictures = 100;
    private const int ShownGuesses = 3;
    private const int LongestName = 40;

    public static Command Classify(TextWriter output, TextWriter error)
    {
        var images = FolderReport.Images();
        var run = FolderReport.Run();
        var labels = new Option<string?>("--labels") { Description = "\"dog,cat\", or a file with a label a line; default: the folders right below --images." };
        var templates = new Option<string[]>("--template")
        {
            Description = "A text with {} where the label goes, or a file with one a line; may be repeated: a class is the mean of its prompts. Default: \"a "
                + "photo of a {}\" and the like.",
        };
        var json = new Option<bool>("--json") { Description = "One JSON value instead of text; has every picture." };
        var (runs, data) = (Shared.RunsDirectory(), Shared.DataDirectory());
        var command = new Command("classify", """
            Classifies pictures by the names of classes alone (zero-shot). Where --images has a folder for each class, accuracy
            is measured.

            Example: timix classify --images pictures --labels "dog,cat,horse"
                     timix classify --images pets --template "a photo of a {}" --template "a small {}"
            """)
        { images, run, labels, templates, json, runs, data };
        command.SetAction(async (parsed, stop) =>
        {
            var place = new ModelPlace(parsed.GetValue(run), parsed.GetValue(runs)!, parsed.GetValue(data)!);
            var result = await PictureClassification.RunAsync(
                place,
                parsed.GetValue(images)!,
                parsed.GetValue(labels) is { } given ? LabelsOf(given) : null,
                parsed.GetValue(templates) is { Length: > 0 } texts ? TemplatesOf(texts) : null,
                error.WriteLine,
                stop).ConfigureAwait(false);
            if (parsed.GetValue(json))
            {
                WriteJson(result, output);
            }
            else
            {
                Write(result, output);
            }

            return ExitCode.Done;
        });
        return command;
    }

    private static IReadOnlyList<string> LabelsOf(string given) =>
        File.Exists(given) ? Lines(given) : [.. given.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries)];

    private static IReadOnlyList<string> TemplatesOf(string[] given) => [.. given.SelectMany(text => File.Exists(text) ? Lines(text) : [text])];

    private static IReadOnlyList<string> Lines(string file)
    {
        try
        {
            string[] lines = [.. File.ReadLines(file).Select(line => line.Trim()).Where(line => line.Length > 0)];
            return lines.Length > 0 ? lines : throw new RunError($"{file} has no line with a text.");
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new RunError($"{file} cannot be read: {error.Message}");
        }
    }

    private static void Write(ClassificationResult result, TextWriter output)
    {
        output.WriteLine($"{result.Pictures.Count} pictures, {result.Labels.Count} classes, {result.Templates.Count} "
            + $"{(result.Templates.Count == 1 ? "template" : "templates")}, by {result.Model} after {result.Step} steps");
        if (result.UnknownWords.Count > 0)
        {
            output.WriteLine(FolderReport.Unknown(result.UnknownWords));
        }

        if (result.CutPrompts.Count > 0)
        {
            output.WriteLine($"longer than what the model reads, so cut: {FolderReport.Some(result.CutPrompts)}");
        }

        output.WriteLine();
        if (result.Scores is { } scores)
        {
            WriteScores(result, scores, output);
        }
        else
        {
            WriteGuesses(result, output);
        }

        FolderReport.WriteProblems(result.Broken, output);
    }

    private static void WriteScores(ClassificationResult result, ZeroShotScores scores, TextWriter output)
    {
        var count = result.Labels.Count;
        output.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"top-1 {scores.Top1:F2} %, top-5 {scores.Top5:F2} % (chance {100.0 / count:F2} and {100.0 * Math.Min(5, count) / count:F2})"));
        output.WriteLine();
        var shown = result.Labels.Index().Where(entry => scores.Images[entry.Index] > 0).ToList();
        var width = Math.Clamp(shown.Max(entry => entry.Item.Length), "class".Length, LongestName);
        output.WriteLine($"{"class".PadRight(width)}  pictures   top-1");
        foreach (var (c, name) in shown.Take(ShownClasses))
        {
            output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{name.PadRight(width)}{scores.Images[c],10}{scores.Classes[c],8:F1}"));
        }

        if (shown.Count > ShownClasses)
        {
            output.WriteLine($"and {shown.Count - ShownClasses} more (--json lists all)");
        }

        var elsewhere = result.Pictures.Count(picture => picture.Label is null);
        if (elsewhere > 0)
        {
            output.WriteLine($"{elsewhere} in no folder that names a class: not counted");
        }
    }

    private static void WriteGuesses(ClassificationResult result, TextWriter output)
    {
        foreach (var picture in result.Pictures.Take(ShownPictures))
        {
            var guesses = picture.Guesses.Take(ShownGuesses).Select(
                guess => string.Create(CultureInfo.InvariantCulture, $"{result.Labels[guess.Class]} {100 * guess.Probability:F0} %"));
            output.WriteLine($"{picture.Path}: {string.Join(", ", guesses)}");
        }

        if (result.Pictures.Count > ShownPictures)
        {
            output.WriteLine($"and {result.Pictures.Count - ShownPictures} more (--json lists all)");
        }
    }

    private static void WriteJson(ClassificationResult result, TextWriter output) => FolderReport.WriteJson(
        new
        {
            result.Model,
            result.Step,
            result.Labels,
            result.Templates,
            top1 = result.Scores?.Top1,
            top5 = result.Scores?.Top5,
            perClass = result.Scores is { } scores
                ? result.Labels.Select((name, c) => new { name, pictures = scores.Images[c], top1 = scores.Images[c] == 0 ? (double?)null : scores.Classes[c] })
                : null,
            pictures = result.Pictures.Select(picture => new
            {
                picture.Path,
                picture.Label,
                guesses = picture.Guesses.Select(guess => new { name = result.Labels[guess.Class], guess.Probability }),
            }),
            result.Broken,
            result.UnknownWords,
            result.CutPrompts,
        },
        output);
}
