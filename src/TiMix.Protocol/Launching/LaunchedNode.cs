namespace TiMix.Protocol.Launching;

/// <summary>A node's process, as a launcher knows it. Times are milliseconds; null: never.</summary>
internal sealed class LaunchedNode(NodePlan plan)
{
    public NodePlan Plan { get; } = plan;

    public string Name => Plan.Name;

    public bool Alive { get; private set; }

    public bool Leaving { get; set; }

    public bool Killed { get; set; }

    /// <summary>Stands still on purpose.</summary>
    public bool Still { get; set; }

    /// <summary>Lives, moves, and is to stay.</summary>
    public bool Sound => Alive && !Leaving && !Killed && !Still;

    public long StartedAt { get; private set; }

    public long? RestartAt { get; set; }

    public long? WakeAt { get; set; }

    public long? BackBy { get; set; }

    /// <summary>Until then its death does not count.</summary>
    public long ExcusedUntil { get; set; } = long.MinValue;

    /// <summary>Until then it may be missed.</summary>
    public long DisturbedUntil { get; set; } = long.MinValue;

    /// <summary>Before its next restart.</summary>
    public long Pause { get; set; } = LauncherCore.ShortestPause;

    public void Starts(long now) => (Alive, StartedAt, RestartAt) = (true, now, null);

    public void Ends()
    {
        (Alive, Killed, Still, WakeAt, BackBy) = (false, false, false, null, null);
        (ExcusedUntil, DisturbedUntil) = (long.MinValue, long.MinValue);
    }
}
