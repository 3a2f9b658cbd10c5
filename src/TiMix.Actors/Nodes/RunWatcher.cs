using Akka.Actor;
using TiMix.Actors.Monitoring;
using TiMix.Base;
using TiMix.Protocol.Messages;
using TiMix.Protocol.Values;
using TiMix.Runs.Observing;
using TiMix.Runs.Records;

namespace TiMix.Actors.Nodes;

/// <summary>A member of the cluster that serves nothing: it sees the run, and may steer it.</summary>
public sealed class RunWatcher : IAsyncDisposable
{
    private readonly ClusterSystem _member;
    private readonly IActorRef _coordinator;
    private readonly IActorRef _looker;
    private readonly ClusterIdentity _identity;

    private RunWatcher(ClusterSystem member, ClusterIdentity identity, IActorRef coordinator, IActorRef looker, Task<RunResult> ended) =>
        (_member, _identity, _coordinator, _looker, Ended, Steering) = (member, identity, coordinator, looker, ended, new RunSteering(coordinator));

    /// <summary>host:port that others join.</summary>
    public string Address => _member.Address;

    /// <summary>What may be asked of the coordinator.</summary>
    public RunSteering Steering { get; }

    /// <summary>Completed when the run is over.</summary>
    public Task<RunResult> Ended { get; }

    /// <summary>Joins, or forms, the cluster.</summary>
    /// <param name="options">Its roles are not served.</param>
    /// <param name="observer">Sees the run go by.</param>
    public static async Task<RunWatcher> JoinAsync(NodeOptions options, IRunObserver observer)
    {
        var directory = RunDirectory.Of(options.RunsDirectory, options.RunName);
        var identity = ClusterIdentity.Of(options);
        var door = new ClusterDoor(identity, options.Join, observer.Notice);
        var member = await ClusterSystem.StartAsync(options, [NodeRoles.Launcher], directory.Log, null, door).ConfigureAwait(false);
        var coordinator = member.Coordinator();
        var ending = new TaskCompletionSource<MonitorMessages.Over>(TaskCreationOptions.RunContinuationsAsynchronously);
        var looker = member.System.ActorOf(ObserverActor.Props(options.Name, coordinator, observer, ending), "observer");
        member.Guard([coordinator, looker], line => ending.TrySetResult(new MonitorMessages.Over(RunOutcome.Failed, null, line, 0)));
        _ = member.System.WhenTerminated.ContinueWith(
            _ => ending.TrySetResult(new MonitorMessages.Over(RunOutcome.Failed, null, "the cluster has put the launcher out", 0)), TaskScheduler.Default);
        return new RunWatcher(member, identity, coordinator, looker, EndAsync(ending.Task, directory));
    }

    /// <summary>Its process has died: the coordinator is told at once.</summary>
    public void NodeLost(string node) => _coordinator.Tell(new CoordinatorCommands.ReportNodeLost(node), _looker);

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await _member.DisposeAsync().ConfigureAwait(false);
        _identity.Dispose();
    }

    private static async Task<RunResult> EndAsync(Task<MonitorMessages.Over> ending, RunDirectory directory)
    {
        var over = await ending.ConfigureAwait(false);
        return new RunResult(over.Outcome, directory.Path, over.Fingerprint, over.Error);
    }
}
