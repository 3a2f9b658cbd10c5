using TiMix.Base;
using TiMix.Data;
using TiMix.Data.Text;
using TiMix.Learning.Model;
using TiMix.Learning.Runtime;
using TiMix.Learning.Weights;
using TiMix.Runs.Observing;
using TiMix.Runs.Recipes;
using TiMix.Runs.Sources;

namespace TiMix.Runs.Snapshots;

/// <summary>What to export, and where to.</summary>
/// <param name="NameOrSnapshot">A run, or a snapshot's directory.</param>
/// <param name="Format">One of <see cref="WeightExport.Formats"/>.</param>
/// <param name="Output">The directory to write.</param>
public sealed record ExportOrder(string NameOrSnapshot, string Format, string Output)
{
    /// <summary>The run's snapshot of that step; null: its newest.</summary>
    public long? Step { get; init; }

    /// <summary>The teacher's running average instead of the trained weights.</summary>
    public bool Average { get; init; }

    /// <summary>File for inputs and their features, so that the other program's can be held against them; null: none.</summary>
    public string? Check { get; init; }

    /// <summary>Whether a directory that is not empty is written into: what has the same name is replaced, the rest stays.</summary>
    public bool Force { get; init; }
}

/// <summary>What was exported.</summary>
/// <param name="Step">Of the snapshot.</param>
/// <param name="Model">As the other program has it.</param>
/// <param name="Directory">Full path.</param>
/// <param name="Notes">What to know about it.</param>
public sealed record ExportedSnapshot(long Step, ExportedModel Model, string Directory, IReadOnlyList<string> Notes);

/// <summary>Writes the dual encoder of a snapshot, with its vocabulary, as open_clip or transformers opens it.</summary>
public static class SnapshotExport
{
    private const string NoteFile = "EXPORT.md";

    /// <summary>Reads, converts and writes; everything beside its final place first.</summary>
    /// <param name="order">What and where to.</param>
    /// <param name="runsDirectory">Where runs are kept.</param>
    /// <param name="dataDirectory">Where the sample corpus is kept.</param>
    /// <param name="stop">Gives up.</param>
    /// <exception cref="RunError">There is no such snapshot, the format cannot hold the model, or the directory cannot be written; one line.</exception>
    /// <exception cref="DataException">The vocabulary is missing or wrong; one line.</exception>
    public static ExportedSnapshot Export(ExportOrder order, string runsDirectory, string dataDirectory, CancellationToken stop)
    {
        if (!WeightExport.Formats.Contains(order.Format))
        {
            throw new RunError($"--format is \"{order.Format}\"; it can be {string.Join(" or ", WeightExport.Formats)}.");
        }

        var output = Path.TrimEndingDirectorySeparator(Path.GetFullPath(order.Output));
        RefuseTaken(output, order.Force);
        var (manifest, parameters) = SnapshotFinder.Find(order.NameOrSnapshot, runsDirectory, order.Step, order.Average);
        var data = new RunData(RecipeFile.Parse(manifest.Recipe, order.NameOrSnapshot), dataDirectory);
        data.Prepare(new SilentObserver(), stop);
        var tokenizer = data.OpenTokenizerOf(manifest.Model);
        var layout = DualEncoder.LayoutOf(manifest.Model);
        try
        {
            var model = WeightExport.Of(order.Format, manifest.Model, layout, parameters);
            var exported = new ExportedSnapshot(manifest.Step, model, output, [.. NotesOf(manifest.Model), .. model.Notes]);
            Write(exported, order, tokenizer, manifest.Model.ContextLength);
            if (order.Check is { } check)
            {
                TorchRuntime.Initialize();
                Directory.CreateDirectory(Path.GetDirectoryName(Path.GetFullPath(check))!);
                ExportCheck.Write(check, manifest.Model, layout, parameters);
            }

            return exported;
        }
        catch (Exception error) when (error is NotSupportedException or IOException or UnauthorizedAccessException)
        {
            throw new RunError(error.Message);
        }
    }

    private static void RefuseTaken(string output, bool force)
    {
        if (File.Exists(output))
        {
            throw new RunError($"{output} is a file; --out must name a directory, which is made if it is not there.");
        }

        if (!force && Directory.Exists(output) && !IsEmpty(output))
        {
            throw new RunError($"{output} is not empty; choose another --out, or let --force replace what has the same name in it.");
        }
    }

    private static void Write(ExportedSnapshot exported, ExportOrder order, WordPieceTokenizer tokenizer, int length)
    {
        var unfinished = $"{exported.Directory}.{Environment.ProcessId}{WholeFile.Unfinished}";
        try
        {
            WeightExport.Write(unfinished, exported.Model);
            BertTokenizerFiles.Write(unfinished, tokenizer, length);
            File.WriteAllText(Path.Combine(unfinished, NoteFile), NoteOf(exported, order));
            Publish(unfinished, exported.Directory);
        }
        finally
        {
            WholeDirectory.DeleteIfThere(unfinished);
        }
    }

    private static void Publish(string unfinished, string output)
    {
        if (!Directory.Exists(output) || IsEmpty(output))
        {
            WholeDirectory.Put(unfinished, output);
            return;
        }

        foreach (var file in Directory.GetFiles(unfinished))
        {
            WholeFile.Put(file, Path.Combine(output, Path.GetFileName(file)));
        }
    }

    private static bool IsEmpty(string directory) => !Directory.EnumerateFileSystemEntries(directory).Any();

    /// <summary>What no format says of a model that was trained here.</summary>
    private static IEnumerable<string> NotesOf(ModelConfig model)
    {
        yield return $"captions were cleaned before they were cut into pieces: no punctuation, at most {CaptionText.MostWords} words; then cut to "
            + $"{model.ContextLength} ids with [SEP] kept. A text with punctuation has other features than without";
        if (model.Precision != "float32")
        {
            yield return $"factors of large products were rounded to {model.Precision} in training; in float32 features differ from those that the run's "
                + $"evaluations saw, by about a hundredth";
        }
    }

    private static string NoteOf(ExportedSnapshot exported, ExportOrder order)
    {
        var model = exported.Model;
        string[] lines =
        [
            $"# {Path.GetFileName(Path.TrimEndingDirectorySeparator(order.NameOrSnapshot))} after {exported.Step} steps",
            "",
            $"{(order.Average ? "The teacher's average of the weights" : "The trained weights")}, exported by TiMix.Actors. To open it, with DIR for "
            + $"this directory:",
            "",
            $"    {model.OpenedBy}",
            "",
            "To know:",
            .. exported.Notes.Select(note => $"- {note}."),
            "",
            model.LeftOut.Count == 0 ? "Every parameter is here." : "Not here, as the other program has no place for it:",
            .. model.PartsLeftOut.Select(left => $"- {left.Part} ({left.Count} parameters)"),
        ];
        return string.Join('\n', lines) + "\n";
    }
}
