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
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(2);
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

    /// <summary>
    /// Writes it down where nobody else's stands that is served: of several coordinators the first one is found, and another when that has gone.
    /// </summary>
    public async Task ShowAsync(RunDirectory directory)
    {
        var there = Read(directory);
        if (there != this && (there is null || !await there.ServesAsync(directory).ConfigureAwait(false)))
        {
            Write(directory);
        }
    }

    /// <summary>Takes it away, if it is this one; whoever else serves the run writes its own.</summary>
    public void Remove(RunDirectory directory)
    {
        if (Read(directory) == this)
        {
            File.Delete(directory.Operations);
        }
    }

    /// <summary>A port that was this run's may be another's by now.</summary>
    private async Task<bool> ServesAsync(RunDirectory directory)
    {
        using var client = OperationsClient.Of(this);
        using var patience = new CancellationTokenSource(Patience);
        try
        {
            return (await client.StateAsync(patience.Token).ConfigureAwait(false))?.Run == Path.GetFileName(directory.Path);
        }
        catch (OperationCanceledException)
        {
            return false;
        }
    }
}
