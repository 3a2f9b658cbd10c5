using Akka.Configuration;
using Microsoft.Data.Sqlite;
using TiMix.Base;
using TiMix.Runs.Records;

namespace TiMix.Actors.Journals;

/// <summary>Where the coordinator's events go unless the user names a database: one SQLite file a run.</summary>
internal static class SqliteJournal
{
    private const int Busy = 5, Locked = 6, DiskFailed = 10, Full = 13;

    /// <summary>Akka's settings for the run's own journal.</summary>
    public static Config ConfigOf(RunDirectory directory) => ConfigOf(StringOf(Path.GetFullPath(directory.Journal), SqliteOpenMode.ReadWriteCreate));

    /// <summary>Akka's settings for the journal of that connection.</summary>
    public static Config ConfigOf(string connection) => ConfigurationFactory.ParseString(
        $$"""akka.persistence.journal.sql { connection-string = "{{Hocon.Quoted(connection)}}", provider-name = "SQLite.MS" }""");

    /// <summary>How to connect to a file.</summary>
    public static string StringOf(string source, SqliteOpenMode mode) =>
        new SqliteConnectionStringBuilder { DataSource = source, Mode = mode, Pooling = false }.ToString();

    /// <summary>A property of the file: thousands of journal writes a second instead of dozens, and no lost event after a kill.</summary>
    /// <exception cref="RunError">The file is damaged, or the disk does not take it; one line.</exception>
    public static void UseWriteAheadLog(RunDirectory directory)
    {
        try
        {
            Ask(StringOf(Path.GetFullPath(directory.Journal), SqliteOpenMode.ReadWriteCreate), "PRAGMA journal_mode=WAL");
            Check(StringOf(Path.GetFullPath(directory.Journal), SqliteOpenMode.ReadWriteCreate));
        }
        catch (SqliteException error)
        {
            throw Refusal(directory, error);
        }
    }

    /// <summary>Reads through the file whether it is whole.</summary>
    /// <exception cref="SqliteException">It is damaged, or cannot be opened.</exception>
    public static void Check(string connection)
    {
        if (Ask(connection, "PRAGMA quick_check(1)") is var found && found != "ok")
        {
            throw new SqliteException(found, SQLitePCL.raw.SQLITE_CORRUPT);
        }
    }

    /// <summary>What is wrong and what to do, in one line.</summary>
    public static RunError Refusal(RunDirectory directory, SqliteException error) => new(
        $"the journal {directory.Journal} cannot be used: {OneLine.Of(error.Message)} " + error.SqliteErrorCode switch
        {
            Busy or Locked => "Another process is at work on it; stop it first.",
            Full or DiskFailed => "Its disk is full, or fails: make room, or look after the disk.",
            SQLitePCL.raw.SQLITE_CORRUPT or SQLitePCL.raw.SQLITE_NOTADB =>
                $"Move it away with {Path.GetFileName(directory.Journal)}-wal and -shm; \"timix resume\" then goes on from the newest snapshot.",
            _ => "It must be there, and its user must have the right to it and to its directory.",
        });

    /// <summary>Whether the file could not be written for want of room, or since its disk fails.</summary>
    public static bool IsOfTheDisk(Exception? failure) => failure switch
    {
        null => false,
        SqliteException { SqliteErrorCode: Full or DiskFailed } => true,
        AggregateException several => several.InnerExceptions.Any(IsOfTheDisk),
        _ => IsOfTheDisk(failure.InnerException),
    };

    private static string Ask(string connection, string question)
    {
        using var opened = new SqliteConnection(connection);
        opened.Open();
        using var command = opened.CreateCommand();
        command.CommandText = question;
        return command.ExecuteScalar() as string ?? "";
    }
}
