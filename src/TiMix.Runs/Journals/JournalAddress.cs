using System.Globalization;
using Npgsql;
using TiMix.Base;

namespace TiMix.Runs.Journals;

/// <summary>
/// A PostgreSQL database that holds journals, as the user names it: <c>postgresql://user:password@host:port/database?sslmode=…</c>
/// or Npgsql's <c>Host=…;Database=…</c>. Its text carries a password, so it is given to the driver and to child processes'
/// environment and to nobody else; <see cref="ToString"/> leaves the password out, and no error repeats what was typed.
/// </summary>
public sealed class JournalAddress
{
    /// <summary>The environment variable that carries an address.</summary>
    public const string Variable = "TIMIX_JOURNAL";

    private const string Right = "it must be postgresql://USER:PASSWORD@HOST:PORT/DATABASE or Host=HOST;Username=USER;Password=PASSWORD;Database=DATABASE "
        + "(what was given is not repeated here: it may hold a password)";
    private static readonly string[] Schemes = ["postgresql", "postgres"];
    private readonly NpgsqlConnectionStringBuilder _settings;

    private JournalAddress(string text, NpgsqlConnectionStringBuilder settings) => (Text, _settings) = (text, settings);

    /// <summary>What the user gave, password and all: for the environment of child processes.</summary>
    public string Text { get; }

    /// <summary>The address that an option gives, or else the environment variable; null: a run's journal is a file in its directory.</summary>
    /// <param name="option">Value of the option; null: it was not given.</param>
    /// <exception cref="RunError">It is no address of a PostgreSQL database.</exception>
    public static JournalAddress? Of(string? option) => option is null
        ? Environment.GetEnvironmentVariable(Variable) is { } value && !string.IsNullOrWhiteSpace(value) ? Parse(value, Variable) : null
        : Parse(option, "--journal");

    /// <summary>Reads an address.</summary>
    /// <param name="text">The address.</param>
    /// <param name="source">Where it comes from, for the error.</param>
    /// <exception cref="RunError">It is no address of a PostgreSQL database.</exception>
    public static JournalAddress Parse(string text, string source)
    {
        try
        {
            var settings = Schemes.Any(scheme => text.StartsWith(scheme + "://", StringComparison.Ordinal))
                ? OfUri(new Uri(text))
                : new NpgsqlConnectionStringBuilder(text);
            if (string.IsNullOrEmpty(settings.Host) || string.IsNullOrEmpty(settings.Database))
            {
                throw new RunError($"{source} names no {(string.IsNullOrEmpty(settings.Host) ? "host" : "database")}; {Right}.");
            }

            return new JournalAddress(text, settings);
        }
        catch (Exception error) when (error is ArgumentException or FormatException or OverflowException or InvalidCastException)
        {
            throw new RunError($"{source} is not the address of a PostgreSQL database; {Right}.");
        }
    }

    /// <summary>For the driver.</summary>
    /// <param name="writer">Name under which the server knows these connections; at most 63 bytes.</param>
    /// <param name="pooled">Whether connections are kept for the next user.</param>
    public string ConnectionString(string writer, bool pooled)
    {
        var settings = new NpgsqlConnectionStringBuilder(_settings.ConnectionString) { ApplicationName = writer, Pooling = pooled, Enlist = false };
        Default("Timeout", () => settings.Timeout = 5);
        Default("Command Timeout", () => settings.CommandTimeout = 10);
        Default("Maximum Pool Size", () => settings.MaxPoolSize = 8);

        // Where there is no Kerberos library, as in small images, the runtime itself would complain on standard error.
        Default("GSS Encryption Mode", () => settings.GssEncryptionMode = GssEncryptionMode.Disable);

        // A host that vanished without a word is not to keep its connections, and with them its rights, for hours.
        Default("Options", () => settings.Options = "-c tcp_keepalives_idle=5 -c tcp_keepalives_interval=2 -c tcp_keepalives_count=3");
        return settings.ConnectionString;

        void Default(string key, Action set)
        {
            if (!_settings.Keys.Contains(key, StringComparer.OrdinalIgnoreCase))
            {
                set();
            }
        }
    }

    /// <summary>Without the password.</summary>
    public override string ToString() =>
        $"postgresql://{(_settings.Username is { Length: > 0 } user ? user + "@" : "")}{_settings.Host}"
        + (_settings.Host!.Contains(',', StringComparison.Ordinal) ? "" : ":" + _settings.Port.ToString(CultureInfo.InvariantCulture))
        + $"/{_settings.Database}";

    private static NpgsqlConnectionStringBuilder OfUri(Uri uri)
    {
        var settings = new NpgsqlConnectionStringBuilder { Database = Uri.UnescapeDataString(uri.AbsolutePath.TrimStart('/')) };
        if (uri.Host.Length > 0)
        {
            settings.Host = uri.Host.Trim('[', ']');
        }

        if (uri.Port > 0)
        {
            settings.Port = uri.Port;
        }

        var user = uri.UserInfo.Split(':', 2);
        if (user[0].Length > 0)
        {
            settings.Username = Uri.UnescapeDataString(user[0]);
        }

        if (user.Length > 1)
        {
            settings.Password = Uri.UnescapeDataString(user[1]);
        }

        foreach (var pair in uri.Query.TrimStart('?').Split('&', StringSplitOptions.RemoveEmptyEntries))
        {
            var (key, value) = pair.Split('=', 2) is [var name, var given] ? (name, Uri.UnescapeDataString(given)) : throw new FormatException();
            settings[key switch
            {
                "sslmode" => "SSL Mode",
                "sslrootcert" => "Root Certificate",
                "sslcert" => "SSL Certificate",
                "sslkey" => "SSL Key",
                "passfile" => "Passfile",
                "connect_timeout" => "Timeout",
                "options" => "Options",
                "gssencmode" => "GSS Encryption Mode",
                "host" => "Host",
                "port" => "Port",
                "user" => "Username",
                "password" => "Password",
                "dbname" => "Database",
                _ => throw new FormatException(),
            }] = key == "sslmode" ? value.Replace("-", "", StringComparison.Ordinal) : value;
        }

        return settings;
    }
}
