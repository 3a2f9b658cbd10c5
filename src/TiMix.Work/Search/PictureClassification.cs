using TiMix.Base;
using TiMix.Data;
using TiMix.Data.Pictures;
using TiMix.Data.Text;
using TiMix.Learning.Metrics;
using TiMix.Work.Compute;

namespace TiMix.Work.Search;

/// <summary>What one picture was taken for.</summary>
/// <param name="Path">Below the folder.</param>
/// <param name="Label">The class that its folder names; null: none.</param>
/// <param name="Guesses">Likeliest first, five at most.</param>
public sealed record ClassifiedPicture(string Path, string? Label, IReadOnlyList<ClassGuess> Guesses);

/// <summary>What classifying a folder came to.</summary>
/// <param name="Model">The run, or the snapshot's directory.</param>
/// <param name="Step">Of the snapshot.</param>
/// <param name="Labels">Names of the classes, as given.</param>
/// <param name="Templates">That were used.</param>
/// <param name="Scores">Over the pictures whose folder names a class; null if there is none.</param>
/// <param name="Pictures">All that can be used, by path.</param>
/// <param name="Broken">Pictures and folders that cannot be used.</param>
/// <param name="UnknownWords">Words of labels and templates that the vocabulary lacks.</param>
/// <param name="CutPrompts">Prompts longer than the model's context.</param>
public sealed record ClassificationResult(
    string Model,
    long Step,
    IReadOnlyList<string> Labels,
    IReadOnlyList<string> Templates,
    ZeroShotScores? Scores,
    IReadOnlyList<ClassifiedPicture> Pictures,
    IReadOnlyList<DataProblem> Broken,
    IReadOnlyList<string> UnknownWords,
    IReadOnlyList<string> CutPrompts);

/// <summary>Classification of pictures by the names of the classes alone.</summary>
public static class PictureClassification
{
    private const int Guesses = 5;

    /// <summary>What stands for the class in a template.</summary>
    public const string Slot = "{}";

    /// <summary>Templates that are used if none are given, as far as the vocabulary has their words.</summary>
    public static IReadOnlyList<string> DefaultTemplates { get; } =
        ["{}", "a {}", "a photo of a {}", "a picture of a {}", "an image of a {}", "a photo of the {}", "a close-up of a {}"];

    /// <summary>
    /// Classifies the pictures of a folder. A class is the normalised mean of its prompts' features. A picture is of a class if
    /// the folder right below the given one, in which it lies, has the class's name (case and punctuation do not matter).
    /// </summary>
    /// <param name="place">Which model.</param>
    /// <param name="folder">With pictures, at any depth.</param>
    /// <param name="labels">Names of the classes; null: those of the folders right below.</param>
    /// <param name="templates">Each with <see cref="Slot"/> in it; null: the default ones.</param>
    /// <param name="notice">Is told of progress.</param>
    /// <param name="stop">Gives up; what was encoded is kept.</param>
    /// <exception cref="RunError">There is no such snapshot, or labels or templates cannot be used.</exception>
    /// <exception cref="DataException">The folder cannot be used.</exception>
    public static async Task<ClassificationResult> RunAsync(
        ModelPlace place, string folder, IReadOnlyList<string>? labels, IReadOnlyList<string>? templates, Action<string> notice, CancellationToken stop)
    {
        if (templates?.FirstOrDefault(template => !template.Contains(Slot, StringComparison.Ordinal)) is { } wrong)
        {
            throw new RunError($"the template \"{wrong}\" has no {Slot} where the label goes, and is no file; right would be \"a photo of a {Slot}\".");
        }

        using var thread = new ComputeThread("classification");
        return await thread.Run(() =>
        {
            var listing = PictureFolder.List(folder);
            var names = labels ?? FoldersOf(listing);
            var classOf = Numbered(names);
            using var model = new PictureModel(place, stop);
            var used = templates ?? [.. DefaultTemplates.Where(template => IsKnown(template, model))];
            string[] prompts = [.. names.SelectMany(name => used.Select(template => template.Replace(Slot, name, StringComparison.Ordinal)))];
            TextReading[] readings = [.. prompts.Select(model.ReadingOf)];
            var embeddings = ZeroShot.ClassEmbeddings(model.Texts(readings), used.Count, model.Width);
            var index = model.Index(listing, notice, stop);
            ReadOnlySpan<float> FeatureOf(int row) => index.Features.AsSpan(row * model.Width, model.Width);
            int[] truth =
                [.. index.Files.Select(file => FolderOf(file) is { } name && classOf.TryGetValue(CaptionText.Clean(name), out var label) ? label : -1)];
            var pictures = index.Files.Select((file, row) => new ClassifiedPicture(
                file.Path, truth[row] < 0 ? null : names[truth[row]], ZeroShot.Guess(FeatureOf(row), embeddings, model.Temperature, Guesses))).ToList();
            int[] labelled = [.. Enumerable.Range(0, truth.Length).Where(row => truth[row] >= 0)];
            var scores = labelled.Length == 0 ? null : ZeroShot.Score(
                [.. labelled.SelectMany(row => FeatureOf(row).ToArray())], embeddings, model.Width, [.. labelled.Select(row => truth[row])]);
            return new ClassificationResult(
                model.Name,
                model.Step,
                names,
                used,
                scores,
                pictures,
                index.Broken,
                [.. readings.SelectMany(reading => reading.Unknown).Distinct(StringComparer.Ordinal)],
                [.. prompts.Where((_, i) => readings[i].Unread.Count > 0)]);
        }).ConfigureAwait(false);
    }

    private static bool IsKnown(string template, PictureModel model)
    {
        var words = template.Replace(Slot, "", StringComparison.Ordinal);
        return !CaptionText.HasWord(CaptionText.Clean(words)) || model.ReadingOf(words).Unknown.Count == 0;
    }

    private static string[] FoldersOf(PictureListing listing) =>
        [.. listing.Files.Select(FolderOf).OfType<string>().Where(name => CaptionText.HasWord(CaptionText.Clean(name))).DistinctBy(CaptionText.Clean)];

    private static string? FolderOf(PictureFile file) => file.Path.IndexOf('/', StringComparison.Ordinal) is > 0 and var end ? file.Path[..end] : null;

    private static Dictionary<string, int> Numbered(IReadOnlyList<string> names)
    {
        var numbers = new Dictionary<string, int>(StringComparer.Ordinal);
        foreach (var (i, name) in names.Index())
        {
            var cleaned = CaptionText.Clean(name);
            if (cleaned.Length == 0 || !numbers.TryAdd(cleaned, i))
            {
                throw new RunError(cleaned.Length == 0 ? $"the label \"{name}\" has no word." : $"the label \"{name}\" is there twice.");
            }
        }

        return numbers.Count >= 2 ? numbers : throw new RunError(
            $"there {(numbers.Count == 1 ? "is one label" : "are no labels")}; two at least are needed, by --labels \"dog,cat\" or as a folder a class.");
    }
}
