using System.Diagnostics;
using Microsoft.Data.Sqlite;
using TiMix.Node.Processes;

namespace TiMix.Node.Tests.Commands;

/// <summary>Somebody who may read runs and write nothing of them, in processes of the program.</summary>
[System.Runtime.Versioning.UnsupportedOSPlatform("windows")]
public sealed class ReadOnlyRunTests : IDisposable
{
    private const UnixFileMode All = (UnixFileMode)0b111_111_111, Reading = (UnixFileMode)0b101_101_101;
    private readonly FirstEdition _old = new();
    private readonly string _own = Directory.CreateTempSubdirectory("timix-reader-").FullName;

    public void Dispose()
    {
        Allow(_old.Root, All);
        _old.Dispose();
        Directory.Delete(_own, recursive: true);
    }

    [Fact]
    public async Task Whoever_may_only_read_a_run_is_told_all_of_it_and_goes_on_with_nothing()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "Rights are those of Linux.");
        LeaveALog();
        Allow(_old.Root, Reading);
        File.SetUnixFileMode(_own, All);
        var before = Files();

        var audit = await AsReaderAsync("audit", "faulted", "--runs-dir", _old.Runs, "--data-dir", _old.Data);
        Assert.Equal((ExitCode.Done, File.ReadAllText(_old.In("faulted.audit"))), (audit.Code, audit.Output));

        // Its journal has a log of events that are not in the file yet, as after a kill.
        audit = await AsReaderAsync("audit", "stopped", "--runs-dir", _old.Runs, "--data-dir", _old.Data);
        Assert.Equal((ExitCode.Done, File.ReadAllText(_old.In("stopped.audit"))), (audit.Code, audit.Output));

        var list = await AsReaderAsync("runs", "--runs-dir", _old.Runs);
        Assert.Matches(@"faulted +finished +200/200", list.Output);
        Assert.Matches(@"stopped +interrupted +39/200", list.Output);

        var page = Path.Combine(_own, "report.html");
        var report = await AsReaderAsync("report", "faulted", "--no-mixes", "--runs-dir", _old.Runs, "--data-dir", _old.Data, "--out", page);
        Assert.True(report.Code == ExitCode.Done, report.Error);
        Assert.Contains("without event files", report.Output, StringComparison.Ordinal);
        Assert.Contains(_old.Fingerprint, File.ReadAllText(page), StringComparison.Ordinal);

        (await AsReaderAsync("report", "faulted", "--no-mixes", "--runs-dir", _old.Runs, "--data-dir", _old.Data)).IsMistake("--out names another file");
        (await AsReaderAsync("resume", "stopped", "--runs-dir", _old.Runs, "--data-dir", _old.Data)).IsMistake("nothing can be written there");
        Assert.Equal(before, Files());
    }

    /// <summary>Puts the journal's last event into a write-ahead log without its index, as a copy has it that was made of a run at work.</summary>
    private void LeaveALog()
    {
        var journal = _old.In("runs", "stopped", "journal.db");
        using var connection = new SqliteConnection(new SqliteConnectionStringBuilder { DataSource = journal, Pooling = false }.ToString());
        connection.Open();
        using (var write = connection.CreateCommand())
        {
            write.CommandText = """
                PRAGMA journal_mode=WAL; PRAGMA wal_autocheckpoint=0;
                CREATE TABLE kept AS SELECT * FROM journal; DELETE FROM journal; PRAGMA wal_checkpoint(TRUNCATE);
                INSERT INTO journal SELECT * FROM kept;
                """;
            write.ExecuteNonQuery();
        }

        var copies = new[] { "journal.db", "journal.db-wal" }.Select(name => (Name: name, Bytes: ReadOpen(_old.In("runs", "stopped", name)))).ToList();
        connection.Close();
        foreach (var (name, bytes) in copies)
        {
            File.WriteAllBytes(_old.In("runs", "stopped", name), bytes);
        }
    }

    private static byte[] ReadOpen(string path)
    {
        using var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
        var bytes = new byte[file.Length];
        file.ReadExactly(bytes);
        return bytes;
    }

    /// <summary>The superuser may write everything; a reader is then somebody else.</summary>
    private async Task<Cli> AsReaderAsync(params string[] arguments)
    {
        string[] other = Environment.IsPrivilegedProcess ? ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"] : ["env"];
        var start = new ProcessStartInfo(
            other[0], [.. other[1..], "env", "HOME=" + _own, "dotnet", typeof(Node.Commands.TimixProgram).Assembly.Location, .. arguments])
        {
            RedirectStandardOutput = true, RedirectStandardError = true, WorkingDirectory = _own,
        };
        using var process = Process.Start(start)!;
        var error = process.StandardError.ReadToEndAsync();
        var output = await process.StandardOutput.ReadToEndAsync();
        await process.WaitForExitAsync();
        return new Cli(process.ExitCode, output, await error);
    }

    private string[] Files() => [.. Directory.GetFileSystemEntries(_old.Runs, "*", SearchOption.AllDirectories).Order(StringComparer.Ordinal)];

    private static void Allow(string root, UnixFileMode mode)
    {
        foreach (var path in Directory.GetFileSystemEntries(root, "*", SearchOption.AllDirectories).Prepend(root))
        {
            File.SetUnixFileMode(path, mode);
        }
    }
}
