using System.Text.Json;
using TiMix.Base;
using TiMix.Runs.Records;

namespace TiMix.Node.Operations;

/// <summary>Where a run can be watched and steered, written into its directory for the commands; only its owner may read it.</summary>
/// <param name="Url">Of the HTTP interface.</param>
/// <param name="ProcessId">Who serves it.</param>
/// <param name="Token">For changes.</param>
internal sealed record OperationsFile(string Url, int ProcessId, string Token)
{
    private static readonly JsonSerializerOptions Json = new() { PropertyNamingPolicy = JsonNamingPolicy.CamelCase, WriteIndented = true };

    /// <summary>Writes it down. Several coordinators may begin at once; the last one's address stays.</summary>
    public void Write(RunDirectory directory) => WholeFile.Write(directory.Operations, file => JsonSerializer.Serialize(file, this, Json), secret: true);

    /// <summary>Reads it; null: nobody serves the run, or it is torn.</summary>
    public static OperationsFile? Read(RunDirectory directory)
    {
        try
        {
            return JsonSerializer.Deserialize<OperationsFile>(File.ReadAllText(directory.Operations), Json);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException or JsonException)
        {
            return null;
        }
    }

    /// <summary>Takes it away, if it is still this process's.</summary>
    public static void Remove(RunDirectory directory)
    {
        if (Read(directory)?.ProcessId == Environment.ProcessId)
        {
            File.Delete(directory.Operations);
        }
    }
}
