using Akka.Actor;
using TiMix.Actors.Entering;
using TiMix.Actors.Journals;
using TiMix.Protocol.Coordination;
using TiMix.Protocol.Messages;
using TiMix.Protocol.Notices;

namespace TiMix.Actors.Coordination;

/// <summary>
/// The cluster's singleton, the shell of <see cref="GuardCore"/>: asks for the term, keeps the coordinator as its child, and passes everything on to
/// it.
/// </summary>
internal sealed class CoordinatorGuard : EnteredActor, IWithTimers
{
    /// <summary>The cluster has another node's guard take over.</summary>
    public sealed record HandOver : INoSerializationVerificationNeeded;

    private static readonly TimeSpan TickInterval = TimeSpan.FromMilliseconds(50);
    private readonly GuardCore _core = new();
    private readonly CoordinatorActor.Settings _settings;
    private readonly ICoordinatorTerm _term;
    private readonly Action<Notice> _notice;
    private IActorRef? _coordinator;
    private bool _mayStop;

    /// <param name="settings">Of the coordinator.</param>
    /// <param name="term">The right to be it.</param>
    /// <param name="notice">Tells the user of this node.</param>
    public CoordinatorGuard(CoordinatorActor.Settings settings, ICoordinatorTerm term, Action<Notice> notice)
        : base(ActorKind.Coordinator)
    {
        (_settings, _term, _notice) = (settings, term, notice);
        Receive<IInput>(Handle);
        Receive<HandOver>(_ =>
        {
            _mayStop = true;
            Context.Stop(Self);
        });
        Receive<Terminated>(_ =>
        {
            _coordinator = null;
            Handle(new GuardInputs.CoordinatorStopped());
        });
        ReceiveAny(message => _coordinator?.Forward(message));
    }

    /// <inheritdoc/>
    public ITimerScheduler Timers { get; set; } = null!;

    /// <summary>How to make one.</summary>
    public static Props Props(CoordinatorActor.Settings settings, ICoordinatorTerm term, Action<Notice> notice) =>
        Akka.Actor.Props.Create(() => new CoordinatorGuard(settings, term, notice));

    /// <inheritdoc/>
    protected override void PreStart() => Timers.StartPeriodicTimer("tick", Tick.Instance, TimeSpan.Zero, TickInterval);

    /// <inheritdoc/>
    protected override void PreRestart(Exception reason, object message)
    {
        _mayStop = true;
        base.PreRestart(reason, message);
    }

    /// <inheritdoc/>
    protected override void PostStop()
    {
        _settings.Assignment.Leads = false;
        if (!_mayStop)
        {
            _settings.Assignment.Gone("coordinator's guard");
        }
    }

    private void Handle(IInput input)
    {
        foreach (var effect in _core.Handle(input, Environment.TickCount64))
        {
            switch (effect)
            {
                case GuardEffects.TakeTerm:
                    Ask(_term.TakeAsync());
                    break;
                case GuardEffects.ConfirmTerm:
                    Ask(_term.ConfirmAsync());
                    break;
                case GuardEffects.StartCoordinator:
                    _settings.Assignment.Leads = true;
                    _coordinator = Context.Watch(Context.ActorOf(CoordinatorActor.Props(_settings)));
                    break;
                case GuardEffects.StepDown stepDown:
                    StepDown(stepDown.Node);
                    break;
                case GuardEffects.Say say:
                    _notice(say.Notice);
                    break;
            }
        }
    }

    private void Ask(Task<string?> holder) => holder.PipeTo(
        Self,
        success: node => node is null ? new GuardInputs.TermHeld() : new GuardInputs.TermHeldBy(node),
        failure: error => new GuardInputs.JournalUnreachable(error.GetBaseException().Message));

    private void StepDown(string node)
    {
        _settings.Assignment.Leads = false;
        Timers.CancelAll();
        if (_coordinator is not null)
        {
            Context.Unwatch(_coordinator);
            Context.Stop(_coordinator);
            _coordinator = null;
        }

        _settings.Assignment.Replaced(node);
    }
}
