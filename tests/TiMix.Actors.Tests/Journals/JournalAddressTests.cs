using Npgsql;
using TiMix.Base;
using TiMix.Runs.Journals;

namespace TiMix.Actors.Tests.Journals;

public sealed class JournalAddressTests
{
    [Theory]
    [InlineData("postgresql://ann:s%40cret@db.example:6543/runs?sslmode=verify-full", "db.example", 6543, "ann", "s@cret", "runs", SslMode.VerifyFull)]
    [InlineData("postgres://ann@db.example/runs", "db.example", 5432, "ann", null, "runs", SslMode.Prefer)]
    [InlineData("postgresql://ann:pw@[::1]:6543/runs", "::1", 6543, "ann", "pw", "runs", SslMode.Prefer)]
    [InlineData("postgresql://ann@localhost/runs?host=/var/run/postgresql&sslmode=disable", "/var/run/postgresql", 5432, "ann", null, "runs", SslMode.Disable)]
    [InlineData("Host=db.example;Port=6543;Username=ann;Password=a=b;Database=runs", "db.example", 6543, "ann", "a=b", "runs", SslMode.Prefer)]
    public void An_address_is_read(string text, string host, int port, string user, string? password, string database, SslMode ssl)
    {
        var read = new NpgsqlConnectionStringBuilder(JournalAddress.Parse(text, "--journal").ConnectionString("me", pooled: false));
        Assert.Equal((host, port, user, password, database, ssl), (read.Host, read.Port, read.Username, read.Password, read.Database, read.SslMode));
        Assert.Equal(("me", false, 5), (read.ApplicationName, read.Pooling, read.Timeout));
    }

    [Theory]
    [InlineData("postgresql://ann:hidden@db.example:6543/runs", "postgresql://ann@db.example:6543/runs")]
    [InlineData("Host=db.example;Username=ann;Password=hidden;Database=runs", "postgresql://ann@db.example:5432/runs")]
    public void What_is_printed_has_no_password(string text, string printed) => Assert.Equal(printed, $"{JournalAddress.Parse(text, "--journal")}");

    [Theory]
    [InlineData("postgresql://ann:hidden@db.example:port/runs")]
    [InlineData("postgresql://ann:hidden@db.example/runs?frobnicate=1")]
    [InlineData("postgresql://ann:hidden@db.example/runs?sslmode")]
    [InlineData("postgresql://ann:hidden@db.example/")]
    [InlineData("mysql://ann:hidden@db.example/runs")]
    [InlineData("Host=db.example;Password=hidden;Port=hidden")]
    [InlineData("hidden")]
    [InlineData("")]
    public void A_wrong_one_is_refused_without_repeating_it(string text)
    {
        var error = Assert.Throws<RunError>(() => JournalAddress.Parse(text, "--journal"));
        Assert.StartsWith("--journal ", error.Message, StringComparison.Ordinal);
        Assert.Contains("postgresql://USER:PASSWORD@HOST:PORT/DATABASE", error.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("hidden", error.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void What_the_user_sets_for_the_driver_stays()
    {
        var read = new NpgsqlConnectionStringBuilder(
            JournalAddress.Parse("Host=a;Database=b;Timeout=77;Options=-c work_mem=1MB", "--journal").ConnectionString("me", pooled: true));
        Assert.Equal((77, "-c work_mem=1MB", 10), (read.Timeout, read.Options, read.CommandTimeout));
    }
}
