using TiMix.Protocol.Training;
using TiMix.Protocol.Values;

namespace TiMix.Protocol.Tests.Simulation;

/// <summary>A trainer's ends of its links.</summary>
internal sealed class LinkEnds(TrainerShell trainer)
{
    private readonly Dictionary<string, Link> _links = new(StringComparer.Ordinal);
    private readonly HashSet<string> _linked = new(StringComparer.Ordinal);
    private readonly Cluster _cluster = trainer.Cluster;
    private View? _view;

    /// <summary>What has come in the current view.</summary>
    public FrameStore Frames { get; } = new();

    /// <summary>Of the view that it is linked for, or links up for; 0: none.</summary>
    public long Generation => _view?.Generation ?? 0;

    /// <summary>Links to the peers of a view, however long they take to come.</summary>
    public void Open(View view)
    {
        _view = view;
        Frames.Clear();
        _links.Clear();
        _linked.Clear();
        if (view.Shares.Count == 1)
        {
            trainer.Later(1, () => trainer.Tell(new TrainerInputs.LinksStand(view.Generation)));
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

    /// <summary>The process is stopped: its peers will notice.</summary>
    public void FallSilent()
    {
        var hang = trainer.Process.Hangs;
        LosePatience(_ => trainer.Process.Hung && trainer.Process.Hangs == hang);
    }

    /// <summary>Peers that hear nothing for a lease give their links up.</summary>
    public void LosePatience(Func<Link, bool> stillSilent)
    {
        foreach (var link in _links.Values)
        {
            if (link.Open)
            {
                link.LosePatience(() => stillSilent(link));
            }
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

        _cluster.Invariants.Accepts(trainer, _view, from, frame);
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
            trainer.Tell(new TrainerInputs.PeersLost(link.Generation, [peer]));
        }
    }

    private void Connect(View view, Share share)
    {
        if (_view?.Generation != view.Generation)
        {
            return;
        }

        var peer = _cluster.Network.Find(share.Endpoint[6..]) as TrainerShell;
        if (peer is null || peer.Process.Hung || peer.Ends._view?.Generation != view.Generation || _cluster.Network.IsCut(trainer.Process, peer.Process))
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

    }

    private void Linked(Link link)
    {
        if (_view is { } view && view.Generation == link.Generation && _linked.Add(link.PeerOf(trainer).Id) && _linked.Count == view.Shares.Count - 1)
        {
            trainer.Tell(new TrainerInputs.LinksStand(view.Generation));
        }
    }
}
