using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using TiMix.Base;
using TiMix.Data.Shards;
using TiMix.Runs.Records;

namespace TiMix.Runs.Sources;

/// <summary>
/// The files that a run's weights are a function of, besides its recipe: what samples are made of. <c>data.json</c> in the run's directory has those that it
/// began with; names and places may change, bytes and order may not.
/// </summary>
/// <param name="Train">The training shards, in order.</param>
/// <param name="Vocabulary">Of the tokenizer.</param>
public sealed record DataManifest(IReadOnlyList<DataFile> Train, DataFile Vocabulary)
{
    private const int Named = 3;
    private static readonly JsonSerializerOptions Json = new() { PropertyNamingPolicy = JsonNamingPolicy.CamelCase, WriteIndented = true };

    /// <summary>Of all bytes, in hexadecimal: two manifests of one digest are of the same data.</summary>
    public string Digest => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(
        string.Concat(Train.Append(Vocabulary).Select(file => FormattableString.Invariant($"{file.Bytes} {file.Sha256}\n"))))));

    /// <summary>What a run began with; null: it does not say.</summary>
    /// <exception cref="RunError">The file is damaged.</exception>
    public static DataManifest? Read(RunDirectory directory)
    {
        try
        {
            return !File.Exists(directory.Data) ? null
                : JsonSerializer.Deserialize<DataManifest>(File.ReadAllText(directory.Data), Json) is { Train: not null, Vocabulary: not null } read ? read
                : throw new JsonException("it is empty");
        }
        catch (Exception error) when (error is JsonException or IOException or UnauthorizedAccessException)
        {
            throw new RunError($"{directory.Data} cannot be read ({OneLine.Of(error.Message)}); it says what data the run began with. Put it back, or, if the "
                + "data are known to be the same, delete it.");
        }
    }

    /// <summary>Holds the data against those that the run began with, or writes them down if nobody has yet.</summary>
    /// <returns>Whether they have been written down here.</returns>
    /// <exception cref="RunError">They are others, or cannot be written down.</exception>
    public bool Settle(RunDirectory directory)
    {
        if (Read(directory) is { } before)
        {
            return before.Change(this) is not { } change ? false
                : throw new RunError($"run \"{Path.GetFileName(directory.Path)}\" began with other data: {change}. Put back what it began with, or begin "
                    + "another run.");
        }

        try
        {
            return WholeFile.TryCreate(directory.Data, JsonSerializer.Serialize(this, Json) + "\n") || Settle(directory);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new RunError($"{directory.Data} cannot be written: {error.Message}");
        }
    }

    /// <summary>How the data have changed; null: they have not.</summary>
    /// <param name="now">As they are now.</param>
    public string? Change(DataManifest now)
    {
        if (Digest == now.Digest)
        {
            return null;
        }

        List<string> changes =
        [
            .. Train.Zip(now.Train).Select(pair => Change(pair.First, pair.Second)).OfType<string>(),
            .. Train.Count == now.Train.Count ? Array.Empty<string>() : [$"{now.Train.Count} training shards instead of {Train.Count}"],
            .. new[] { Change(Vocabulary, now.Vocabulary) }.OfType<string>(),
        ];
        return string.Join(", ", changes.Take(Named)) + (changes.Count > Named ? $" and {changes.Count - Named} more" : "");
    }

    private static string? Change(DataFile before, DataFile now) => (before.Bytes, before.Sha256) == (now.Bytes, now.Sha256) ? null
        : $"{before.Name} ({Brief(before)}) is now {(now.Name == before.Name ? "" : now.Name + " ")}({Brief(now)})";

    private static string Brief(DataFile file) =>
        FormattableString.Invariant($"{file.Bytes} bytes, SHA-256 {file.Sha256[..Math.Min(12, file.Sha256.Length)]}…");
}
