using TiMix.Protocol.Training;
using TiMix.Protocol.Values;

namespace TiMix.Protocol.Tests.Simulation;

/// <summary>A trainer's ends of its links: those of its view, and those that were made ahead for the next one.</summary>
internal sealed class LinkEnds(TrainerShell trainer)
{
    private readonly Cluster _cluster = trainer.Cluster;
    private ViewEnds? _current;
    private ViewEnds? _ahead;

    /// <summary>What has come in the current view, or came in the last one.</summary>
    public FrameStore Frames { get; private set; } = new();

    /// <summary>Of the view that it is linked for, or links up for; 0: none.</summary>
    public long Generation => _current?.View.Generation ?? 0;

    /// <summary>Links to the peers of a view, however long they take to come.</summary>
    public void Open(View view)
    {
        _current = new ViewEnds(trainer, view);
        Frames = _current.Frames;
        _current.Open();
    }

    /// <summary>Links to the peers of the next view as well.</summary>
    public void OpenAhead(View view)
    {
        _ahead = new ViewEnds(trainer, view);
        _ahead.Open();
    }

    /// <summary>Breaks those again.</summary>
    public void CloseAhead(bool goodbye)
    {
        var ahead = _ahead;
        _ahead = null;
        ahead?.Close(goodbye);
    }

    /// <summary>The links that were made ahead are those of the current view from now on.</summary>
    public void GoOver()
    {
        if (_ahead is null)
        {
            return;
        }

        var before = _current;
        (_current, _ahead) = (_ahead, null);
        Frames = _current.Frames;
        before?.Close(_cluster.Settings.Goodbyes);
    }

    /// <summary>Breaks all.</summary>
    public void Close(bool goodbye)
    {
        var current = _current;
        _current = null;
        current?.Close(goodbye);
        CloseAhead(goodbye);
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
        _current?.LosePatience(stillSilent);
        _ahead?.LosePatience(stillSilent);
    }

    /// <summary>Sends to a peer of the current view; over a link that the other side has closed the frame may still get somewhere.</summary>
    public void Send(string peer, Frame frame) => _current?.Send(peer, frame);

    /// <summary>Those of a view; null: there are none.</summary>
    public ViewEnds? Of(long generation) => _current?.View.Generation == generation ? _current : _ahead?.View.Generation == generation ? _ahead : null;

    /// <summary>A frame is here: one of another generation must not be used. Whoever went over first may send before the others have.</summary>
    public void Receive(string from, Frame frame)
    {
        if (Of(frame.Generation) is not { } ends)
        {
            _cluster.Statistics.FencedFrames++;
            return;
        }

        _cluster.Invariants.Accepts(trainer, ends.View, from, frame);
        ends.Frames.Keep(from, frame);
        if (ends == _current)
        {
            trainer.Computing?.Advance();
        }
    }

    /// <summary>A link is seen to be broken or closed.</summary>
    public void Notice(Link link, bool goodbye)
    {
        var peer = link.PeerOf(trainer).Id;
        _cluster.Log?.Add($"{trainer.Id} sees the link to {peer} {(goodbye ? "closed" : "broken")} (generation {link.Generation})");
        if (Generation == link.Generation && trainer.Computing is { } step && (goodbye || _cluster.Chance.Of(0.5)) && step.EndWithout(peer))
        {
            return;
        }

        if (!goodbye)
        {
            trainer.Tell(new TrainerInputs.PeersLost(link.Generation, [peer]));
        }
    }
}
