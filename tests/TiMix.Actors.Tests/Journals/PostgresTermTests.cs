using Npgsql;
using TiMix.Actors.Journals;
using TiMix.Runs.Journals;

namespace TiMix.Actors.Tests.Journals;

/// <summary>Who may write a run's journal in a real database, and who may not any more.</summary>
public sealed class PostgresTermTests(PostgresServer server) : IClassFixture<PostgresServer>
{
    private readonly string _journal = Guid.NewGuid().ToString("N");

    [Fact]
    public async Task The_first_coordinator_makes_the_tables_and_writes()
    {
        await using var first = Coordinator("first", "ours");
        Assert.Null(await first.Term.TakeAsync());
        Assert.Null(await first.Term.ConfirmAsync());
        await first.WriteAsync(1);
        Assert.Equal(1, await CountAsync());
    }

    [Fact]
    public async Task Many_that_come_at_once_make_the_tables_once_and_one_of_them_leads()
    {
        Assert.SkipWhen(server.Missing.Length > 0, server.Missing);
        await server.ExecuteAsync("DROP TABLE IF EXISTS timix_journal, timix_coordinator; DROP FUNCTION IF EXISTS timix_refuse_replaced_coordinator");
        var coordinators = Enumerable.Range(0, 6).Select(i => Coordinator($"node-{i}", "ours")).ToList();
        await Task.WhenAll(coordinators.Select(async coordinator =>
        {
            try
            {
                await coordinator.Term.TakeAsync();
            }
            catch (NpgsqlException)
            {
                // Its session was ended by the next one: it asks again in the program.
            }
        }));
        var leading = 0;
        foreach (var coordinator in coordinators)
        {
            leading += await coordinator.Term.ConfirmAsync() is null ? 1 : 0;
            await coordinator.DisposeAsync();
        }

        Assert.Equal(1, leading);
    }

    [Fact]
    public async Task One_that_was_replaced_writes_nothing_more()
    {
        await using var first = Coordinator("first", "ours");
        await using var second = Coordinator("second", "ours");
        await first.Term.TakeAsync();
        await first.WriteAsync(1);
        Assert.Null(await second.Term.TakeAsync());
        var refused = await Assert.ThrowsAsync<PostgresException>(() => first.WriteAsync(2));
        Assert.Equal("TX001", refused.SqlState);
        Assert.Equal("second", await first.Term.ConfirmAsync());
        await second.WriteAsync(2);
        Assert.Equal(2, await CountAsync());
    }

    [Fact]
    public async Task What_a_sleeper_had_begun_to_write_is_taken_back_and_holds_nobody_up()
    {
        await using var sleeper = Coordinator("sleeper", "ours");
        await using var second = Coordinator("second", "ours");
        await sleeper.Term.TakeAsync();
        await using var session = new NpgsqlConnection(sleeper.ConnectionString);
        await session.OpenAsync();
        await using var transaction = await session.BeginTransactionAsync();
        await Coordinating.WriteAsync(session, _journal, 1);

        Assert.Null(await second.Term.TakeAsync().WaitAsync(TimeSpan.FromSeconds(20)));
        await second.WriteAsync(1);
        await Assert.ThrowsAnyAsync<Exception>(() => transaction.CommitAsync());
        Assert.Equal(1, await CountAsync());
    }

    [Fact]
    public async Task A_cluster_does_not_take_a_run_from_another_that_is_alive()
    {
        await using var second = Coordinator("second", "theirs");
        await using (var first = Coordinator("first", "ours"))
        {
            await first.Term.TakeAsync();
            Assert.Equal("first", await second.Term.TakeAsync());
            Assert.Equal("first", await second.Term.StrangerAsync());
            await first.WriteAsync(1);
        }

        await EventuallyAsync(async () => await second.Term.StrangerAsync() is null);
        Assert.Null(await second.Term.TakeAsync());
        await second.WriteAsync(2);
    }

    [Fact]
    public async Task Journals_of_others_in_the_table_are_nobodys_business()
    {
        await using var first = Coordinator("first", "ours");
        await first.Term.TakeAsync();
        await using var session = new NpgsqlConnection(server.ConnectionString);
        await session.OpenAsync();
        await Coordinating.WriteAsync(session, "of somebody else " + _journal, 1);
    }

    private Coordinating Coordinator(string node, string cluster)
    {
        Assert.SkipWhen(server.Missing.Length > 0, server.Missing);
        return new Coordinating(JournalAddress.Parse(server.Address, "--journal"), _journal, node, cluster);
    }

    private async Task<long> CountAsync()
    {
        await using var session = new NpgsqlConnection(server.ConnectionString);
        await session.OpenAsync();
        await using var command = new NpgsqlCommand(
            "SELECT count(*) FROM timix_journal WHERE persistence_id = $1", session)
        { Parameters = { new() { Value = _journal } } };
        return (long)(await command.ExecuteScalarAsync())!;
    }

    /// <summary>A connection that was closed lives on at the server for a moment.</summary>
    private static async Task EventuallyAsync(Func<Task<bool>> holds)
    {
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(20));
        while (!await holds())
        {
            patience.Token.ThrowIfCancellationRequested();
        }
    }

    private sealed class Coordinating(JournalAddress address, string journal, string node, string cluster) : IAsyncDisposable
    {
        private readonly string _writer = $"timix-{Guid.NewGuid():N}";
        private PostgresTerm? _term;

        public PostgresTerm Term => _term ??= new PostgresTerm(address, journal, node, cluster, _writer);

        public string ConnectionString => address.ConnectionString(_writer, pooled: false);

        public async Task WriteAsync(long number)
        {
            await using var session = new NpgsqlConnection(ConnectionString);
            await session.OpenAsync();
            await WriteAsync(session, journal, number);
        }

        public static async Task WriteAsync(NpgsqlConnection session, string journal, long number)
        {
            await using var command = new NpgsqlCommand(
                "INSERT INTO timix_journal (created, deleted, persistence_id, sequence_number, message, manifest) VALUES (0, false, $1, $2, '', '')", session)
            {
                Parameters = { new() { Value = journal }, new() { Value = number } },
            };
            await command.ExecuteNonQueryAsync();
        }

        public ValueTask DisposeAsync() => Term.DisposeAsync();
    }
}
