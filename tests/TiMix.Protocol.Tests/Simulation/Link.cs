namespace TiMix.Protocol.Tests.Simulation;

/// <summary>
/// A connection of two trainers for one view: reliable and in order in each direction until it breaks; then what was under way
/// is cut off somewhere, and each side notices at its own time.
/// </summary>
internal sealed class Link(Cluster cluster, long generation, TrainerShell one, TrainerShell other)
{
    private readonly Queue<Frame> _toOne = new();
    private readonly Queue<Frame> _toOther = new();
    private long _lastToOne;
    private long _lastToOther;

    public long Generation => generation;

    public bool Open { get; private set; } = true;

    public TrainerShell PeerOf(TrainerShell side) => side == one ? other : one;

    /// <summary>Puts a frame on its way.</summary>
    public void Send(TrainerShell from, Frame frame)
    {
        var to = PeerOf(from);
        (to == one ? _toOne : _toOther).Enqueue(frame);
        ref var last = ref to == one ? ref _lastToOne : ref _lastToOther;
        last = Math.Max(last, cluster.Time.Now + cluster.Chance.Between(0, 4));
        cluster.Time.After(last - cluster.Time.Now, () => Deliver(to));
    }

    /// <summary>Breaks it. The side that does so knows; null: neither does.</summary>
    public void Break(TrainerShell? knows, bool goodbye)
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

    private void Deliver(TrainerShell to)
    {
        if (cluster.Network.IsCut(one.Process, other.Process))
        {
            cluster.Time.After(50, () => Deliver(to));
        }
        else if ((to == one ? _toOne : _toOther).TryDequeue(out var frame))
        {
            to.Process.Run(() => to.Ends.Receive(PeerOf(to).Id, frame));
        }
    }
}
