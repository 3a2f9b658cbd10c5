using Akka.Actor;
using Akka.Configuration;
using Akka.Persistence;
using Akka.Persistence.Sql;
using TiMix.Base;
using TiMix.Runs.Journals;
using TiMix.Runs.Records;
using static TiMix.Protocol.Messages.CoordinatorEvents;

namespace TiMix.Actors.Journals;

/// <summary>What a run's journal holds, read through Akka.Persistence as a coordinator would, whatever database it is in.</summary>
public static class RunJournal
{
    private const string Reading = """
        akka.actor.provider = local
        akka.loglevel = OFF
        akka.persistence.journal.sql.auto-initialize = false
        """;

    private sealed class Reader : ReceivePersistentActor
    {
        private readonly List<IEvent> _events = [];
        private readonly TaskCompletionSource<IReadOnlyList<IEvent>> _done;

        public Reader(string run, TaskCompletionSource<IReadOnlyList<IEvent>> done)
        {
            (PersistenceId, _done) = (run, done);
            Recover<IEvent>(happened => _events.Add(JournalCheck.Checked(happened, LastSequenceNr)));
        }

        public override string PersistenceId { get; }

        protected override void OnReplaySuccess() => _done.TrySetResult(_events);

        protected override void OnRecoveryFailure(Exception reason, object? message = null) => _done.TrySetException(reason);
    }

    /// <summary>All events, oldest first; nothing of the run is written, and no right to write it is needed.</summary>
    /// <param name="directory">Of the run.</param>
    /// <param name="address">The database, if the run has its journal in one; null: the environment variable says where.</param>
    /// <exception cref="RunError">The journal cannot be read.</exception>
    public static async Task<IReadOnlyList<IEvent>> ReadAsync(RunDirectory directory, JournalAddress? address = null)
    {
        var place = RunJournalPlace.Find(directory, address ?? JournalAddress.Of(null));
        if (place.Address is not null)
        {
            return await ReadAsync(directory, place, CoordinatorJournal.ConfigOf(place.Address, "timix-reader")).ConfigureAwait(false);
        }

        using var file = SqliteReader.Open(directory);
        return file is null ? [] : await ReadAsync(directory, place, SqliteJournal.ConfigOf(file.Connection)).ConfigureAwait(false);
    }

    private static async Task<IReadOnlyList<IEvent>> ReadAsync(RunDirectory directory, RunJournalPlace place, Config database)
    {
        using var system = ActorSystem.Create("journal", ConfigurationFactory.ParseString(Reading)
            .WithFallback(database)
            .WithFallback(ConfigurationFactory.ParseString(File.ReadAllText(Path.Combine(AppContext.BaseDirectory, "cluster-config", "node.conf"))))
            .WithFallback(SqlPersistence.DefaultConfiguration));
        var done = new TaskCompletionSource<IReadOnlyList<IEvent>>(TaskCreationOptions.RunContinuationsAsynchronously);
        system.ActorOf(Props.Create(() => new Reader(place.Id, done)), "reader");
        try
        {
            return await done.Task.WaitAsync(TimeSpan.FromSeconds(30)).ConfigureAwait(false);
        }
        catch (Exception error) when (error is not RunError)
        {
            throw new RunError($"the journal of {directory.Path}{(place.Address is null ? "" : $" in {place.Address}")} cannot be read: {error.Message}");
        }
        finally
        {
            await system.Terminate().ConfigureAwait(false);
        }
    }
}
