using Microsoft.Extensions.Logging;
using TiMix.Actors.Coordination;
using TiMix.Actors.Journals;
using TiMix.Actors.Messages;
using TiMix.Actors.Monitoring;
using TiMix.Base;
using TiMix.Data;
using TiMix.Learning.Model;
using TiMix.Protocol.Coordination;
using TiMix.Protocol.Messages;
using TiMix.Runs.Recipes;
using TiMix.Runs.Records;
using TiMix.Runs.Snapshots;
using TiMix.Runs.Sources;

namespace TiMix.Actors.Nodes;

/// <summary>What a coordinator's node has to look up before it can coordinate: the recipe, the model's sizes, the journal.</summary>
internal sealed class CoordinatorSetup
{
    private readonly Recipe _recipe;
    private readonly ModelConfig _model;

    private CoordinatorSetup(Recipe recipe, ModelConfig model, CoordinatorAssignment assignment, CoordinatorJournal journal) =>
        (_recipe, _model, Assignment, Journal) = (recipe, model, assignment, journal);

    /// <summary>What this process was started for.</summary>
    public CoordinatorAssignment Assignment { get; }

    /// <summary>The journal.</summary>
    public CoordinatorJournal Journal { get; }

    /// <summary>Reads the recipe and checks it against the data; finds the journal.</summary>
    /// <exception cref="RunError">The user's mistake.</exception>
    /// <exception cref="DataException">The data are missing or wrong.</exception>
    public static async Task<CoordinatorSetup> OfAsync(NodeOptions options, RunDirectory directory)
    {
        var recipe = options.Recipe ?? RunDirectory.Look(options.RunsDirectory, options.RunName).ReadRecipe();
        var data = new RunData(recipe, options.DataDirectory);
        var model = RecipeModel.Of(recipe, data.OpenTokenizer());
        Directory.CreateDirectory(directory.Path);
        if (options.Recipe is not null && !File.Exists(directory.Recipe))
        {
            WholeFile.TryCreate(directory.Recipe, RecipeFile.Write(recipe));
        }

        directory.Identify();
        var journal = await CoordinatorJournal.OpenAsync(directory, options.Journal, options.Name, options.Token).ConfigureAwait(false);

        // Whoever starts a run whose journal is its own is alone with it. Where others may stand by, all of them are started alike,
        // again and again, and whichever leads takes up what is going on.
        var goOn = options.Continue || (options.Recipe is not null && !journal.IsShared);
        return new CoordinatorSetup(recipe, model, new CoordinatorAssignment(goOn, journal.IsShared ? null : directory.Journal), journal);
    }

    /// <summary>What the coordinator's actor needs.</summary>
    public CoordinatorActor.Settings SettingsFor(NodeOptions options, RunDirectory directory, ILogger log)
    {
        var text = RecipeFile.Write(_recipe);
        var task = new CoordinatorTask
        {
            Run = options.RunName,
            Node = options.Name,
            MayLive = options.MayLive,
            Identity = NodeClaim.IdentityOf(options, directory),
            Plan = _recipe.Plan(),
            Begin = new CoordinatorCommands.BeginRun(text, _recipe.Optimization.Steps, _recipe.Optimization.MicroBatches, _recipe.Run.Seed),
            Description = new RunDescription(options.RunName, text, _model, DataManifest.Read(directory)?.Digest),
            Snapshots = directory.Snapshots,
            Membership = options.Membership,
        };
        var monitor = MonitorActor.Props(directory, options.RunName, _recipe, log);
        return new CoordinatorActor.Settings(task, Journal.Id, new SnapshotStore(directory.Snapshots), monitor, Assignment, TimeProvider.System);
    }
}
