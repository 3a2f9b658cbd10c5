using Akka.Actor;
using TiMix.Actors.Evaluation;
using TiMix.Actors.Loading;
using TiMix.Actors.Messages;
using TiMix.Actors.Mixing;
using TiMix.Actors.Training;
using TiMix.Base;
using TiMix.Data;
using TiMix.Data.Loading;
using TiMix.Exchange;
using TiMix.Learning.Model;
using TiMix.Runs.Audit;
using TiMix.Runs.Recipes;
using TiMix.Runs.Records;
using TiMix.Runs.Snapshots;
using TiMix.Runs.Sources;
using TiMix.Work.Compute;
using TiMix.Work.Training;

namespace TiMix.Actors.Nodes;

/// <summary>How the actors of a node's roles are made, once the run is known.</summary>
/// <param name="options">The node.</param>
/// <param name="directory">Of the run.</param>
/// <param name="exchange">The node's links.</param>
internal sealed class NodeServices(NodeOptions options, RunDirectory directory, ExchangeNode exchange) : IDisposable
{
    private readonly AuditLog? _audit = options.Roles.Contains(NodeRoles.Trainer) ? new AuditLog(directory, options.Name) : null;

    /// <summary>The actor of a role; null: it has none of its own here.</summary>
    /// <exception cref="RunError">The device is not there.</exception>
    /// <exception cref="DataException">The data are missing or wrong.</exception>
    public Props? PropsOf(string role, RunDescription run, IActorRef coordinator)
    {
        var recipe = RecipeFile.Parse(run.Recipe, "the coordinator's recipe");
        return role switch
        {
            NodeRoles.Loader => LoaderActor.Props(OpenLoader(recipe, run.Model), exchange.Bundles),
            NodeRoles.Mixer => MixerActor.Props(recipe, run.Model, Devices.Parse(options.Device), exchange),
            NodeRoles.Trainer => TrainerActor.Props(
                new TrainerSettings(
                    options.RunName, options.Name, recipe, run.Recipe, run.Model, Devices.Parse(options.Device), options.Threads,
                    Devices.Describe(options.Device),
                    new SnapshotStore(directory.Snapshots), _audit!, exchange, options.Membership.StatusInterval,
                    WarmUp: !options.Roles.Contains(NodeRoles.Mixer)),
                coordinator),
            NodeRoles.Evaluator => EvaluatorActor.Props(
                recipe, new RunData(recipe, options.DataDirectory), new SnapshotStore(directory.Snapshots)),
            _ => null,
        };
    }

    /// <inheritdoc/>
    public void Dispose() => _audit?.Dispose();

    private BatchLoader OpenLoader(Recipe recipe, ModelConfig model)
    {
        var data = new RunData(recipe, options.DataDirectory);
        var train = data.Open("train");
        return new BatchLoader(train, data.OpenTokenizer(), recipe.SampleOrder(train.Count), recipe.LoaderOptions(model), recipe.Run.Seed);
    }
}
