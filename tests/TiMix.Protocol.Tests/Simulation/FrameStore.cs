using TiMix.Protocol.Training;
using TiMix.Protocol.Values;

namespace TiMix.Protocol.Tests.Simulation;

/// <summary>What trainers send each other in a step.</summary>
internal abstract record Frame(long Generation, long Step);

/// <summary>Stands for the features; says whether the step is the view's last, and which state the features should be from.</summary>
internal sealed record GatherFrame(long Generation, long Step, bool Last, SimulatedState State) : Frame(Generation, Step)
{
    /// <summary>Whether the next view begins after the step.</summary>
    public bool GoesOver { get; init; }

    /// <summary>What is wrong with the features, for all to see; null: nothing.</summary>
    public OffenceKind? Wrong { get; init; }
}

/// <summary>Stands for the gradients' partial sums.</summary>
internal sealed record ReduceFrame(long Generation, long Step, ulong Sum) : Frame(Generation, Step)
{
    /// <summary>Whether it is not finite.</summary>
    public bool IsNotFinite { get; init; }
}

/// <summary>The frames of the current view that have come.</summary>
internal sealed class FrameStore
{
    private readonly Dictionary<(long Step, string From), GatherFrame> _gathers = [];
    private readonly Dictionary<(long Step, string From), ReduceFrame> _reduces = [];

    public GatherFrame? Gather(long step, string from) => _gathers.GetValueOrDefault((step, from));

    public ReduceFrame? Reduce(long step, string from) => _reduces.GetValueOrDefault((step, from));

    public bool HasAllGathers(long step, View view)
    {
        foreach (var share in view.Shares)
        {
            if (!_gathers.ContainsKey((step, share.Trainer)))
            {
                return false;
            }
        }

        return true;
    }

    public bool HasAllReduces(long step, View view)
    {
        foreach (var share in view.Shares)
        {
            if (!_reduces.ContainsKey((step, share.Trainer)))
            {
                return false;
            }
        }

        return true;
    }

    /// <summary>
    /// What the parts of a gather are wrong in, as a trainer sees it that has them all: what cannot be used, and states that are not those of most.
    /// </summary>
    public IReadOnlyList<Accusation> WrongIn(long step, View view, string self)
    {
        foreach (var share in view.Shares)
        {
            if (share.Trainer != self && _gathers[(step, share.Trainer)].Wrong is { } kind)
            {
                return [Against(share, kind, step)];
            }
        }

        var first = _gathers[(step, self)].State;
        foreach (var share in view.Shares)
        {
            if (_gathers[(step, share.Trainer)].State != first)
            {
                return StateVotes.Against(view, [.. view.Shares.Select(other => _gathers[(step, other.Trainer)].State)], self, step);
            }
        }

        return [];
    }

    /// <summary>Whose summands are not finite.</summary>
    public IReadOnlyList<Accusation> WrongInSum(long step, View view, string self) =>
    [
        .. view.Shares.Where(share => share.Trainer != self && _reduces[(step, share.Trainer)].IsNotFinite)
            .Select(share => Against(share, OffenceKind.NotFinite, step)),
    ];

    private static Accusation Against(Share share, OffenceKind kind, long step) =>
        new(share.Trainer, kind, step, [.. Enumerable.Range(share.First, share.Count)], "wrong");

    /// <summary>The whole sum, whether somebody wants the step to be the view's last, and whether somebody says that the next view begins after it.</summary>
    public (ulong Sum, bool Last, bool GoesOver) Total(long step, View view)
    {
        ulong sum = 0;
        var (last, goesOver) = (false, false);
        foreach (var share in view.Shares)
        {
            sum += _reduces[(step, share.Trainer)].Sum;
            last |= _gathers[(step, share.Trainer)].Last;
            goesOver |= _gathers[(step, share.Trainer)].GoesOver;
        }

        return (sum, last, goesOver);
    }

    public void Keep(string from, Frame frame)
    {
        if (frame is GatherFrame gather)
        {
            _gathers[(frame.Step, from)] = gather;
        }
        else
        {
            _reduces[(frame.Step, from)] = (ReduceFrame)frame;
        }
    }

    public void Clear()
    {
        _gathers.Clear();
        _reduces.Clear();
    }
}
