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
    private AuditLog? _audit;

    /// <summary>The actors of the node's roles. Data are looked through first, which may take a while.</summary>
    /// <exception cref="RunError">The device is not there.</exception>
    /// <exception cref="DataException">The data are missing or wrong.</exception>
    public Task<IReadOnlyList<(string Role, Props Actor)>> PrepareAsync(RunDescription run, IActorRef coordinator) =>
        Task.Run<IReadOnlyList<(string, Props)>>(() =>
        [
            .. options.Roles.Select(role => (Role: role, Actor: PropsOf(role, run, coordinator))).Where(role => role.Actor is not null)
                .Select(role => (role.Role, role.Actor!)),
        ]);

    private Props? PropsOf(string role, RunDescription run, IActorRef coordinator)
    {
        var recipe = RecipeFile.Parse(run.Recipe, "the coordinator's recipe");
        return role switch
        {
            NodeRoles.Loader => LoaderActor.Props(OpenLoader(recipe, run), exchange.Bundles),
            NodeRoles.Mixer => MixerActor.Props(recipe, run.Model, Devices.Parse(options.Device), exchange),
            NodeRoles.Trainer => TrainerActor.Props(
                new TrainerSettings(
                    options.RunName, options.Name, recipe, run.Recipe, run.Model, Devices.Parse(options.Device), options.Threads,
                    Devices.Describe(options.Device),
                    new SnapshotStore(directory.Snapshots), _audit ??= new AuditLog(directory, options.Name), exchange, options.Membership.StatusInterval,
                    WarmUp: !options.Roles.Contains(NodeRoles.Mixer)),
                coordinator),
            NodeRoles.Evaluator => EvaluatorActor.Props(
                recipe, new RunData(recipe, options.DataDirectory), new SnapshotStore(directory.Snapshots)),
            _ => null,
        };
    }

    /// <inheritdoc/>
    public void Dispose() => _audit?.Dispose();

    private BatchLoader OpenLoader(Recipe recipe, RunDescription run)
    {
        var data = new RunData(recipe, options.DataDirectory);
        if (run.Data is { } digest && data.Manifest() is var own && own.Digest != digest)
        {
            var change = DataManifest.Read(directory) is { } began && began.Digest == digest ? began.Change(own)
                : $"the digest of {own.Train.Count} shards and the vocabulary is {own.Digest[..12]}…, that of the run's "
                    + $"{digest[..Math.Min(12, digest.Length)]}…";
            throw new RunError($"the run began with other data than this node has: {change}. Give the node the same files.");
        }

        var train = data.Open("train");
        return new BatchLoader(train, data.OpenTokenizer(), recipe.SampleOrder(train.Count), recipe.LoaderOptions(run.Model), recipe.Run.Seed);
    }
}
