using TiMix.Protocol.Values;

namespace TiMix.Protocol.Tests.Simulation;

/// <summary>What trainers send each other in a step.</summary>
internal abstract record Frame(long Generation, long Step);

/// <summary>Stands for the features; says whether the step is the view's last, and from which weights the features are.</summary>
internal sealed record GatherFrame(long Generation, long Step, bool Stop, ulong State) : Frame(Generation, Step);

/// <summary>Stands for the gradients' partial sums.</summary>
internal sealed record ReduceFrame(long Generation, long Step, ulong Sum) : Frame(Generation, Step);

/// <summary>The frames of the current view that have come.</summary>
internal sealed class FrameStore
{
    private readonly Dictionary<(long Step, string From), GatherFrame> _gathers = [];
    private readonly Dictionary<(long Step, string From), ReduceFrame> _reduces = [];

    public GatherFrame? Gather(long step, string from) => _gathers.GetValueOrDefault((step, from));

    public ReduceFrame? Reduce(long step, string from) => _reduces.GetValueOrDefault((step, from));

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

/// <summary>
/// A connection of two trainers for one view: reliable and in order in each direction until it breaks; then what was under way
/// is cut off somewhere, and each side notices at its own time.
/// </summary>
internal sealed class Link(Cluster cluster, long generation, SimulatedTrainer one, SimulatedTrainer other)
{
    private readonly Queue<Frame> _toOne = new();
    private readonly Queue<Frame> _toOther = new();
    private long _lastToOne;
    private long _lastToOther;

    public long Generation => generation;

    public bool Open { get; private set; } = true;

    public SimulatedTrainer PeerOf(SimulatedTrainer side) => side == one ? other : one;

    /// <summary>Puts a frame on its way.</summary>
    public void Send(SimulatedTrainer from, Frame frame)
    {
        var to = PeerOf(from);
        (to == one ? _toOne : _toOther).Enqueue(frame);
        ref var last = ref to == one ? ref _lastToOne : ref _lastToOther;
        last = Math.Max(last, cluster.Time.Now + cluster.Chance.Between(0, 4));
        cluster.Time.After(last - cluster.Time.Now, () => Deliver(to));
    }

    /// <summary>Breaks it. The side that does so knows; null: neither does.</summary>
    public void Break(SimulatedTrainer? knows, bool goodbye)
    {
        if (!Open)
        {
            return;
        }

        Open = false;
        foreach (var side in new[] { one, other })
        {
            if (!goodbye)
            {
                CutOff(side == one ? _toOne : _toOther);
            }

            if (side != knows)
            {
                var noticed = Math.Max(side == one ? _lastToOne : _lastToOther, cluster.Time.Now + cluster.Chance.Between(0, 60));
                side.Later(noticed - cluster.Time.Now, () => side.Ends.Notice(this, goodbye));
            }
        }
    }

    /// <summary>A side that hears nothing for a lease gives the link up.</summary>
    public void LosePatience(Func<bool> stillSilent)
    {
        foreach (var side in new[] { one, other })
        {
            side.Later(cluster.Settings.Lease + cluster.Chance.Between(0, 300), () =>
            {
                if (Open && stillSilent())
                {
                    Break(side, goodbye: false);
                    side.Ends.Notice(this, goodbye: false);
                }
            });
        }
    }

    private void CutOff(Queue<Frame> frames)
    {
        if (frames.Count > 0 && cluster.Chance.Of(0.5))
        {
            var kept = cluster.Chance.Below(frames.Count);
            var all = frames.ToArray();
            frames.Clear();
            Array.ForEach(all[..kept], frames.Enqueue);
        }
    }

    private void Deliver(SimulatedTrainer to)
    {
        if (cluster.Network.IsCut(one, other))
        {
            cluster.Time.After(50, () => Deliver(to));
        }
        else if ((to == one ? _toOne : _toOther).TryDequeue(out var frame))
        {
            to.Run(() => to.Ends.Receive(PeerOf(to).Id, frame));
        }
    }
}

/// <summary>A trainer's ends of its links.</summary>
internal sealed class LinkEnds(SimulatedTrainer trainer)
{
    private readonly Dictionary<string, Link> _links = new(StringComparer.Ordinal);
    private readonly HashSet<string> _linked = new(StringComparer.Ordinal);
    private readonly Cluster _cluster = trainer.Cluster;
    private View? _view;

    /// <summary>What has come in the current view.</summary>
    public FrameStore Frames { get; } = new();

    /// <summary>Links that still stand, for faults that need some.</summary>
    public IEnumerable<Link> All => _links.Values;

    /// <summary>Links to the peers of a view, however long they take to come.</summary>
    public void Open(View view)
    {
        _view = view;
        Frames.Clear();
        _links.Clear();
        _linked.Clear();
        if (view.Shares.Count == 1)
        {
            trainer.Later(1, () => trainer.Do(trainer.Protocol.Linked(view.Generation)));
        }

        foreach (var share in view.Shares.Take(view.PlaceOf(trainer.Id)))
        {
            trainer.Later(_cluster.Chance.Between(1, 10), () => Connect(view, share));
        }
    }

    /// <summary>Breaks all.</summary>
    public void Close(bool goodbye)
    {
        _view = null;
        foreach (var link in _links.Values.ToArray())
        {
            link.Break(trainer, goodbye);
        }
    }

    /// <summary>The process is gone.</summary>
    public void Sever() => Close(goodbye: false);

    /// <summary>The process is stopped: its peers will notice.</summary>
    public void FallSilent()
    {
        var hang = trainer.Hangs;
        foreach (var link in _links.Values.Where(link => link.Open))
        {
            link.LosePatience(() => trainer.Hung && trainer.Hangs == hang);
        }
    }

    /// <summary>Sends to a peer; over a link that the other side has closed the frame may still get somewhere.</summary>
    public void Send(string peer, Frame frame)
    {
        if (!_links.TryGetValue(peer, out var link))
        {
            return;
        }

        if (link.Open || _cluster.Chance.Of(0.5))
        {
            link.Send(trainer, frame);
        }
    }

    /// <summary>A frame is here: one of another generation must not be used.</summary>
    public void Receive(string from, Frame frame)
    {
        if (_view is null || frame.Generation != _view.Generation)
        {
            _cluster.Statistics.FencedFrames++;
            return;
        }

        _cluster.Invariants.Accepts(trainer, from, frame);
        Frames.Keep(from, frame);
        trainer.Computing?.Advance();
    }

    /// <summary>A link is seen to be broken or closed.</summary>
    public void Notice(Link link, bool goodbye)
    {
        var peer = link.PeerOf(trainer).Id;
        _cluster.Log?.Add($"{trainer.Id} sees the link to {peer} {(goodbye ? "closed" : "broken")} (generation {link.Generation})");
        if (_view?.Generation == link.Generation && trainer.Computing is { } step && (goodbye || _cluster.Chance.Of(0.5)) && step.EndWithout(peer))
        {
            return;
        }

        if (!goodbye)
        {
            trainer.Do(trainer.Protocol.PeerLost(link.Generation, peer));
        }
    }

    private void Connect(View view, Share share)
    {
        if (_view?.Generation != view.Generation)
        {
            return;
        }

        var peer = _cluster.AtEndpoint(share.Endpoint);
        if (peer is null || peer.Hung || peer.Ends._view?.Generation != view.Generation || _cluster.Network.IsCut(trainer, peer))
        {
            trainer.Later(50, () => Connect(view, share));
            return;
        }

        var link = new Link(_cluster, view.Generation, trainer, peer);
        foreach (var side in new[] { trainer, peer })
        {
            side.Ends._links[link.PeerOf(side).Id] = link;
            side.Later(_cluster.Chance.Between(0, 10), () => side.Ends.Linked(link));
        }

        if (peer.Hung)
        {
            peer.Ends.FallSilent();
        }
    }

    private void Linked(Link link)
    {
        if (_view is { } view && view.Generation == link.Generation && _linked.Add(link.PeerOf(trainer).Id) && _linked.Count == view.Shares.Count - 1)
        {
            trainer.Do(trainer.Protocol.Linked(view.Generation));
        }
    }
}
