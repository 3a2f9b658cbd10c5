using Akka.Actor;
using Akka.Configuration;
using TiMix.Actors.Audit;
using TiMix.Actors.Coordination;
using TiMix.Actors.Evaluation;
using TiMix.Actors.Loading;
using TiMix.Actors.Messages;
using TiMix.Actors.Mixing;
using TiMix.Actors.Recipes;
using TiMix.Actors.Runs;
using TiMix.Actors.Snapshots;
using TiMix.Actors.Training;
using TiMix.Data;
using TiMix.Exchange.Links;
using TiMix.Learning;

namespace TiMix.Actors.Nodes;

/// <summary>One node of a cluster: a member with the actors of its roles.</summary>
public static class NodeHost
{
    /// <summary>Starts a node and returns when the run is over or the node has left.</summary>
    /// <param name="options">The node.</param>
    /// <param name="control">Told when it is up; brings faults.</param>
    /// <param name="leave">A trainer finishes its step first; everything else leaves at once.</param>
    /// <exception cref="RunError">The user's mistake; one line.</exception>
    /// <exception cref="DataException">The data are missing or wrong; one line.</exception>
    public static async Task<RunResult> RunAsync(NodeOptions options, INodeControl control, CancellationToken leave)
    {
        var directory = RunDirectory.Of(options.RunsDirectory, options.RunName);
        Directory.CreateDirectory(Path.Combine(directory.Path, "nodes"));
        using var coordinating = options.Roles.Contains(NodeRoles.Coordinator) ? CoordinatorSetup.Of(options, directory) : null;
        await using var member = await ClusterSystem.StartAsync(options, options.Roles, Path.Combine(directory.Path, "nodes", options.Name + ".akka.txt"), coordinating?.Journal).ConfigureAwait(false);
        var end = await ServeAsync(member, options, directory, coordinating, control, null, leave).ConfigureAwait(false);
        return new RunResult(end.Outcome ?? RunOutcome.Stopped, directory.Path, null, end.Error);
    }

    /// <summary>Serves with a member that is up already.</summary>
    /// <param name="member">The member.</param>
    /// <param name="options">The node.</param>
    /// <param name="directory">Of the run.</param>
    /// <param name="coordinating">On a coordinator's node.</param>
    /// <param name="control">Told when it is up; brings faults.</param>
    /// <param name="coordinatorUp">Told of the coordinator's proxy before anything else starts.</param>
    /// <param name="leave">Asks the node to leave.</param>
    internal static async Task<NodeEnd> ServeAsync(
        ClusterSystem member, NodeOptions options, RunDirectory directory, CoordinatorSetup? coordinating, INodeControl control, Action<IActorRef>? coordinatorUp, CancellationToken leave)
    {
        using var exchange = ExchangeNode.Start(new ExchangeOptions { Host = options.Host, Token = options.Token, Lease = options.Membership.Lease });
        using var services = new NodeServices(options, directory, exchange);
        var ending = new TaskCompletionSource<NodeEnd>(TaskCreationOptions.RunContinuationsAsynchronously);
        if (coordinating is not null)
        {
            member.OfferCoordinator(coordinating.SettingsFor(options, directory, member.Logger("run")));
        }

        var coordinator = member.Coordinator();
        coordinatorUp?.Invoke(coordinator);
        var node = member.System.ActorOf(NodeActor.Props(options, coordinator, (role, run) => services.PropsOf(role, run, coordinator), ending), "node");
        control.OnFault(fault => node.Tell(fault));
        control.Ready(member.Address);
        await using var registration = leave.Register(() => node.Tell(new NodeActor.WantToLeave()));
        _ = member.System.WhenTerminated.ContinueWith(
            _ => ending.TrySetResult(new NodeEnd(RunOutcome.Failed, "the cluster has put this node out")), TaskScheduler.Default);
        return await ending.Task.ConfigureAwait(false);
    }
}
