using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Npgsql;

namespace TiMix.Testing;

/// <summary>
/// A PostgreSQL server of the tests' own: made in a temporary directory on a free port, by an ordinary user (the server refuses to
/// run as root, so root lends it the user that Debian's package makes), and gone with its data at the end.
/// </summary>
public sealed class PostgresServer : IAsyncLifetime
{
    private const string User = "postgres";
    private const string Password = "se:cr@t/%word";
    private string _directory = "";
    private readonly int _port = TestPorts.Next();

    /// <summary>Why there is none; empty: there is one.</summary>
    public string Missing { get; private set; } = "";

    /// <summary>For the program, with the password.</summary>
    public string Address => $"postgresql://{User}:{Uri.EscapeDataString(Password)}@127.0.0.1:{_port}/postgres";

    /// <summary>What the program may print of it.</summary>
    public string Printable => $"postgresql://{User}@127.0.0.1:{_port}/postgres";

    /// <summary>What the program must never print.</summary>
    public static IReadOnlyList<string> Secrets { get; } = [Password, Uri.EscapeDataString(Password)];

    /// <summary>For Npgsql.</summary>
    public string ConnectionString => $"Host=127.0.0.1;Port={_port};Username={User};Password={Password};Database=postgres;Pooling=false";

    private static bool IsRoot => Environment.UserName == "root";

    private static string? Programs => new[] { "/usr/local/bin", "/usr/bin" }
        .Concat(
            Directory.Exists("/usr/lib/postgresql")
                ? Directory.GetDirectories("/usr/lib/postgresql").OrderDescending(StringComparer.Ordinal).Select(version => Path.Combine(version, "bin"))
                : [])
        .FirstOrDefault(directory => File.Exists(Path.Combine(directory, "initdb")) && File.Exists(Path.Combine(directory, "pg_ctl")));

    public async ValueTask InitializeAsync()
    {
        if (Programs is not { } programs)
        {
            Missing = "PostgreSQL is not installed (apt-get install postgresql).";
            return;
        }

        _directory = Directory.CreateTempSubdirectory("timix-postgresql-").FullName;
        var (data, passwordFile) = (Path.Combine(_directory, "data"), Path.Combine(_directory, "password"));
        await File.WriteAllTextAsync(passwordFile, Password);
        if (IsRoot)
        {
            await RunAsync("chown", ["-R", User, _directory]);
        }

        await AsUserAsync(
            Path.Combine(programs, "initdb"), "-D", data, "-U", User, "-A", "scram-sha-256", "--pwfile", passwordFile, "--no-sync", "--no-locale", "-E",
            "UTF8");
        await StartAsync();
    }

    /// <summary>Starts it, again after <see cref="KillAsync"/> on the same port, and waits until it answers.</summary>
    public Task StartAsync() => AsUserAsync(
        Path.Combine(Programs!, "pg_ctl"), "-D", Path.Combine(_directory, "data"), "-l", Path.Combine(_directory, "log"), "-w", "-t", "60",
        "-o", string.Create(CultureInfo.InvariantCulture, $"-p {_port} -k {_directory} -c listen_addresses=127.0.0.1 -c shared_buffers=16MB"), "start");

    /// <summary>Ends it as a crash does: no connection is told, nothing is written any more.</summary>
    public Task KillAsync() => AsUserAsync(Path.Combine(Programs!, "pg_ctl"), "-D", Path.Combine(_directory, "data"), "-m", "immediate", "-w", "stop");

    /// <summary>Does something to the database itself.</summary>
    public async Task ExecuteAsync(string text)
    {
        await using var session = new NpgsqlConnection(ConnectionString);
        await session.OpenAsync();
        await using var command = new NpgsqlCommand(text, session);
        await command.ExecuteNonQueryAsync();
    }

    public async ValueTask DisposeAsync()
    {
        if (_directory.Length == 0)
        {
            return;
        }

        if (File.Exists(Path.Combine(_directory, "data", "postmaster.pid")))
        {
            await KillAsync();
        }

        Directory.Delete(_directory, recursive: true);
    }

    private static Task AsUserAsync(string program, params string[] arguments) =>
        IsRoot ? RunAsync("runuser", ["-u", User, "--", program, .. arguments]) : RunAsync(program, arguments);

    /// <summary>Output goes to a file: a pipe would be inherited by the server and never end.</summary>
    private static async Task RunAsync(string program, IReadOnlyList<string> arguments)
    {
        var output = Path.GetTempFileName();
        var start = new ProcessStartInfo(
            "sh", ["-c", "out=$1; shift; exec \"$@\" > \"$out\" 2>&1 < /dev/null", "sh", output, program, .. arguments])
        { WorkingDirectory = "/" };
        using var process = Process.Start(start)!;
        await process.WaitForExitAsync();
        var said = await File.ReadAllTextAsync(output);
        File.Delete(output);
        if (process.ExitCode != 0)
        {
            throw new InvalidOperationException($"{program} {string.Join(' ', arguments)} ended with {process.ExitCode}: {said}");
        }
    }
}
