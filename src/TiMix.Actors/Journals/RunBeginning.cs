using TiMix.Base;
using TiMix.Protocol.Messages;
using TiMix.Runs.Journals;
using TiMix.Runs.Recipes;
using TiMix.Runs.Records;
using TiMix.Runs.Snapshots;

namespace TiMix.Actors.Journals;

/// <summary>The recipe that a run began with, by its journal and its snapshots: <c>recipe.json</c> is a file that people edit.</summary>
public static class RunBeginning
{
    /// <summary>Refuses to go on with a run by another recipe than the one it began with.</summary>
    /// <param name="directory">Of the run.</param>
    /// <param name="recipe">What it would go on with.</param>
    /// <param name="address">The database, if the run has its journal in one.</param>
    /// <exception cref="RunError">The recipes differ, and the keys are named; or the run's own journal is damaged.</exception>
    public static async Task CheckAsync(RunDirectory directory, Recipe recipe, JournalAddress? address)
    {
        if (Change(directory, await JournalAsync(directory, address).ConfigureAwait(false), recipe) is { } change)
        {
            throw new RunError($"run \"{Path.GetFileName(directory.Path)}\" began with another recipe than {directory.Recipe} is now: {change}. "
                + $"Put back what it began with, or begin another run of it: timix train {directory.Recipe} --run NAME.");
        }
    }

    /// <summary>How a recipe differs from what the run began with; null: it does not, or the run knows of no beginning.</summary>
    /// <param name="directory">Of the run.</param>
    /// <param name="journal">Its events.</param>
    /// <param name="recipe">The recipe.</param>
    /// <exception cref="RunError">What the run began with is no recipe that this version reads.</exception>
    public static string? Change(RunDirectory directory, IReadOnlyList<CoordinatorEvents.IEvent> journal, Recipe recipe)
    {
        var began = journal.OfType<CoordinatorEvents.RunStarted>().Select(started => (Text: started.Recipe, Where: "the journal"))
            .Concat(Snapshots(directory));
        return began.Select(known => RecipeFile.Difference(RecipeFile.Parse(known.Text, known.Where), recipe)).FirstOrDefault(change => change is not null);
    }

    /// <summary>A database that does not answer now is waited for later, by the coordinator.</summary>
    private static async Task<IReadOnlyList<CoordinatorEvents.IEvent>> JournalAsync(RunDirectory directory, JournalAddress? address)
    {
        var place = RunJournalPlace.Find(directory, address);
        try
        {
            return await RunJournal.ReadAsync(directory, place.Address).ConfigureAwait(false);
        }
        catch (RunError) when (place.Address is not null)
        {
            return [];
        }
    }

    private static IEnumerable<(string Text, string Where)> Snapshots(RunDirectory directory)
    {
        foreach (var path in SnapshotStore.In(directory.Snapshots))
        {
            string? recipe = null;
            try
            {
                recipe = SnapshotStore.ReadManifest(path).Recipe;
            }
            catch (InvalidDataException)
            {
                // A damaged one is named when it is to be used.
            }

            if (recipe is not null)
            {
                yield return (recipe, path);
            }
        }
    }
}
