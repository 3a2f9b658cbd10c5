using TiMix.Protocol.Messages;
using TiMix.Protocol.Values;

namespace TiMix.Protocol.Training;

/// <summary>
/// The trainer's side of membership, without any I/O: what it is told and what has happened to it go in, what it is to do comes
/// out. It never computes in a view that was not installed, never applies a step after it has said that it holds still, and
/// never follows an order for a view that is over.
/// </summary>
/// <param name="steps">Steps of the whole run.</param>
public sealed partial class TrainerProtocol(long steps)
{
    private static readonly Effect[] Nothing = [];
    private readonly List<string> _suspects = [];
    private readonly List<Accusation> _accused = [];
    private View? _view;
    private bool _linked;
    private bool _obtained;
    private string? _kept;
    private long _snapshotAt = -1;
    private bool _busy;
    private bool _halting;
    private TrainerPhase _settling;

    /// <summary>Where it stands, as the coordinator is told.</summary>
    public TrainerPhase Phase { get; private set; }

    /// <summary>Of the newest view it was told to prepare or to break off.</summary>
    public long Generation { get; private set; }

    /// <summary>Of the view in which it last had a state that counts.</summary>
    public long StateGeneration { get; private set; }

    /// <summary>Steps applied; -1: no state.</summary>
    public long Step { get; private set; } = -1;

    /// <summary>XXH3 of the whole state, as of <see cref="Step"/>; null while it changes.</summary>
    public string? Hash { get; private set; }

    /// <summary>Peers lost in this generation.</summary>
    public IReadOnlyList<string> Suspects => _suspects;

    /// <summary>What it holds against peers in this generation, or against itself.</summary>
    public IReadOnlyList<Accusation> Accused => _accused;

    /// <summary>It goes over to, and prepares, no view of this generation or an older one.</summary>
    public long Fence { get; private set; }

    /// <summary>Wants to leave.</summary>
    public bool Leaving { get; private set; }

    /// <summary>Whether the next gather says that its step is the last of the view.</summary>
    public bool StopRequested { get; private set; }

    /// <summary>A snapshot is wanted of the first step from here on; null: none but those that are due.</summary>
    public long? SnapshotFrom { get; private set; }

    /// <summary>The view it is in; null: none.</summary>
    public View? View => Phase is TrainerPhase.Preparing or TrainerPhase.Ready or TrainerPhase.Running or TrainerPhase.Following ? _view : null;

    /// <summary>There is no further step, so the state does not change although the view stands.</summary>
    private bool AllDone => Phase == TrainerPhase.Running && Step == steps && !_busy;

    private bool Quiet => Phase is TrainerPhase.Idle or TrainerPhase.Stopped or TrainerPhase.Aborted;

    /// <summary>The coordinator orders something.</summary>
    public IReadOnlyList<Effect> Handle(TrainerOrders.IOrder order) => order switch
    {
        TrainerOrders.Prepare prepare => Prepare(prepare),
        TrainerOrders.PrepareAhead prepare => PrepareAhead(prepare),
        TrainerOrders.SwitchAfterStep over => GoOverAfterStep(over),
        TrainerOrders.Withdraw withdraw => Withdraw(withdraw),
        TrainerOrders.Begin begin => Begin(begin),
        TrainerOrders.StopAfterStep stop => StopAfterStep(stop),
        TrainerOrders.Halt halt => Halt(halt),
        TrainerOrders.TakeSnapshot take => Step == take.Step && (Quiet || AllDone) ? [new Save(Step)] : [new Report()],
        TrainerOrders.SnapshotFrom wanted => WantSnapshot(wanted.From),
        TrainerOrders.Release => Leaving && Quiet ? [new Leave()] : [new Report()],
        _ => throw new ArgumentException($"Unknown order {order.GetType().Name}.", nameof(order)),
    };

    /// <summary>A snapshot of a step was begun: whatever was wanted up to here is done.</summary>
    public void SnapshotBegun(long step)
    {
        if (SnapshotFrom <= step)
        {
            SnapshotFrom = null;
        }

        _snapshotAt = Math.Max(_snapshotAt, step);
    }

    /// <summary>The process was asked to end: leave after the current step.</summary>
    public IReadOnlyList<Effect> WantToLeave()
    {
        Leaving = true;
        return [new Report()];
    }

    /// <summary>The links of a view stand.</summary>
    public IReadOnlyList<Effect> Linked(long generation)
    {
        if (Next?.Generation == generation)
        {
            _nextLinked = true;
            return [new Report()];
        }

        if (generation != Generation || Phase is not (TrainerPhase.Preparing or TrainerPhase.Following))
        {
            return Nothing;
        }

        _linked = true;
        return Phase == TrainerPhase.Following ? [new Report()] : ReadyIfBoth();
    }

    /// <summary>The state is here.</summary>
    public IReadOnlyList<Effect> StateReady(long generation, long step, string hash)
    {
        if (_kept is { } kept && kept != hash)
        {
            return StateLost();
        }

        (_busy, _obtained, Step, Hash, StateGeneration) = (false, true, step, hash, generation);
        return _halting ? HoldStill(TrainerPhase.Aborted) : generation == Generation ? ReadyIfBoth() : Nothing;
    }

    /// <summary>The state could not be obtained; <paramref name="step"/> and <paramref name="hash"/> are what it has, -1 and null: nothing.</summary>
    public IReadOnlyList<Effect> StateFailed(long generation, long step, string? hash)
    {
        (_busy, Step, Hash) = (false, step, hash);
        return [.. generation == Generation ? BreakLinks() : Nothing, .. HoldStill(TrainerPhase.Aborted)];
    }

    /// <summary>A step was applied.</summary>
    /// <param name="step">Steps applied now.</param>
    /// <param name="last">Whether the gather said that it was the last of the view.</param>
    /// <param name="goesOver">Whether the gather said that the next view begins after it.</param>
    public IReadOnlyList<Effect> Applied(long step, bool last, bool goesOver = false)
    {
        (_busy, Step) = (false, step);
        if (_halting)
        {
            return HoldStill(TrainerPhase.Aborted);
        }

        if (goesOver && !last && _nextLinked)
        {
            return GoOverTo(_next!, step);
        }

        if (last || goesOver || (StopRequested && step == steps))
        {
            return [.. BreakLinks(), .. HoldStill(TrainerPhase.Stopped)];
        }

        return ComputeNext();
    }

    /// <summary>A step ended without being applied; the state is as before.</summary>
    /// <param name="suspects">Peers that were lost.</param>
    /// <param name="accused">Whose part spoilt it.</param>
    public IReadOnlyList<Effect> BrokeOff(IEnumerable<string> suspects, IEnumerable<Accusation>? accused = null)
    {
        _busy = false;
        _accused.AddRange(accused ?? []);
        Suspect(suspects);
        return [.. BreakLinks(), .. HoldStill(TrainerPhase.Aborted)];
    }

    /// <summary>A link of a view broke.</summary>
    /// <param name="generation">Of the view.</param>
    /// <param name="peer">Whose.</param>
    public IReadOnlyList<Effect> PeerLost(long generation, string peer)
    {
        if (Next?.Generation == generation)
        {
            return GiveUpNext();
        }

        if (generation != Generation || Quiet)
        {
            return Nothing;
        }

        Suspect([peer]);
        return BreakOff();
    }

    /// <summary>The state is damaged or gone: it counts no more.</summary>
    public IReadOnlyList<Effect> StateLost()
    {
        (_busy, Step, Hash) = (false, -1, null);
        return [.. BreakLinks(), .. HoldStill(TrainerPhase.Aborted)];
    }

    /// <summary>The state that it holds still with has been hashed.</summary>
    public IReadOnlyList<Effect> Hashed(string hash)
    {
        (_busy, Hash, Phase) = (false, hash, _settling);
        return [new Report()];
    }

    private IReadOnlyList<Effect> Prepare(TrainerOrders.Prepare order)
    {
        var generation = order.View.Generation;
        if (!Quiet || generation <= Generation || generation <= Fence || !order.View.Has(order.Source.Trainer))
        {
            return [new Report()];
        }

        Enter(order.View, TrainerPhase.Preparing);
        if (order.Source.Way == StateWay.Keep && (Step != order.View.FromStep || Hash is null))
        {
            return HoldStill(TrainerPhase.Aborted);
        }

        _kept = order.Source.Way == StateWay.Keep ? Hash : null;
        (_busy, Hash) = (true, null);
        return [new Link(order.View), new Obtain(generation, order.View.FromStep, order.Source, order.Lineage), new Report()];
    }

    private void Enter(View view, TrainerPhase phase)
    {
        (_view, Generation, Phase, Began) = (view, view.Generation, phase, -1);
        (_linked, _obtained, _copied, _halting, StopRequested) = (false, false, false, false, false);
        _suspects.Clear();
        _accused.Clear();
    }

    private IReadOnlyList<Effect> Begin(TrainerOrders.Begin order)
    {
        if (order.Generation != Generation || Phase != TrainerPhase.Ready)
        {
            return [new Report()];
        }

        Phase = TrainerPhase.Running;
        return [new Report(), .. ComputeNext()];
    }

    private IReadOnlyList<Effect> WantSnapshot(long from)
    {
        SnapshotFrom = from > _snapshotAt ? from : SnapshotFrom;
        return [new Report()];
    }

    private IReadOnlyList<Effect> StopAfterStep(TrainerOrders.StopAfterStep order)
    {
        if (order.Generation != Generation || Phase != TrainerPhase.Running)
        {
            return [new Report()];
        }

        StopRequested = true;
        return AllDone ? [.. BreakLinks(), .. HoldStill(TrainerPhase.Stopped)] : Nothing;
    }

    private IReadOnlyList<Effect> Halt(TrainerOrders.Halt order)
    {
        if (order.Generation < Generation || Quiet)
        {
            return [new Report()];
        }

        Fence = Math.Max(Fence, order.Generation);
        return BreakOff();
    }

    private IReadOnlyList<Effect> BreakOff()
    {
        if (_busy)
        {
            _halting = true;
            return BreakLinks();
        }

        return [.. BreakLinks(), .. HoldStill(TrainerPhase.Aborted)];
    }

    /// <summary>Those that were made ahead as well.</summary>
    private IReadOnlyList<Effect> BreakLinks()
    {
        (_next, _nextLinked, _goesOver, _saidSo) = (null, false, false, false);
        return [new Unlink(Generation)];
    }

    private IReadOnlyList<Effect> ReadyIfBoth()
    {
        if (!_linked || !_obtained || Phase != TrainerPhase.Preparing)
        {
            return Nothing;
        }

        Phase = TrainerPhase.Ready;
        return [new Report()];
    }

    private IReadOnlyList<Effect> ComputeNext()
    {
        if (Step >= steps)
        {
            return [new Report()];
        }

        (_busy, Hash) = (true, null);
        return [new Compute(_view!, Step)];
    }

    /// <summary>Once it is known which bits it holds still with, it says so.</summary>
    private IReadOnlyList<Effect> HoldStill(TrainerPhase phase)
    {
        _halting = false;
        if (Step >= 0 && Hash is null)
        {
            (_busy, _settling) = (true, phase);
            return [new HashState()];
        }

        Phase = phase;
        return [new Report()];
    }

    private void Suspect(IEnumerable<string> peers) => _suspects.AddRange(peers.Where(peer => !_suspects.Contains(peer)));
}
