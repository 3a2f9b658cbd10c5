using System.Data;
using Npgsql;
using TiMix.Runs.Journals;

namespace TiMix.Actors.Journals;

/// <summary>
/// A term in PostgreSQL: a row that names the writer whose events the run's journal takes. A trigger on the journal's table
/// refuses everybody else's (<see cref="PostgresTables"/>), so a coordinator that was replaced cannot write one more event, however
/// late it wakes up. A writer is alive as long as the server has a connection of its name.
/// </summary>
/// <param name="address">The database.</param>
/// <param name="journal">Name of the run's journal.</param>
/// <param name="node">Name of this node.</param>
/// <param name="cluster">Tells clusters apart.</param>
/// <param name="writer">Name of this process's connections.</param>
public sealed class PostgresTerm(JournalAddress address, string journal, string node, string cluster, string writer) : ICoordinatorTerm
{
    private NpgsqlConnection? _session;

    /// <inheritdoc/>
    public Task<string?> TakeAsync() => InSessionAsync(async session =>
    {
        await PostgresTables.MakeAsync(session).ConfigureAwait(false);
        if (await HolderAsync(session).ConfigureAwait(false) is { } before && before.Writer != writer)
        {
            if (before.Cluster != cluster && await IsAliveAsync(session, before.Writer).ConfigureAwait(false))
            {
                return before.Node;
            }

            // What it has begun to write is taken back, and a lock that it holds in its sleep is freed.
            await using var end = Command(
                session, "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE application_name = @writer", ("writer", before.Writer));
            await end.ExecuteNonQueryAsync().ConfigureAwait(false);
        }

        await using var take = Command(
            session,
            """
            INSERT INTO timix_coordinator AS held (journal, term, cluster, node, writer) VALUES (@journal, 1, @cluster, @node, @writer)
            ON CONFLICT (journal) DO UPDATE SET term = held.term + 1, cluster = @cluster, node = @node, writer = @writer, taken = now()
            """,
            ("journal", journal), ("cluster", cluster), ("node", node), ("writer", writer));
        await take.ExecuteNonQueryAsync().ConfigureAwait(false);
        return null;
    });

    /// <inheritdoc/>
    public Task<string?> ConfirmAsync() => InSessionAsync(async session => await HolderAsync(session).ConfigureAwait(false) switch
    {
        null => "nobody (its row is gone from timix_coordinator)",
        { } holder => holder.Writer == writer ? null : holder.Node,
    });

    /// <summary>Who of another cluster has the run and is alive; null: nobody.</summary>
    /// <exception cref="NpgsqlException">The database cannot be asked.</exception>
    public Task<string?> StrangerAsync() => InSessionAsync(async session =>
    {
        await PostgresTables.MakeAsync(session).ConfigureAwait(false);
        return await HolderAsync(session)
            .ConfigureAwait(false) is { } holder && holder.Cluster != cluster && await IsAliveAsync(session, holder.Writer)
            .ConfigureAwait(false) ? holder.Node : null;
    });

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        if (_session is not null)
        {
            await _session.DisposeAsync().ConfigureAwait(false);
        }
    }

    /// <summary>
    /// The session is kept open while the term lasts: it is what shows that this writer is alive. One that turns out to be broken
    /// (the server was started anew, or a successor has ended it) is replaced by a new one.
    /// </summary>
    private async Task<string?> InSessionAsync(Func<NpgsqlConnection, Task<string?>> ask)
    {
        var isOld = _session is { FullState: ConnectionState.Open };
        try
        {
            return await ask(await SessionAsync().ConfigureAwait(false)).ConfigureAwait(false);
        }
        catch (NpgsqlException) when (isOld && _session is not { FullState: ConnectionState.Open })
        {
            return await ask(await SessionAsync().ConfigureAwait(false)).ConfigureAwait(false);
        }
    }

    private async Task<NpgsqlConnection> SessionAsync()
    {
        if (_session is { FullState: ConnectionState.Open })
        {
            return _session;
        }

        await DisposeAsync().ConfigureAwait(false);
        _session = new NpgsqlConnection(address.ConnectionString(writer, pooled: false));
        await _session.OpenAsync().ConfigureAwait(false);
        return _session;
    }

    private async Task<(string Writer, string Cluster, string Node)?> HolderAsync(NpgsqlConnection session)
    {
        await using var command = Command(session, "SELECT writer, cluster, node FROM timix_coordinator WHERE journal = @journal", ("journal", journal));
        await using var reader = await command.ExecuteReaderAsync().ConfigureAwait(false);
        return await reader.ReadAsync().ConfigureAwait(false) ? (reader.GetString(0), reader.GetString(1), reader.GetString(2)) : null;
    }

    private static async Task<bool> IsAliveAsync(NpgsqlConnection session, string writer)
    {
        await using var command = Command(session, "SELECT EXISTS (SELECT FROM pg_stat_activity WHERE application_name = @writer)", ("writer", writer));
        return (bool)(await command.ExecuteScalarAsync().ConfigureAwait(false))!;
    }

    private static NpgsqlCommand Command(NpgsqlConnection session, string text, params (string Name, string Value)[] parameters)
    {
        var command = new NpgsqlCommand(text, session);
        foreach (var (name, value) in parameters)
        {
            command.Parameters.AddWithValue(name, value);
        }

        return command;
    }
}
