using Akka.Actor;
using TiMix.Actors.Journals;

namespace TiMix.Actors.Coordination;

/// <summary>
/// The cluster's singleton. It takes the coordinator's term where the journal is kept, then lets a coordinator work and passes
/// everything on to it; starts it anew when it has stopped, after a growing pause; and makes an end of it, and of this node, when
/// another one has taken the term over. While the journal cannot be reached it waits and says so; training goes on meanwhile.
/// </summary>
internal sealed class CoordinatorGuard : ReceiveActor, IWithTimers
{
    private sealed record Asked(string? Holder) : INoSerializationVerificationNeeded;

    private sealed record Unanswered(string Why) : INoSerializationVerificationNeeded;

    private sealed record Ask : INoSerializationVerificationNeeded
    {
        public static readonly Ask Instance = new();
    }

    private static readonly TimeSpan ConfirmInterval = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan ShortestPause = TimeSpan.FromMilliseconds(200);
    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan Healthy = TimeSpan.FromSeconds(10);
    private readonly CoordinatorActor.Settings _settings;
    private readonly ICoordinatorTerm _term;
    private readonly Action<string> _notice;
    private IActorRef? _coordinator;
    private DateTimeOffset _startedAt;
    private TimeSpan _pause = ShortestPause;
    private string? _lastNotice;
    private bool _taken;
    private bool _asking;
    private bool _over;

    /// <param name="settings">Of the coordinator.</param>
    /// <param name="term">The right to be it.</param>
    /// <param name="notice">Tells the user of this node.</param>
    public CoordinatorGuard(CoordinatorActor.Settings settings, ICoordinatorTerm term, Action<string> notice)
    {
        (_settings, _term, _notice) = (settings, term, notice);
        Receive<Ask>(_ => AskTerm());
        Receive<Asked>(answer =>
        {
            _asking = false;
            if (answer.Holder is null)
            {
                Lead();
            }
            else if (_taken)
            {
                StepDown(answer.Holder);
            }
            else
            {
                Tell($"waiting: another cluster's coordinator, on node {answer.Holder}, is at work on this run");
                AskIn(LongestPause);
            }
        });
        Receive<Unanswered>(unanswered =>
        {
            _asking = false;
            Tell($"the journal cannot be reached ({unanswered.Why}); the coordinator waits for it, and training goes on without one");
            AskIn(Longer());
        });
        Receive<Terminated>(_ =>
        {
            _coordinator = null;
            _pause = Now - _startedAt > Healthy ? ShortestPause : _pause;
            AskIn(Longer());
        });
        ReceiveAny(message => _coordinator?.Forward(message));
    }

    /// <inheritdoc/>
    public ITimerScheduler Timers { get; set; } = null!;

    private DateTimeOffset Now => _settings.Time.GetUtcNow();

    /// <summary>How to make one.</summary>
    public static Props Props(CoordinatorActor.Settings settings, ICoordinatorTerm term, Action<string> notice) =>
        Akka.Actor.Props.Create(() => new CoordinatorGuard(settings, term, notice));

    /// <inheritdoc/>
    protected override void PreStart() => AskTerm();

    /// <inheritdoc/>
    protected override void PostStop() => _settings.Assignment.Leads = false;

    private void AskTerm()
    {
        if (!_asking && !_over)
        {
            _asking = true;
            (_taken ? _term.ConfirmAsync() : _term.TakeAsync()).PipeTo(Self, success: holder => new Asked(holder), failure: error => new Unanswered(error.GetBaseException().Message));
        }
    }

    private void Lead()
    {
        if (_lastNotice is not null)
        {
            _notice("the coordinator goes on");
            _lastNotice = null;
        }

        _taken = true;
        _settings.Assignment.Leads = true;
        if (_coordinator is null)
        {
            _startedAt = Now;
            _coordinator = Context.Watch(Context.ActorOf(CoordinatorActor.Props(_settings)));
        }

        AskIn(ConfirmInterval);
    }

    private void StepDown(string holder)
    {
        _over = true;
        _settings.Assignment.Leads = false;
        Timers.CancelAll();
        if (_coordinator is not null)
        {
            Context.Unwatch(_coordinator);
            Context.Stop(_coordinator);
            _coordinator = null;
        }

        _settings.Assignment.Replaced(holder);
    }

    private TimeSpan Longer()
    {
        var pause = _pause;
        _pause = TimeSpan.FromTicks(Math.Min(LongestPause.Ticks, 2 * _pause.Ticks));
        return pause;
    }

    private void AskIn(TimeSpan pause) => Timers.StartSingleTimer("ask", Ask.Instance, pause);

    private void Tell(string notice)
    {
        if (notice != _lastNotice)
        {
            _notice(_lastNotice = notice);
        }
    }
}
