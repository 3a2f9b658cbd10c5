using System.CommandLine;
using System.Text.Encodings.Web;
using System.Text.Json;
using TiMix.Data;

namespace TiMix.Node.Commands;

/// <summary>What commands over folders of pictures ask and say in the same way.</summary>
internal static class FolderReport
{
    private const int ShownProblems = 20;
    private const int ShownWords = 10;
    private static readonly JsonSerializerOptions Json = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.CamelCase,
        WriteIndented = true,
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };

    public static Option<string> Images() => new("--images") { Description = "Folder with pictures, at any depth.", Required = true };

    public static Option<string?> Run() =>
        new("--run") { Description = "A run, whose newest snapshot is taken, or a snapshot's directory; default: the run that wrote a snapshot last." };

    /// <summary>One JSON value and nothing else.</summary>
    public static void WriteJson(object value, TextWriter output) => output.WriteLine(JsonSerializer.Serialize(value, Json));

    public static void WriteProblems(IReadOnlyList<DataProblem> broken, TextWriter output)
    {
        if (broken.Count == 0)
        {
            return;
        }

        output.WriteLine();
        output.WriteLine($"{broken.Count} left out:");
        foreach (var problem in broken.Take(ShownProblems))
        {
            output.WriteLine($"  {problem.Where}: {problem.What}");
        }

        if (broken.Count > ShownProblems)
        {
            output.WriteLine($"  and {broken.Count - ShownProblems} more (--json lists all)");
        }
    }

    /// <summary>A line about words that the vocabulary lacks.</summary>
    public static string Unknown(IReadOnlyList<string> words) => $"no words of the vocabulary, so they tell the model little or nothing: {Some(words)}";

    /// <summary>The first few, and how many more.</summary>
    public static string Some(IReadOnlyList<string> words, string between = ", ") =>
        string.Join(between, words.Take(ShownWords)) + (words.Count > ShownWords ? $" and {words.Count - ShownWords} more" : "");
}
