using TiMix.Protocol.Messages;
using TiMix.Protocol.Values;

namespace TiMix.Protocol.Training;

/// <summary>
/// Views that begin in mid-training. A trainer of the view that trains links up for the next one beside its work, and goes over when a gather says
/// that the step is the last of its view; one that joins follows until then. Once it has said so itself it waits for the end of the step.
/// </summary>
public sealed partial class TrainerProtocol
{
    private View? _next;
    private bool _nextLinked;
    private bool _goesOver;
    private bool _saidSo;
    private bool _copied;

    /// <summary>The view that is prepared while it trains; null: none.</summary>
    public View? Next => Phase == TrainerPhase.Running ? _next : null;

    /// <summary>Generation of the view that it is ready to go over to while it trains or follows; 0: none.</summary>
    public long Ahead => Phase == TrainerPhase.Running && _nextLinked ? _next!.Generation
        : Phase == TrainerPhase.Following && _linked && _copied ? Generation
        : 0;

    /// <summary>Steps that had been applied when it went over to its view without standing still; -1: it did not.</summary>
    public long Began { get; private set; } = -1;

    /// <summary>
    /// What to say in the gather of a step that begins now. Once it is said that the next view begins after this step there is no way back.
    /// </summary>
    public (bool Last, bool GoesOver) Says()
    {
        _saidSo = _goesOver;
        return (StopRequested, _goesOver);
    }

    /// <summary>Who follows has the state of some step of the view that trains.</summary>
    public IReadOnlyList<Effect> HasCopied(long generation)
    {
        if (generation != Generation || Phase != TrainerPhase.Following)
        {
            return Nothing;
        }

        _busy = false;
        if (_halting)
        {
            return HoldStill(TrainerPhase.Aborted);
        }

        _copied = true;
        return [new Report()];
    }

    /// <summary>Who follows does what a step did.</summary>
    public void Follows() => _busy = true;

    /// <summary>Who follows has the state of a step.</summary>
    /// <param name="generation">Of the view.</param>
    /// <param name="step">Steps applied.</param>
    /// <param name="goesOver">Whether the view begins with it.</param>
    public IReadOnlyList<Effect> HasFollowed(long generation, long step, bool goesOver)
    {
        if (generation != Generation || Phase != TrainerPhase.Following)
        {
            return Nothing;
        }

        _busy = false;
        if (_halting)
        {
            return HoldStill(TrainerPhase.Aborted);
        }

        if (!goesOver)
        {
            return Nothing;
        }

        (Step, Hash) = (step, null);
        return [.. Begin(_view! with { FromStep = step }, step), new CatchUp(_view!), new Report(), .. ComputeNext()];
    }

    private IReadOnlyList<Effect> PrepareAhead(TrainerOrders.PrepareAhead order)
    {
        var (view, generation) = (order.View, order.View.Generation);
        if (generation <= Generation || generation <= Fence || generation <= _next?.Generation || !view.Has(order.Source.Trainer))
        {
            return [new Report()];
        }

        if (Phase == TrainerPhase.Running && !_halting && !_saidSo && order.Source.Way == StateWay.Keep)
        {
            Effect[] before = _next is null ? Nothing : [new UnlinkAhead()];
            (_next, _nextLinked, _goesOver) = (view, false, false);
            return [.. before, new LinkAhead(view), new Report()];
        }

        if (!Quiet || order.Source.Way != StateWay.Copy)
        {
            return [new Report()];
        }

        Enter(view, TrainerPhase.Following);
        (_busy, Step, Hash, StateGeneration) = (true, -1, null, 0);
        return [new Link(view), new Follow(view, order.Source, order.Lineage), new Report()];
    }

    private IReadOnlyList<Effect> GoOverAfterStep(TrainerOrders.SwitchAfterStep order)
    {
        _goesOver |= order.Generation == Generation && Next?.Generation == order.Next && _nextLinked;
        return AllDone || !_goesOver ? [new Report()] : Nothing;
    }

    private IReadOnlyList<Effect> Withdraw(TrainerOrders.Withdraw order)
    {
        if (order.Generation <= Generation)
        {
            return [new Report()];
        }

        if (Next?.Generation == order.Generation)
        {
            return GiveUpNext();
        }

        Fence = Math.Max(Fence, order.Generation);
        return [new Report()];
    }

    /// <summary>Whoever has said that it goes over, or may have heard so, waits for the end of the step.</summary>
    private IReadOnlyList<Effect> GiveUpNext()
    {
        if (_saidSo)
        {
            return [new Report()];
        }

        Fence = Math.Max(Fence, _next!.Generation);
        (_next, _nextLinked, _goesOver) = (null, false, false);
        return [new UnlinkAhead(), new Report()];
    }

    private IReadOnlyList<Effect> GoOverTo(View next, long step)
    {
        Hash = null;
        return [.. Begin(next with { FromStep = step }, step), new Report(), .. ComputeNext()];
    }

    private IReadOnlyList<Effect> Begin(View view, long step)
    {
        Enter(view, TrainerPhase.Running);
        (Began, StateGeneration) = (step, view.Generation);
        (_next, _nextLinked, _goesOver, _saidSo) = (null, false, false, false);
        return [new GoOver(view)];
    }
}
