using Akka.Actor;
using Akka.Persistence;
using TiMix.Actors.Entering;
using TiMix.Actors.Messages;
using TiMix.Actors.Monitoring;
using TiMix.Protocol.Coordination;
using TiMix.Protocol.Messages;
using TiMix.Runs.Snapshots;
using static TiMix.Protocol.Coordination.CoordinatorEffects;
using static TiMix.Protocol.Coordination.CoordinatorInputs;

namespace TiMix.Actors.Coordination;

/// <summary>
/// The shell around <see cref="CoordinatorCore"/>: a persistent actor that replays the journal into it, tells it what is heard, and
/// does what it wants done. It is a singleton of the cluster.
/// </summary>
public sealed class CoordinatorActor : ReceivePersistentActor, IWithTimers
{
    /// <summary>What a coordinator needs.</summary>
    /// <param name="Task">What it is there for.</param>
    /// <param name="Journal">The persistence id.</param>
    /// <param name="Snapshots">Where snapshots are.</param>
    /// <param name="Monitor">Makes the monitor.</param>
    /// <param name="Assignment">What of this outlives the actor.</param>
    /// <param name="Time">The clock.</param>
    public sealed record Settings(
        CoordinatorTask Task, string Journal, SnapshotStore Snapshots, Props Monitor, CoordinatorAssignment Assignment, TimeProvider Time);

    private readonly Settings _settings;
    private readonly CoordinatorCore _core;
    private readonly IActorRef _monitor;
    private readonly Addresses _addresses = new(Context.System);

    /// <param name="settings">The run.</param>
    public CoordinatorActor(Settings settings)
    {
        (_settings, PersistenceId) = (settings, settings.Journal);
        _core = new CoordinatorCore(settings.Task with { GoOn = settings.Assignment.GoOn });
        _monitor = Context.Watch(Context.ActorOf(settings.Monitor, "monitor"));
        Recover<CoordinatorEvents.IEvent>(happened => _core.Replay(Journals.JournalCheck.Checked(happened, LastSequenceNr)));
        Recover<RecoveryCompleted>(_ =>
        {
            settings.Assignment.JournalRead();
            Tell(new Recovered());
        });
        Command<IInput>(Tell);
        Command<ITiMixMessage>(message => Tell(new Received(AddressOf(Sender), message)));
        Command<Terminated>(gone => gone.ActorRef.Equals(_monitor), _ => settings.Assignment.Gone("monitor"));
        Command<Terminated>(terminated => Tell(new Gone(AddressOf(terminated.ActorRef))));
    }

    /// <inheritdoc/>
    public override string PersistenceId { get; }

    /// <inheritdoc/>
    public ITimerScheduler Timers { get; set; } = null!;

    /// <summary>How to make one.</summary>
    public static Props Props(Settings settings) => Akka.Actor.Props.Create(() => new CoordinatorActor(settings));

    /// <inheritdoc/>
    protected override bool AroundReceive(Receive receive, object message) =>
        !Entrance.Admits(Context, ActorKind.Coordinator, message) || base.AroundReceive(receive, message);

    /// <inheritdoc/>
    protected override void PreStart()
    {
        Timers.StartPeriodicTimer("tick", Tick.Instance, TimeSpan.FromMilliseconds(CoordinatorCore.TickInterval));
        base.PreStart();
    }

    /// <inheritdoc/>
    protected override void OnPersistFailure(Exception cause, object @event, long sequenceNr)
    {
        Tell(_settings.Assignment.JournalRefuses(cause));
        base.OnPersistFailure(cause, @event, sequenceNr);
    }

    /// <inheritdoc/>
    protected override void OnPersistRejected(Exception cause, object @event, long sequenceNr)
    {
        Tell(_settings.Assignment.JournalRefuses(cause));
        base.OnPersistRejected(cause, @event, sequenceNr);
    }

    /// <inheritdoc/>
    protected override void OnRecoveryFailure(Exception reason, object? message = null)
    {
        _settings.Assignment.JournalUnreadable(reason.Message);
        base.OnRecoveryFailure(reason, message);
    }

    private void Tell(IInput input)
    {
        foreach (var effect in _core.Handle(input, _settings.Time.GetUtcNow().ToUnixTimeMilliseconds()))
        {
            Do(effect);
        }
    }

    private void Do(IEffect effect)
    {
        switch (effect)
        {
            case Send send:
                _addresses.Find(send.To).Tell(send.Message);
                break;
            case Publish publish:
                _monitor.Tell(new MonitorActor.Publish(publish.Message, [.. publish.Lookers.Select(_addresses.Find)]));
                break;
            case RecordStep record:
                _monitor.Tell(record.Step, _addresses.Find(record.From));
                break;
            case Watch watch:
                Context.Watch(_addresses.Find(watch.Address));
                break;
            case Journal journal:
                var left = journal.Events.Count;
                PersistAllAsync(journal.Events, _ =>
                {
                    if (--left == 0)
                    {
                        Tell(new Journaled());
                    }
                });
                break;
            case NoteBegun:
                _settings.Assignment.Begun();
                break;
            case StepDown:
                Context.Stop(Self);
                break;
            default:
                SnapshotEffects.Do(effect, _settings.Snapshots, Context);
                break;
        }
    }

    /// <summary>Empty where nobody waits for an answer.</summary>
    private string AddressOf(IActorRef actor) => actor.IsNobody() || actor.Equals(Context.System.DeadLetters) ? "" : Addresses.Of(actor);
}
