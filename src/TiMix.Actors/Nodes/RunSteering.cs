using Akka.Actor;
using TiMix.Protocol.Messages;
using static TiMix.Protocol.Messages.CoordinatorCommands;

namespace TiMix.Actors.Nodes;

/// <summary>What may be asked of the coordinator from outside the actors. A coordinator that is just being started anew answers late or not.</summary>
/// <param name="coordinator">Its proxy.</param>
public sealed class RunSteering(IActorRef coordinator)
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);

    /// <summary>Where the run and all who serve it stand; null: the coordinator does not answer.</summary>
    /// <param name="stop">Gives up.</param>
    public async Task<ClusterDescription?> DescribeAsync(CancellationToken stop)
    {
        try
        {
            return await coordinator.Ask<ClusterDescription>(new NodeMessages.DescribeCluster(), Patience, stop).ConfigureAwait(false);
        }
        catch (AskTimeoutException)
        {
            return null;
        }
    }

    /// <summary>Everybody holds still after the current step, until <see cref="ContinueAsync"/>.</summary>
    public Task<CoordinatorAnswer> PauseAsync() => AskAsync(new PauseRun());

    /// <summary>A run that was paused goes on.</summary>
    public Task<CoordinatorAnswer> ContinueAsync() => AskAsync(new ContinueRun());

    /// <summary>A snapshot is written although none is due.</summary>
    public Task<CoordinatorAnswer> SnapshotAsync() => AskAsync(new WantSnapshot());

    /// <summary>A node leaves as soon as it harms nobody.</summary>
    public Task<CoordinatorAnswer> DrainAsync(string node) => AskAsync(new DrainNode(node));

    /// <summary>The step is finished, a snapshot written, and the run ends.</summary>
    public Task<CoordinatorAnswer> StopAsync() => AskAsync(new StopRun());

    /// <summary>The same without an answer, until somebody says that the run is over: a coordinator that is just being started does not hear it.</summary>
    public void Stop() => _ = StopAsync();

    private async Task<CoordinatorAnswer> AskAsync(ICommand command)
    {
        try
        {
            return (await coordinator.Ask<Answer>(command, Patience).ConfigureAwait(false)).What;
        }
        catch (AskTimeoutException)
        {
            return new CoordinatorAnswer.Silent(Patience.TotalSeconds);
        }
    }
}
