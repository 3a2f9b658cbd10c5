using Npgsql;

namespace TiMix.Actors.Journals;

/// <summary>
/// What the program keeps in a database: <c>timix_journal</c>, in the shape that Akka.Persistence.Sql reads and writes;
/// <c>timix_coordinator</c>, a row a run that names the writer whose events count; and the trigger that holds the one against the
/// other. Made by the first coordinator that comes; whoever comes later needs no right to make tables.
/// </summary>
internal static class PostgresTables
{
    private const long LockOfMakers = 85508550;

    private const string AreThere = """
        SELECT to_regclass('timix_journal') IS NOT NULL AND to_regclass('timix_coordinator') IS NOT NULL
           AND EXISTS (SELECT FROM pg_trigger WHERE tgrelid = to_regclass('timix_journal') AND tgname = 'timix_fence')
        """;

    /// <summary>
    /// The trigger locks the coordinator's row against a change until the events are committed: a successor therefore reads all
    /// that its predecessor wrote, and the predecessor writes nothing after that. Journals without a row are nobody's business.
    /// </summary>
    private const string Definition = """
        CREATE TABLE IF NOT EXISTS timix_journal (
          ordering bigserial PRIMARY KEY,
          created bigint NOT NULL,
          deleted boolean NOT NULL,
          persistence_id varchar(255) NOT NULL,
          sequence_number bigint NOT NULL,
          message bytea NOT NULL,
          tags varchar(100),
          manifest varchar(500) NOT NULL,
          identifier integer,
          writer_uuid varchar(128),
          CONSTRAINT timix_journal_once UNIQUE (persistence_id, sequence_number)
        );
        CREATE TABLE IF NOT EXISTS timix_coordinator (
          journal varchar(255) PRIMARY KEY,
          term bigint NOT NULL,
          cluster text NOT NULL,
          node text NOT NULL,
          writer text NOT NULL,
          taken timestamptz NOT NULL DEFAULT now()
        );
        CREATE OR REPLACE FUNCTION timix_refuse_replaced_coordinator() RETURNS trigger LANGUAGE plpgsql AS $$
        DECLARE
          holder text;
        BEGIN
          SELECT writer INTO holder FROM timix_coordinator WHERE journal = NEW.persistence_id FOR SHARE;
          IF holder <> current_setting('application_name') THEN
            RAISE EXCEPTION 'timix: this coordinator of % has been replaced', NEW.persistence_id USING ERRCODE = 'TX001';
          END IF;
          RETURN NEW;
        END $$;
        DROP TRIGGER IF EXISTS timix_fence ON timix_journal;
        CREATE TRIGGER timix_fence BEFORE INSERT ON timix_journal FOR EACH ROW EXECUTE FUNCTION timix_refuse_replaced_coordinator();
        """;

    /// <summary>Makes what is not there yet.</summary>
    /// <exception cref="NpgsqlException">The server is gone, or does not allow it.</exception>
    public static async Task MakeAsync(NpgsqlConnection session)
    {
        await using (var look = new NpgsqlCommand(AreThere, session))
        {
            if (await look.ExecuteScalarAsync().ConfigureAwait(false) is true)
            {
                return;
            }
        }

        await using var transaction = await session.BeginTransactionAsync().ConfigureAwait(false);
        foreach (var text in new[] { FormattableString.Invariant($"SELECT pg_advisory_xact_lock({LockOfMakers})"), Definition })
        {
            await using var command = new NpgsqlCommand(text, session, transaction);
            await command.ExecuteNonQueryAsync().ConfigureAwait(false);
        }

        await transaction.CommitAsync().ConfigureAwait(false);
    }
}
