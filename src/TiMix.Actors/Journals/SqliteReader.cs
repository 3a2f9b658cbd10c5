using Microsoft.Data.Sqlite;
using TiMix.Base;
using TiMix.Runs.Records;

namespace TiMix.Actors.Journals;

/// <summary>
/// A run's own journal for one who may only read it. SQLite reads a file with a write-ahead log only where it may write beside it;
/// elsewhere a file without one is opened as one that nobody changes, and of one that has one a copy is read.
/// </summary>
internal sealed class SqliteReader : IDisposable
{
    private readonly string? _copy;

    private SqliteReader(string connection, string? copy) => (Connection, _copy) = (connection, copy);

    /// <summary>How to connect to it.</summary>
    public string Connection { get; }

    /// <summary>Finds the way to read it; null: the run has no journal yet.</summary>
    /// <exception cref="RunError">It is damaged, or may not be read; one line.</exception>
    public static SqliteReader? Open(RunDirectory directory)
    {
        var file = Path.GetFullPath(directory.Journal);
        if (!File.Exists(file))
        {
            return null;
        }

        try
        {
            return Beside(file) ?? Unchanging(file) ?? OfCopy(file);
        }
        catch (SqliteException error)
        {
            throw SqliteJournal.Refusal(directory, error);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new RunError($"the journal {directory.Journal} cannot be read: {error.Message}");
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        if (_copy is not null)
        {
            Directory.Delete(_copy, recursive: true);
        }
    }

    private static SqliteReader? Beside(string file)
    {
        try
        {
            return Checked(SqliteJournal.StringOf(file, SqliteOpenMode.ReadOnly));
        }
        catch (SqliteException error) when (error.SqliteErrorCode is SQLitePCL.raw.SQLITE_CANTOPEN or SQLitePCL.raw.SQLITE_READONLY)
        {
            return null;
        }
    }

    private static SqliteReader? Unchanging(string file) => new FileInfo(LogOf(file)) is { Exists: true, Length: > 0 }
        ? null
        : Checked(SqliteJournal.StringOf(new Uri(file).AbsoluteUri + "?immutable=1", SqliteOpenMode.ReadOnly));

    private static SqliteReader OfCopy(string file)
    {
        var copy = Directory.CreateTempSubdirectory("timix-journal-").FullName;
        try
        {
            var there = Path.Combine(copy, Path.GetFileName(file));
            File.WriteAllBytes(there, File.ReadAllBytes(file));
            File.WriteAllBytes(LogOf(there), File.ReadAllBytes(LogOf(file)));
            return Checked(SqliteJournal.StringOf(there, SqliteOpenMode.ReadWrite), copy);
        }
        catch
        {
            Directory.Delete(copy, recursive: true);
            throw;
        }
    }

    private static SqliteReader Checked(string connection, string? copy = null)
    {
        SqliteJournal.Check(connection);
        return new SqliteReader(connection, copy);
    }

    private static string LogOf(string file) => file + "-wal";
}
