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

    private RunWatcher(ClusterSystem member, IActorRef coordinator, Task<RunResult> ended) =>
        (_member, _coordinator, Ended, Steering) = (member, coordinator, ended, new RunSteering(coordinator));

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
        var member = await ClusterSystem.StartAsync(options, [NodeRoles.Launcher], directory.Log, null).ConfigureAwait(false);
        var coordinator = member.Coordinator();
        var ending = new TaskCompletionSource<MonitorMessages.Over>(TaskCreationOptions.RunContinuationsAsynchronously);
        member.System.ActorOf(ObserverActor.Props(options.Name, coordinator, observer, ending), "observer");
        _ = member.System.WhenTerminated.ContinueWith(
            _ => ending.TrySetResult(new MonitorMessages.Over(RunOutcome.Failed, null, "the cluster has put the launcher out", 0)), TaskScheduler.Default);
        return new RunWatcher(member, coordinator, EndAsync(ending.Task, directory));
    }

    /// <summary>Its process has died: the coordinator is told at once.</summary>
    public void NodeLost(string node) => _coordinator.Tell(new CoordinatorCommands.ReportNodeLost(node), ActorRefs.NoSender);

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => _member.DisposeAsync();

    private static async Task<RunResult> EndAsync(Task<MonitorMessages.Over> ending, RunDirectory directory)
    {
        var over = await ending.ConfigureAwait(false);
        return new RunResult(over.Outcome, directory.Path, over.Fingerprint, over.Error);
    }
}
