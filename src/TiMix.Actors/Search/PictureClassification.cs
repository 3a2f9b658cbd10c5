using TiMix.Actors.Compute;
using TiMix.Actors.Runs;
using TiMix.Data;
using TiMix.Learning;

namespace TiMix.Actors.Search;

/// <summary>What one picture was taken for.</summary>
/// <param name="Path">Below the folder.</param>
/// <param name="Label">The class that its folder names; null: none.</param>
/// <param name="Guesses">Likeliest first, five at most.</param>
public sealed record ClassifiedPicture(string Path, string? Label, IReadOnlyList<ClassGuess> Guesses);

/// <summary>What classifying a folder came to.</summary>
/// <param name="Step">Of the snapshot.</param>
/// <param name="Classes">Names, as given.</param>
/// <param name="Scores">Over the pictures whose folder names a class; null if there is none.</param>
/// <param name="Pictures">All that can be used, by path.</param>
/// <param name="Broken">Those that cannot.</param>
/// <param name="UnknownWords">Words of the classes and templates that the vocabulary lacks.</param>
public sealed record ClassificationResult(
    long Step, IReadOnlyList<string> Classes, ZeroShotScores? Scores, IReadOnlyList<ClassifiedPicture> Pictures, IReadOnlyList<DataProblem> Broken, IReadOnlyList<string> UnknownWords);

/// <summary>Classification of pictures by the names of the classes alone.</summary>
public static class PictureClassification
{
    private const int Guesses = 5;

    /// <summary>What stands for the class in a template.</summary>
    public const string Slot = "{}";

    /// <summary>Templates that are used if none are given.</summary>
    public static IReadOnlyList<string> DefaultTemplates { get; } =
        ["{}", "a {}", "a photo of a {}", "a picture of a {}", "an image of a {}", "a photo of the {}", "a close-up of a {}"];

    /// <summary>
    /// Classifies the pictures of a folder. A class is the normalised mean of its prompts' features. A picture is of a class if
    /// the folder right below the given one, in which it lies, has the class's name (case and punctuation do not matter).
    /// </summary>
    /// <param name="place">Which model.</param>
    /// <param name="folder">With pictures, at any depth.</param>
    /// <param name="classes">Names; null: the folders right below are the classes.</param>
    /// <param name="templates">Each with <see cref="Slot"/> in it.</param>
    /// <param name="notice">Is told of progress.</param>
    /// <param name="stop">Gives up; what was encoded is kept.</param>
    /// <exception cref="RunError">There is no such snapshot, or classes or templates cannot be used.</exception>
    /// <exception cref="DataException">The folder cannot be used.</exception>
    public static async Task<ClassificationResult> RunAsync(
        ModelPlace place, string folder, IReadOnlyList<string>? classes, IReadOnlyList<string> templates, Action<string> notice, CancellationToken stop)
    {
        if (templates.Count == 0 || templates.FirstOrDefault(template => !template.Contains(Slot, StringComparison.Ordinal)) is not null)
        {
            throw new RunError(templates.Count == 0
                ? $"there is no template; right would be lines like \"a photo of a {Slot}\"."
                : $"the template \"{templates.First(template => !template.Contains(Slot, StringComparison.Ordinal))}\" has no {Slot} where the class goes; right would be \"a photo of a {Slot}\".");
        }

        using var thread = new ComputeThread("classification");
        return await thread.Run(() =>
        {
            var names = classes ?? FoldersOf(folder);
            var classOf = Numbered(names);
            using var model = new PictureModel(place, stop);
            string[] prompts = [.. names.SelectMany(name => templates.Select(template => template.Replace(Slot, name, StringComparison.Ordinal)))];
            var embeddings = ZeroShot.ClassEmbeddings(model.Texts(prompts), templates.Count, model.Width);
            var index = model.Index(folder, notice, stop);
            ReadOnlySpan<float> FeatureOf(int row) => index.Features.AsSpan(row * model.Width, model.Width);
            int[] labels = [.. index.Files.Select(file => FolderOf(file) is { } name && classOf.TryGetValue(CaptionText.Clean(name), out var label) ? label : -1)];
            var pictures = index.Files.Select((file, row) => new ClassifiedPicture(
                file.Path, labels[row] < 0 ? null : names[labels[row]], ZeroShot.Guess(FeatureOf(row), embeddings, model.Temperature, Guesses))).ToList();
            int[] labelled = [.. Enumerable.Range(0, labels.Length).Where(row => labels[row] >= 0)];
            var scores = labelled.Length == 0 ? null : ZeroShot.Score(
                [.. labelled.SelectMany(row => FeatureOf(row).ToArray())], embeddings, model.Width, [.. labelled.Select(row => labels[row])]);
            return new ClassificationResult(model.Step, names, scores, pictures, index.Broken, model.UnknownWords(prompts));
        }).ConfigureAwait(false);
    }

    private static string[] FoldersOf(string folder) =>
        [.. PictureFolder.List(folder).Select(FolderOf).OfType<string>().Distinct(StringComparer.Ordinal)];

    private static string? FolderOf(PictureFile file) => file.Path.IndexOf('/', StringComparison.Ordinal) is > 0 and var end ? file.Path[..end] : null;

    private static Dictionary<string, int> Numbered(IReadOnlyList<string> names)
    {
        var numbers = new Dictionary<string, int>(StringComparer.Ordinal);
        foreach (var (i, name) in names.Index())
        {
            var cleaned = CaptionText.Clean(name);
            if (cleaned.Length == 0 || !numbers.TryAdd(cleaned, i))
            {
                throw new RunError(cleaned.Length == 0 ? $"the class \"{name}\" has no word." : $"the class \"{name}\" is there twice.");
            }
        }

        return numbers.Count >= 2 ? numbers : throw new RunError(
            $"there {(numbers.Count == 1 ? "is one class" : "are no classes")}; two at least are needed, by --classes \"dog,cat\" or as a folder a class.");
    }
}
