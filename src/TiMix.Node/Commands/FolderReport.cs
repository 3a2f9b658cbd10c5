using System.Text.Encodings.Web;
using System.Text.Json;
using TiMix.Data;

namespace TiMix.Node.Commands;

/// <summary>What commands over folders of pictures say in the same way.</summary>
internal static class FolderReport
{
    private const int ShownProblems = 20;
    private static readonly JsonSerializerOptions Json = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.CamelCase,
        WriteIndented = true,
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };

    /// <summary>One JSON value and nothing else; what is not a number is null.</summary>
    public static void WriteJson(object value, TextWriter output) => output.WriteLine(JsonSerializer.Serialize(value, Json));

    public static void WriteProblems(IReadOnlyList<DataProblem> broken, TextWriter output)
    {
        if (broken.Count == 0)
        {
            return;
        }

        output.WriteLine();
        output.WriteLine($"{broken.Count} {(broken.Count == 1 ? "picture" : "pictures")} left out:");
        foreach (var problem in broken.Take(ShownProblems))
        {
            output.WriteLine($"  {problem.Where}: {problem.What}");
        }

        if (broken.Count > ShownProblems)
        {
            output.WriteLine($"  and {broken.Count - ShownProblems} more (--json lists all)");
        }
    }

    public static void WriteUnknown(IReadOnlyList<string> words, TextWriter output)
    {
        if (words.Count > 0)
        {
            output.WriteLine($"not in the vocabulary: {string.Join(", ", words)}");
        }
    }

}
