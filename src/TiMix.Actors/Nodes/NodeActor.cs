using Akka.Actor;
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

    private sealed record Prepared(IReadOnlyList<(string Role, Props Actor)> Actors) : INoSerializationVerificationNeeded;

    private sealed record Unfit(Exception Error) : INoSerializationVerificationNeeded;

    private static readonly TimeSpan BeatInterval = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan AskInterval = TimeSpan.FromMilliseconds(100);
    private readonly NodeOptions _options;
    private readonly IActorRef _coordinator;
    private readonly Func<JoinClaim> _claim;
    private readonly Func<RunDescription, Task<IReadOnlyList<(string Role, Props Actor)>>> _serve;
    private readonly TaskCompletionSource<NodeEnd> _ending;
    private readonly Dictionary<string, IActorRef> _services = new(StringComparer.Ordinal);
    private bool _described;
    private bool _serving;
    private bool _leaving;

    /// <param name="options">The node.</param>
    /// <param name="coordinator">Proxy of the coordinator.</param>
    /// <param name="claim">What it says of itself.</param>
    /// <param name="serve">Makes the actors of its roles.</param>
    /// <param name="ending">Completed when the node has nothing more to do.</param>
    public NodeActor(
        NodeOptions options, IActorRef coordinator, Func<JoinClaim> claim, Func<RunDescription, Task<IReadOnlyList<(string Role, Props Actor)>>> serve,
        TaskCompletionSource<NodeEnd> ending)
        : base(ActorKind.Node)
    {
        (_options, _coordinator, _claim, _serve, _ending) = (options, coordinator, claim, serve, ending);
        Receive<Beat>(_ => Announce());
        Receive<RunDescription>(Prepare);
        Receive<Prepared>(Serve);
        Receive<Unfit>(unfit => GiveUp(unfit.Error));
        Receive<NodeMessages.JoinRefused>(refused => _ending.TrySetResult(NodeEnd.Refused(refused.Why)));
        Receive<NodeMessages.RunOver>(over => _ending.TrySetResult(new NodeEnd(over.Outcome, over.Error)));
        Receive<NodeMessages.LeaveRun>(_ => Self.Tell(new WantToLeave()));
        Receive<WantToLeave>(_ =>
        {
            _leaving = true;
            Leave();
        });
        Receive<TrainerActor.HasLeft>(left => _ending.TrySetResult(new NodeEnd(left.PutOut is null ? null : RunOutcome.Failed, left.PutOut)));
        Receive<NodeFault>(Inject);
        Receive<Terminated>(gone => _ending.TrySetResult(NodeEnd.Without(gone.ActorRef.Path.Name.Replace("-supervisor", "", StringComparison.Ordinal))));
    }

    /// <inheritdoc/>
    public ITimerScheduler Timers { get; set; } = null!;

    /// <summary>How to make one.</summary>
    public static Props Props(
        NodeOptions options, IActorRef coordinator, Func<JoinClaim> claim, Func<RunDescription, Task<IReadOnlyList<(string Role, Props Actor)>>> serve,
        TaskCompletionSource<NodeEnd> ending) => Akka.Actor.Props.Create(() => new NodeActor(options, coordinator, claim, serve, ending));

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

        _coordinator.Tell(new NodeMessages.DescribeRun(_options.Name, _serving ? OwnVitals.Of(_options) : null, _claim()));
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

    private void Prepare(RunDescription run)
    {
        if (_described)
        {
            return;
        }

        _described = true;
        Timers.StartPeriodicTimer("beat", Beat.Instance, TimeSpan.Zero, BeatInterval);
        _serve(run).PipeTo(Self, success: actors => new Prepared(actors), failure: error => new Unfit(error));
    }

    private void Serve(Prepared prepared)
    {
        _serving = true;
        foreach (var (role, actor) in prepared.Actors)
        {
            _services.Add(role, NodeSupervision.Start(Context, actor, role));
        }

        Announce();
    }

    /// <summary>Said to the run's user as well, who may wait for this node.</summary>
    private void GiveUp(Exception error)
    {
        _coordinator.Tell(new NodeMessages.GivesUp(_options.Name, error.Message));
        _ending.TrySetResult(NodeEnd.Of(error));
    }

    private void Inject(NodeFault fault)
    {
        if (_services.TryGetValue(NodeRoles.Trainer, out var trainer))
        {
            trainer.Tell(fault.ToInput());
        }
    }
}
