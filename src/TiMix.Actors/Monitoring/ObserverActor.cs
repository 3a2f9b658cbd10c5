using Akka.Actor;
using TiMix.Actors.Entering;
using TiMix.Protocol.Messages;
using TiMix.Runs.Observing;

namespace TiMix.Actors.Monitoring;

/// <summary>Looks on from anywhere in the cluster: subscribes again and again, so that a new coordinator knows of it too.</summary>
public sealed class ObserverActor : EnteredActor, IWithTimers
{
    private sealed record Renew : INoSerializationVerificationNeeded
    {
        public static readonly Renew Instance = new();
    }

    private static readonly TimeSpan RenewEvery = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan AskEvery = TimeSpan.FromMilliseconds(50);
    private readonly string _node;
    private readonly IActorRef _coordinator;
    private long _shown;

    /// <param name="node">This node's name.</param>
    /// <param name="coordinator">Who tells.</param>
    /// <param name="observer">Who looks on.</param>
    /// <param name="ending">Completed when the run is over.</param>
    public ObserverActor(string node, IActorRef coordinator, IRunObserver observer, TaskCompletionSource<MonitorMessages.Over> ending)
        : base(ActorKind.Observer)
    {
        (_node, _coordinator) = (node, coordinator);
        Receive<Renew>(_ => _coordinator.Tell(new NodeMessages.Subscribe(_node)));
        Receive<NodeMessages.Subscribed>(_ => Timers.StartPeriodicTimer("renew", Renew.Instance, RenewEvery));
        Receive<MonitorMessages.StepApplied>(step =>
        {
            if (step.Report.Step > _shown)
            {
                _shown = step.Report.Step;
                observer.StepCompleted(step.Report);
            }
        });
        Receive<MonitorMessages.ViewBegan>(view =>
        {
            _shown = Math.Min(_shown, view.Change.Repeats ? view.Change.View.FromStep : _shown);
            observer.ViewBegan(view.Change);
        });
        Receive<MonitorMessages.TrainerLost>(lost => observer.TrainerLost(lost.Node, lost.Reason));
        Receive<MonitorMessages.Evaluated>(evaluated => observer.Evaluated(evaluated.Report));
        Receive<MonitorMessages.SnapshotCommitted>(snapshot => observer.SnapshotCommitted(snapshot.Step, snapshot.Directory));
        Receive<MonitorMessages.Told>(told => observer.Notice(told.Notice));
        Receive<MonitorMessages.Entered>(entered => observer.Phase(entered.Phase));
        Receive<MonitorMessages.Over>(over => ending.TrySetResult(over));
    }

    /// <inheritdoc/>
    public ITimerScheduler Timers { get; set; } = null!;

    /// <summary>How to make one.</summary>
    public static Props Props(string node, IActorRef coordinator, IRunObserver observer, TaskCompletionSource<MonitorMessages.Over> ending) =>
        Akka.Actor.Props.Create(() => new ObserverActor(node, coordinator, observer, ending));

    /// <inheritdoc/>
    protected override void PreStart() => Timers.StartPeriodicTimer("renew", Renew.Instance, TimeSpan.Zero, AskEvery);
}
