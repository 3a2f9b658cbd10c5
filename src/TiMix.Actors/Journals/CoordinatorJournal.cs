using System.Security.Cryptography;
using System.Text;
using Akka.Configuration;
using Npgsql;
using TiMix.Base;
using TiMix.Runs.Journals;
using TiMix.Runs.Records;

namespace TiMix.Actors.Journals;

/// <summary>The journal of a coordinator's node: Akka's settings for it, and the right to write it.</summary>
/// <param name="Id">Persistence id of the coordinator.</param>
/// <param name="Config">Akka's settings.</param>
/// <param name="Term">The right to be the coordinator.</param>
/// <param name="IsShared">Whether several coordinators may stand by.</param>
public sealed record CoordinatorJournal(string Id, Config Config, ICoordinatorTerm Term, bool IsShared)
{
    private static readonly TimeSpan Farewell = TimeSpan.FromMilliseconds(300);
    private const int FarewellTries = 10;

    /// <summary>Finds the journal of a run, or settles where that of a new run will be, and makes sure that it is nobody else's.</summary>
    /// <param name="directory">Of the run; it exists.</param>
    /// <param name="address">The database; null: a file of the run.</param>
    /// <param name="node">Name of this node.</param>
    /// <param name="token">Secret of the cluster.</param>
    /// <exception cref="RunError">The database refuses, or another cluster is at work on the run. One that cannot be reached now is waited for
    /// later.</exception>
    public static async Task<CoordinatorJournal> OpenAsync(RunDirectory directory, JournalAddress? address, string node, string token)
    {
        var place = RunJournalPlace.Settle(directory, address);
        if (place.Address is null)
        {
            SqliteJournal.UseWriteAheadLog(directory);
            return new CoordinatorJournal(place.Id, SqliteJournal.ConfigOf(directory), new TermOfPossession(), IsShared: false);
        }

        // The name under which the server knows this process; drawn, so that no other incarnation of the node has it.
        var writer = $"timix-{Guid.NewGuid():N}";
        var cluster = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes("cluster of " + token)))[..16];
        var term = new PostgresTerm(place.Address, place.Id, node, cluster, writer);
        await RefuseStrangersAsync(term, place.Address, directory).ConfigureAwait(false);
        return new CoordinatorJournal(place.Id, ConfigOf(place.Address, writer), term, IsShared: true);
    }

    /// <summary>Akka's settings for a journal in PostgreSQL.</summary>
    internal static Config ConfigOf(JournalAddress address, string writer) => ConfigurationFactory
        .ParseString($"akka.persistence.journal.sql.connection-string = \"{Hocon.Quoted(address.ConnectionString(writer, pooled: true))}\"")
        .WithFallback(ConfigurationFactory.ParseString(File.ReadAllText(Path.Combine(AppContext.BaseDirectory, "cluster-config", "postgresql.conf"))));

    private static async Task RefuseStrangersAsync(PostgresTerm term, JournalAddress address, RunDirectory directory)
    {
        try
        {
            // Connections of a cluster that was killed a moment ago may not have ended yet.
            var stranger = await term.StrangerAsync().ConfigureAwait(false);
            for (var i = 0; i < FarewellTries && stranger is not null; i++)
            {
                await Task.Delay(Farewell).ConfigureAwait(false);
                stranger = await term.StrangerAsync().ConfigureAwait(false);
            }

            if (stranger is not null)
            {
                await term.DisposeAsync().ConfigureAwait(false);
                throw new RunError(
                    $"another cluster is at work on {directory.Path}: its coordinator on node {stranger} is alive; stop it first, or join it, with its token.");
            }
        }
        catch (PostgresException error) when (!error.IsTransient && error.SqlState[..2] is "28" or "3D" or "42" or "0A")
        {
            await term.DisposeAsync().ConfigureAwait(false);
            throw new RunError($"the journal in {address} cannot be used: {error.MessageText} (SQLSTATE {error.SqlState}); user, password, database and the "
                + $"right to make tables must be right.");
        }
        catch (Exception error) when (error is NpgsqlException or TimeoutException or System.Net.Sockets.SocketException or IOException)
        {
            // It may come back: the coordinator waits for it, and says so.
        }
    }
}
