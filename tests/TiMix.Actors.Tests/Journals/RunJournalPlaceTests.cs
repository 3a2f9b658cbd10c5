using TiMix.Base;
using TiMix.Runs.Journals;
using TiMix.Runs.Records;

namespace TiMix.Actors.Tests.Journals;

public sealed class RunJournalPlaceTests : IDisposable
{
    private static readonly JournalAddress Database = JournalAddress.Parse("postgresql://ann:hidden@db.example/runs", "--journal");
    private readonly string _runs = Directory.CreateTempSubdirectory("timix-places-").FullName;

    public void Dispose() => Directory.Delete(_runs, recursive: true);

    [Fact]
    public void A_run_keeps_the_name_that_its_journal_got_first()
    {
        var settled = RunJournalPlace.Settle(Run("a"), Database);
        Assert.StartsWith("a-", settled.Id, StringComparison.Ordinal);
        Assert.Equal(settled.Id, RunJournalPlace.Settle(Run("a"), Database).Id);
        Assert.Equal(settled.Id, RunJournalPlace.Find(Run("a"), Database).Id);
        Assert.DoesNotContain("hidden", File.ReadAllText(Path.Combine(_runs, "a", "journal.json")), StringComparison.Ordinal);
    }

    [Fact]
    public void Runs_of_one_name_in_different_directories_never_share_a_journal()
    {
        var one = RunJournalPlace.Settle(Run("a"), Database);
        Directory.Delete(Path.Combine(_runs, "a"), recursive: true);
        Assert.NotEqual(one.Id, RunJournalPlace.Settle(Run("a"), Database).Id);
    }

    [Fact]
    public void Many_that_settle_at_once_agree()
    {
        var run = Run("a");
        var ids = new string[16];
        Parallel.For(0, ids.Length, i => ids[i] = RunJournalPlace.Settle(run, Database).Id);
        Assert.Single(ids.Distinct());
        Assert.Equal(["journal.json"], Directory.GetFiles(run.Path).Select(file => Path.GetFileName(file)));
    }

    [Fact]
    public void A_run_with_a_database_is_not_found_without_its_address()
    {
        RunJournalPlace.Settle(Run("a"), Database);
        var error = Assert.Throws<RunError>(() => RunJournalPlace.Settle(Run("a"), null));
        Assert.Contains("is in postgresql://ann@db.example:5432/runs: give its address", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_run_with_a_file_goes_on_with_it()
    {
        var run = Run("a");
        File.WriteAllText(run.Journal, "");
        Assert.Equal(new RunJournalPlace("a", null), RunJournalPlace.Settle(run, null));
        Assert.Equal(new RunJournalPlace("a", null), RunJournalPlace.Find(run, Database));
        Assert.Contains(
            "is its file journal.db; leave --journal", Assert.Throws<RunError>(() => RunJournalPlace.Settle(run, Database)).Message, StringComparison.Ordinal);
    }

    private RunDirectory Run(string name)
    {
        var directory = RunDirectory.Of(_runs, name);
        Directory.CreateDirectory(directory.Path);
        return directory;
    }
}
