using Akka.Configuration;
using Microsoft.Data.Sqlite;
using TiMix.Runs.Records;

namespace TiMix.Actors.Journals;

/// <summary>Where the coordinator's events go unless the user names a database: one SQLite file a run.</summary>
internal static class SqliteJournal
{
    /// <summary>Akka's settings for the run's own journal.</summary>
    public static Config ConfigOf(RunDirectory directory) => ConfigurationFactory.ParseString(
        $$"""akka.persistence.journal.sql { connection-string = "{{Hocon.Quoted(ConnectionString(directory.Journal))}}", provider-name = "SQLite.MS" }""");

    /// <summary>A property of the file: thousands of journal writes a second instead of dozens, and no lost event after a kill.</summary>
    public static void UseWriteAheadLog(RunDirectory directory)
    {
        using var connection = new SqliteConnection(ConnectionString(directory.Journal));
        connection.Open();
        using var command = connection.CreateCommand();
        command.CommandText = "PRAGMA journal_mode=WAL;";
        command.ExecuteNonQuery();
    }

    private static string ConnectionString(string path) =>
        new SqliteConnectionStringBuilder { DataSource = Path.GetFullPath(path), Pooling = false }.ToString();
}
