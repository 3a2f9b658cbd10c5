using System.Text.Json;

namespace TiMix.Runs.Records;

/// <summary>A fault that was injected.</summary>
/// <param name="Kind">As in a schedule: kill, join …</param>
/// <param name="Target">As the schedule said.</param>
/// <param name="Node">The node that was hit, or came.</param>
/// <param name="Step">Steps applied, as last reported.</param>
/// <param name="At">Milliseconds since 1970, UTC.</param>
public sealed record InjectedFault(string Kind, string Target, string Node, long Step, long At);

/// <summary><c>faults.jsonl</c>: what was done to the run on purpose, a line a fault.</summary>
public static class FaultLog
{
    private static readonly JsonSerializerOptions Json = new() { PropertyNamingPolicy = JsonNamingPolicy.CamelCase };

    /// <summary>Its place in the run's directory.</summary>
    public static string PathIn(RunDirectory directory) => Path.Combine(directory.Path, "faults.jsonl");

    /// <summary>Writes a fault down.</summary>
    public static void Append(RunDirectory directory, InjectedFault fault) =>
        File.AppendAllText(PathIn(directory), JsonSerializer.Serialize(fault, Json) + "\n");

    /// <summary>All faults; a line that a crash tore is left out.</summary>
    public static IReadOnlyList<InjectedFault> Read(RunDirectory directory)
    {
        var faults = new List<InjectedFault>();
        if (!File.Exists(PathIn(directory)))
        {
            return faults;
        }

        foreach (var line in File.ReadLines(PathIn(directory)))
        {
            try
            {
                if (JsonSerializer.Deserialize<InjectedFault>(line, Json) is { } fault)
                {
                    faults.Add(fault);
                }
            }
            catch (JsonException)
            {
                // Torn by a crash of the launcher.
            }
        }

        return faults;
    }
}
