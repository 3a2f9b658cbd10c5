using System.CommandLine;
using System.Globalization;
using TiMix.Actors.Runs;
using TiMix.Actors.Search;

namespace TiMix.Node.Commands;

/// <summary><c>timix classify</c>.</summary>
internal static class ClassifyCommand
{
    private const int ShownClasses = 30;
    private const int ShownPictures = 100;

    public static Command Classify(TextWriter output, TextWriter error)
    {
        var name = new Argument<string>("NAME|SNAPSHOT") { Description = "A run, whose newest snapshot is taken, or a snapshot's directory." };
        var images = new Option<string>("--images") { Description = "Folder with pictures; in a folder a class, to measure accuracy.", Required = true };
        var classes = new Option<string?>("--classes") { Description = "\"dog,cat\", or a file with a class a line. Default: the folders in --images." };
        var templates = new Option<string?>("--templates") { Description = "File with a template a line, {} where the class goes. Default: \"a photo of a {}\" and the like." };
        var json = new Option<bool>("--json") { Description = "One JSON value instead of text; has every picture." };
        var (runs, data) = (Shared.RunsDirectory(), Shared.DataDirectory());
        var command = new Command("classify", """
            Classifies pictures by the names of classes alone (zero-shot), and measures accuracy where folders name the classes.

            Example: timix classify sample-1 --images pictures --classes "dog,cat,horse"
            """)
        { name, images, classes, templates, json, runs, data };
        command.SetAction(async (parsed, stop) =>
        {
            var place = new ModelPlace(parsed.GetValue(name)!, parsed.GetValue(runs)!, parsed.GetValue(data)!);
            var result = await PictureClassification.RunAsync(
                place,
                parsed.GetValue(images)!,
                parsed.GetValue(classes) is { } given ? ClassesOf(given) : null,
                parsed.GetValue(templates) is { } file ? Lines(file) : PictureClassification.DefaultTemplates,
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

    private static IReadOnlyList<string> ClassesOf(string given) =>
        File.Exists(given) ? Lines(given) : [.. given.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries)];

    private static IReadOnlyList<string> Lines(string file)
    {
        try
        {
            return [.. File.ReadLines(file).Select(line => line.Trim()).Where(line => line.Length > 0)];
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new RunError($"{file} cannot be read: {error.Message}");
        }
    }

    private static void Write(ClassificationResult result, TextWriter output)
    {
        FolderReport.WriteUnknown(result.UnknownWords, output);
        if (result.Scores is { } scores)
        {
            output.WriteLine(string.Create(
                CultureInfo.InvariantCulture,
                $"{scores.Images.Sum()} pictures of {result.Classes.Count} classes, after {result.Step} steps: top-1 {scores.Top1:F2} %, top-5 {scores.Top5:F2} % (chance {100.0 / result.Classes.Count:F2} and {100.0 * Math.Min(5, result.Classes.Count) / result.Classes.Count:F2})"));
            output.WriteLine();
            output.WriteLine("class                     pictures   top-1");
            foreach (var (c, name) in result.Classes.Index().Where(entry => scores.Images[entry.Index] > 0).Take(ShownClasses))
            {
                output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{name,-26}{scores.Images[c],8}{scores.Classes[c],8:F1}"));
            }

            var (measured, elsewhere) = (scores.Images.Count(count => count > 0), result.Pictures.Count(picture => picture.Label is null));
            if (measured > ShownClasses)
            {
                output.WriteLine($"and {measured - ShownClasses} more (--json lists all)");
            }

            if (elsewhere > 0)
            {
                output.WriteLine($"{elsewhere} pictures lie in no folder that names a class and do not count");
            }
        }
        else
        {
            output.WriteLine($"{result.Pictures.Count} pictures, {result.Classes.Count} classes, after {result.Step} steps:");
            output.WriteLine();
            foreach (var picture in result.Pictures.Take(ShownPictures))
            {
                output.WriteLine($"{picture.Path}: {string.Join(", ", picture.Guesses.Take(3).Select(guess => string.Create(CultureInfo.InvariantCulture, $"{result.Classes[guess.Class]} {100 * guess.Probability:F0} %")))}");
            }

            if (result.Pictures.Count > ShownPictures)
            {
                output.WriteLine($"and {result.Pictures.Count - ShownPictures} more (--json lists all)");
            }
        }

        FolderReport.WriteProblems(result.Broken, output);
    }

    private static void WriteJson(ClassificationResult result, TextWriter output) => FolderReport.WriteJson(
        new
        {
            result.Step,
            result.Classes,
            top1 = result.Scores?.Top1,
            top5 = result.Scores?.Top5,
            perClass = result.Scores is { } scores
                ? result.Classes.Select((name, c) => new { name, pictures = scores.Images[c], top1 = scores.Images[c] == 0 ? (double?)null : scores.Classes[c] })
                : null,
            pictures = result.Pictures.Select(picture => new
            {
                picture.Path,
                picture.Label,
                guesses = picture.Guesses.Select(guess => new { name = result.Classes[guess.Class], guess.Probability }),
            }),
            result.Broken,
            result.UnknownWords,
        },
        output);
}
