using Akka.Actor;
using Akka.Pattern;
using TiMix.Actors.Entering;
using TiMix.Actors.Messages;
using TiMix.Actors.Training;
using TiMix.Base;
using TiMix.Protocol.Messages;
using TiMix.Protocol.Training;
using TiMix.Protocol.Values;

namespace TiMix.Actors.Nodes;

/// <summary>
/// Starts what a node serves a run with, as soon as the coordinator has said what the run is; says that it is there; ends when
/// the run is over, or when it was asked to leave and may.
/// </summary>
public sealed class NodeActor : EnteredActor, IWithTimers
{
    /// <summary>Local to the node: leave as soon as it harms nobody.</summary>
    public sealed record WantToLeave : INoSerializationVerificationNeeded;

    private sealed record Beat : INoSerializationVerificationNeeded
    {
        public static readonly Beat Instance = new();
    }

    private static readonly TimeSpan BeatInterval = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan AskInterval = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan MinBackOff = TimeSpan.FromMilliseconds(200);
    private static readonly TimeSpan MaxBackOff = TimeSpan.FromSeconds(10);
    private const int MaxRestarts = 5;
    private readonly NodeOptions _options;
    private readonly IActorRef _coordinator;
    private readonly Func<string, RunDescription, Props?> _serve;
    private readonly TaskCompletionSource<NodeEnd> _ending;
    private readonly Dictionary<string, IActorRef> _services = new(StringComparer.Ordinal);
    private bool _serving;
    private bool _leaving;

    /// <param name="options">The node.</param>
    /// <param name="coordinator">Proxy of the coordinator.</param>
    /// <param name="serve">How to make the actor of a role; null: the role needs none here.</param>
    /// <param name="ending">Completed when the node has nothing more to do.</param>
    public NodeActor(NodeOptions options, IActorRef coordinator, Func<string, RunDescription, Props?> serve, TaskCompletionSource<NodeEnd> ending)
        : base(ActorKind.Node)
    {
        (_options, _coordinator, _serve, _ending) = (options, coordinator, serve, ending);
        Receive<Beat>(_ => Announce());
        Receive<RunDescription>(Serve);
        Receive<NodeMessages.RunOver>(over => _ending.TrySetResult(new NodeEnd(over.Outcome, over.Error)));
        Receive<NodeMessages.LeaveRun>(_ => Self.Tell(new WantToLeave()));
        Receive<WantToLeave>(_ =>
        {
            _leaving = true;
            Leave();
        });
        Receive<TrainerActor.HasLeft>(_ => _ending.TrySetResult(new NodeEnd(null, null)));
        Receive<NodeFault>(Inject);
        Receive<Terminated>(gone => _ending.TrySetResult(
            new NodeEnd(RunOutcome.Failed, $"the {gone.ActorRef.Path.Name.Replace("-supervisor", "", StringComparison.Ordinal)} is gone, or failed too often; "
                + "log.txt in the run's directory says why")));
    }

    /// <inheritdoc/>
    public ITimerScheduler Timers { get; set; } = null!;

    /// <summary>How to make one.</summary>
    public static Props Props(NodeOptions options, IActorRef coordinator, Func<string, RunDescription, Props?> serve, TaskCompletionSource<NodeEnd> ending) =>
        Akka.Actor.Props.Create(() => new NodeActor(options, coordinator, serve, ending));

    /// <inheritdoc/>
    protected override void PreStart()
    {
        Context.System.EventStream.Subscribe(Self, typeof(TrainerActor.HasLeft));
        Timers.StartPeriodicTimer("beat", Beat.Instance, TimeSpan.Zero, AskInterval);
    }

    /// <summary>Asks what the run is, and says in the services' names that they are there, so that answers go to them.</summary>
    private void Announce()
    {
        if (_leaving)
        {
            Leave();
        }

        _coordinator.Tell(new NodeMessages.DescribeRun(_options.Name, _serving ? OwnVitals.Of(_options) : null));
        foreach (var (role, service) in _services.Where(pair => pair.Key != NodeRoles.Trainer))
        {
            _coordinator.Tell(new NodeMessages.ServiceStatus(_options.Name, role), service);
        }
    }

    /// <summary>Told again and again: the trainer may just be started anew, and would not know.</summary>
    private void Leave()
    {
        if (_services.TryGetValue(NodeRoles.Trainer, out var trainer))
        {
            trainer.Tell(new TrainerInputs.AskedToLeave());
        }
        else
        {
            _ending.TrySetResult(new NodeEnd(null, null));
        }
    }

    private void Serve(RunDescription run)
    {
        if (_serving)
        {
            return;
        }

        _serving = true;
        Timers.StartPeriodicTimer("beat", Beat.Instance, TimeSpan.Zero, BeatInterval);
        try
        {
            foreach (var role in _options.Roles)
            {
                if (_serve(role, run) is { } props)
                {
                    _services.Add(role, Supervised(props, role));
                }
            }
        }
        catch (Exception mistake) when (mistake is RunError or Data.DataException)
        {
            _ending.TrySetResult(new NodeEnd(RunOutcome.Failed, mistake.Message));
        }
    }

    private void Inject(NodeFault fault)
    {
        if (_services.TryGetValue(NodeRoles.Trainer, out var trainer))
        {
            trainer.Tell(fault.Kind == "flip" ? new TrainerInputs.AskedToFlip() : new TrainerInputs.Deafened((long)fault.Duration.TotalMilliseconds));
        }
    }

    /// <summary>Restarted with growing pauses when it fails; given up after <see cref="MaxRestarts"/> times, which ends the node.</summary>
    private IActorRef Supervised(Props props, string name)
    {
        var options = Backoff.OnFailure(props, name, MinBackOff, MaxBackOff, randomFactor: 0, maxNrOfRetries: MaxRestarts)
            .WithAutoReset(TimeSpan.FromMinutes(1));
        return Context.Watch(Context.ActorOf(BackoffSupervisor.Props(options), name + "-supervisor"));
    }
}
