using Akka.Actor;
using TiMix.Actors.Monitoring;
using TiMix.Base;
using TiMix.Data;
using TiMix.Exchange;
using TiMix.Exchange.Links;
using TiMix.Learning.Runtime;
using TiMix.Protocol.Messages;
using TiMix.Protocol.Values;
using TiMix.Runs.Observing;
using TiMix.Runs.Records;

namespace TiMix.Actors.Nodes;

/// <summary>One node of a cluster: a member with the actors of its roles.</summary>
public static class NodeHost
{
    /// <summary>Starts a node and returns when the run is over or the node has left.</summary>
    /// <param name="options">The node.</param>
    /// <param name="control">Told when it is up; brings faults.</param>
    /// <param name="leave">A trainer finishes its step first; everything else leaves at once.</param>
    /// <param name="observer">Sees the run go by; null: nobody looks on here.</param>
    /// <param name="steering">Given what may be asked of the coordinator, once there is a way to it.</param>
    /// <exception cref="RunError">The user's mistake; one line.</exception>
    /// <exception cref="DataException">The data are missing or wrong; one line.</exception>
    public static async Task<RunResult> RunAsync(
        NodeOptions options, INodeControl control, CancellationToken leave, IRunObserver? observer = null, Action<RunSteering>? steering = null)
    {
        var directory = RunDirectory.Of(options.RunsDirectory, options.RunName);
        var coordinating = options.Roles.Contains(NodeRoles.Coordinator) ? await CoordinatorSetup.OfAsync(options, directory).ConfigureAwait(false) : null;
        using var identity = ClusterIdentity.Of(options);
        if (identity.Warning is { } warning)
        {
            control.Notice(warning);
        }

        var door = new ClusterDoor(identity, options.Join, control.Notice);
        await using var term = coordinating?.Journal.Term;
        await using var member = await ClusterSystem.StartAsync(
            options, options.Roles, options.Log ?? LogIn(directory, options.Name), coordinating?.Journal.Config, door).ConfigureAwait(false);
        var log = member.Logger("run");
        if (options.Roles.Contains(NodeRoles.Trainer))
        {
            log.Started(options.RunName, TorchRuntime.Describe(), options.Threads);
        }

        var over = new TaskCompletionSource<MonitorMessages.Over>(TaskCreationOptions.RunContinuationsAsynchronously);
        var end = await ServeAsync(
            member, identity, door, options, directory, coordinating, control,
            coordinator =>
            {
                steering?.Invoke(new RunSteering(coordinator));
                return observer is null ? [] : [member.System.ActorOf(ObserverActor.Props(options.Name, coordinator, observer, over), "observer")];
            },
            leave).ConfigureAwait(false);
        log.Ended(end.Outcome?.ToString() ?? "left", end.Error ?? "");

        // Whoever looks on hears all that came before the end.
        var led = coordinating?.Assignment.Leads ?? false;
        var told = observer is not null && end.Error is null && (end.Outcome == RunOutcome.Finished || (end.Outcome == RunOutcome.Stopped && led));
        var fingerprint = told ? (await over.Task.ConfigureAwait(false)).Fingerprint : null;
        return new RunResult(end.Outcome ?? RunOutcome.Stopped, directory.Path, fingerprint, end.Error) { Led = led, Mistaken = end.Mistaken };
    }

    /// <summary>Serves with a member that is up already.</summary>
    /// <param name="member">The member.</param>
    /// <param name="identity">By which it and its peers know each other.</param>
    /// <param name="door">Where it meets them.</param>
    /// <param name="options">The node.</param>
    /// <param name="directory">Of the run.</param>
    /// <param name="coordinating">On a coordinator's node.</param>
    /// <param name="control">Told when it is up; brings faults.</param>
    /// <param name="coordinatorUp">Told of the coordinator's proxy before anything else starts; gives the actors that it has started.</param>
    /// <param name="leave">Asks the node to leave.</param>
    private static async Task<NodeEnd> ServeAsync(
        ClusterSystem member, ClusterIdentity identity, ClusterDoor door, NodeOptions options, RunDirectory directory, CoordinatorSetup? coordinating,
        INodeControl control, Func<IActorRef, IReadOnlyList<IActorRef>> coordinatorUp, CancellationToken leave)
    {
        using var exchange = Start(new ExchangeOptions
        {
            Host = options.Host,
            Port = options.LinksPort,
            Token = options.Token,
            Certificate = identity.Certificate,
            SharedMemory = options.SharedMemory,
            Lease = options.Membership.Lease,
        });
        control.Begun(member.System, exchange);
        using var services = new NodeServices(options, directory, exchange);
        var ending = new TaskCompletionSource<NodeEnd>(TaskCreationOptions.RunContinuationsAsynchronously);
        List<IActorRef> needed = [];
        if (coordinating is not null)
        {
            var log = member.Logger("run");
            needed.Add(member.OfferCoordinator(coordinating.SettingsFor(options, directory, log), coordinating.Journal.Term, notice =>
            {
                log.Noted(NoticeText.Of(notice));
                control.Notice(notice);
            }));
            _ = EndWithAsync(coordinating.Assignment.Failed);
        }

        _ = EndWithAsync(door.Refused);
        using var left = new CancellationTokenSource();
        _ = JoinWatch.TellAsync(options.Join, door.Entered, control.Notice, left.Token);

        var coordinator = member.Coordinator();
        needed.AddRange(coordinatorUp(coordinator));
        var claim = NodeClaim.Of(options, directory, member.Address);
        var node = member.System.ActorOf(NodeActor.Props(options, coordinator, claim, run => services.PrepareAsync(run, coordinator), ending), "node");
        member.Guard([.. needed, coordinator, node], line => ending.TrySetResult(new NodeEnd(RunOutcome.Failed, line)));
        control.OnFault(fault => node.Tell(fault));
        control.Ready(member.Address);
        await using var registration = leave.Register(() => node.Tell(new NodeActor.WantToLeave()));
        _ = member.System.WhenTerminated.ContinueWith(
            _ => ending.TrySetResult(new NodeEnd(RunOutcome.Failed, "the cluster has put this node out")), TaskScheduler.Default);
        var end = await ending.Task.ConfigureAwait(false);
        await left.CancelAsync().ConfigureAwait(false);
        return end;

        async Task EndWithAsync(Task<string> failed) => ending.TrySetResult(new NodeEnd(RunOutcome.Failed, await failed.ConfigureAwait(false)));
    }

    private static ExchangeNode Start(ExchangeOptions options)
    {
        try
        {
            return ExchangeNode.Start(options);
        }
        catch (IOException error)
        {
            throw new RunError(error.Message);
        }
    }

    private static string LogIn(RunDirectory directory, string node) =>
        Path.Combine(Directory.CreateDirectory(Path.Combine(directory.Path, "nodes")).FullName, node + ".akka.txt");
}
