using System.Text.Json;
using TiMix.Base;
using TiMix.Runs.Records;

namespace TiMix.Runs.Journals;

/// <summary>
/// Where a run's journal is and under what name. A run keeps its place for life: one that began with a file goes on with it, and
/// one that began in a database has <c>journal.json</c> in its directory, which names the database (without the password) and the
/// name of the journal in it. That name is drawn once, so that runs of one name by different people, or a run whose directory was
/// deleted, never meet in one database.
/// </summary>
/// <param name="Id">Persistence id of the coordinator.</param>
/// <param name="Address">The database; null: a SQLite file in the run's directory.</param>
public sealed record RunJournalPlace(string Id, JournalAddress? Address)
{
    private sealed record Marker(string Journal, string Database);

    private const string File = "journal.json";
    private static readonly JsonSerializerOptions Json = new() { PropertyNamingPolicy = JsonNamingPolicy.CamelCase, WriteIndented = true };

    /// <summary>The place of a run that is about to be coordinated; a new run's is settled, once, whoever comes first.</summary>
    /// <param name="directory">Of the run; it exists.</param>
    /// <param name="address">What the user says; null: nothing.</param>
    /// <exception cref="RunError">It is not where the user says.</exception>
    public static RunJournalPlace Settle(RunDirectory directory, JournalAddress? address)
    {
        if (address is not null && Read(directory) is null && !System.IO.File.Exists(directory.Journal))
        {
            var mine = new Marker($"{Path.GetFileName(directory.Path)}-{Guid.NewGuid():N}", address.ToString());
            WholeFile.TryCreate(Path.Combine(directory.Path, File), JsonSerializer.Serialize(mine, Json) + "\n");
        }

        return Find(directory, address) is { } place && (address is null || place.Address is not null) ? place
            : throw new RunError($"the journal of {directory.Path} is its file {Path.GetFileName(directory.Journal)}; leave --journal and "
                + $"{JournalAddress.Variable} out, or begin a new run.");
    }

    /// <summary>The place of a run that may be looked at; a run that has a file is found without an address too.</summary>
    /// <exception cref="RunError">It is in a database, and no address was given.</exception>
    public static RunJournalPlace Find(RunDirectory directory, JournalAddress? address) => Read(directory) is not { } marker
        ? new RunJournalPlace(Path.GetFileName(directory.Path), null)
        : new RunJournalPlace(marker.Journal, address ?? throw new RunError(
            $"the journal of {directory.Path} is in {marker.Database}: give its address, with the password, by --journal or {JournalAddress.Variable}."));

    private static Marker? Read(RunDirectory directory)
    {
        var path = Path.Combine(directory.Path, File);
        try
        {
            return System.IO.File.Exists(path)
                ? JsonSerializer.Deserialize<Marker>(System.IO.File.ReadAllText(path), Json) ?? throw new JsonException("it is empty")
                : null;
        }
        catch (JsonException error)
        {
            throw new RunError($"{path} is damaged ({OneLine.Of(error.Message)}); it must say {{\"journal\": NAME, \"database\": ADDRESS}}, and the names in "
                + $"the database are in the column persistence_id of its table timix_journal.");
        }
    }
}
