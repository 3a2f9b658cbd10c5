using TiMix.Protocol.Training;
using TiMix.Protocol.Values;

namespace TiMix.Protocol.Tests.Simulation;

/// <summary>A trainer's ends of the links of one view.</summary>
internal sealed class ViewEnds(TrainerShell trainer, View view)
{
    private readonly Dictionary<string, Link> _links = new(StringComparer.Ordinal);
    private readonly HashSet<string> _linked = new(StringComparer.Ordinal);
    private readonly Cluster _cluster = trainer.Cluster;

    public View View => view;

    /// <summary>What has come over them.</summary>
    public FrameStore Frames { get; } = new();

    private bool IsOpen => trainer.Ends.Of(view.Generation) == this;

    /// <summary>Links to the peers, however long they take to come.</summary>
    public void Open()
    {
        if (view.Shares.Count == 1)
        {
            trainer.Later(1, () => trainer.Tell(new TrainerInputs.LinksStand(view.Generation)));
        }

        foreach (var share in view.Shares.Take(view.PlaceOf(trainer.Id)))
        {
            trainer.Later(_cluster.Chance.Between(1, 10), () => Connect(share));
        }
    }

    /// <summary>Breaks all.</summary>
    public void Close(bool goodbye)
    {
        foreach (var link in _links.Values.ToArray())
        {
            link.Break(trainer, goodbye);
        }
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
        if (_links.TryGetValue(peer, out var link) && (link.Open || _cluster.Chance.Of(0.5)))
        {
            link.Send(trainer, frame);
        }
    }

    private void Connect(Share share)
    {
        if (!IsOpen)
        {
            return;
        }

        var peer = _cluster.Network.Find(share.Endpoint[6..]) as TrainerShell;
        if (peer is null || peer.Process.Hung || peer.Ends.Of(view.Generation) is not { } theirs || _cluster.Network.IsCut(trainer.Process, peer.Process))
        {
            trainer.Later(50, () => Connect(share));
            return;
        }

        var link = new Link(_cluster, view.Generation, trainer, peer);
        foreach (var (side, ends) in new[] { (trainer, this), (peer, theirs) })
        {
            ends._links[link.PeerOf(side).Id] = link;
            side.Later(_cluster.Chance.Between(0, 10), () => ends.Linked(link));
        }
    }

    private void Linked(Link link)
    {
        if (IsOpen && _linked.Add(link.PeerOf(trainer).Id) && _linked.Count == view.Shares.Count - 1)
        {
            trainer.Tell(new TrainerInputs.LinksStand(view.Generation));
        }
    }
}
