namespace TiMix.Protocol.Tests.Simulation;

/// <summary>
/// One life of a node's process with the actors of its roles. Everything that happens in it goes through <see cref="Later"/>, so
/// that a dead one does nothing, and one that stands still does it all when it goes on.
/// </summary>
internal sealed class SimulatedProcess(Cluster cluster, string node)
{
    private readonly List<Action> _stalled = [];
    private readonly List<SimulatedActor> _actors = [];

    public Cluster Cluster => cluster;

    /// <summary>Name of its node, the same for every life.</summary>
    public string Node => node;

    public bool Alive { get; private set; } = true;

    public bool Hung { get; private set; }

    /// <summary>Rises with every hang, so that a peer's patience with an earlier one does not count.</summary>
    public int Hangs { get; private set; }

    /// <summary>Lives and moves.</summary>
    public bool Sound => Alive && !Hung;

    public IReadOnlyList<SimulatedActor> Actors => _actors;

    /// <summary>An actor of a role begins here.</summary>
    public void Add(SimulatedActor actor)
    {
        _actors.Add(actor);
        cluster.Network.Add(actor);
    }

    /// <summary>The actor of a role; null: there is none of it here.</summary>
    public T? Find<T>()
        where T : SimulatedActor
    {
        foreach (var actor in _actors)
        {
            if (actor is T found && !found.Ended)
            {
                return found;
            }
        }

        return null;
    }

    /// <summary>Plans something that this process does.</summary>
    public void Later(long milliseconds, Action action) => cluster.Time.After(milliseconds, this, action);

    /// <summary>Does something now if the process lives and moves.</summary>
    public void Run(Action action)
    {
        if (Alive && Hung)
        {
            _stalled.Add(action);
        }
        else if (Alive)
        {
            action();
        }
    }

    /// <summary>The process ends, by itself or by a signal.</summary>
    /// <param name="exitCode">128 and the signal's number if a signal ended it.</param>
    public void End(int exitCode)
    {
        if (!Alive)
        {
            return;
        }

        cluster.Log?.Add($"{node} ends with {exitCode}");
        Alive = false;
        _stalled.Clear();
        foreach (var actor in _actors)
        {
            actor.Died();
        }

        cluster.Ended(this, exitCode);
    }

    /// <summary>The process is stopped (SIGSTOP).</summary>
    public void Hang()
    {
        if (!Sound)
        {
            return;
        }

        cluster.Log?.Add($"{node} hangs");
        (Hung, Hangs) = (true, Hangs + 1);
        Find<TrainerShell>()?.Ends.FallSilent();
    }

    /// <summary>The process goes on, not knowing that it stood still.</summary>
    public void GoOn()
    {
        if (!Alive || !Hung)
        {
            return;
        }

        cluster.Log?.Add($"{node} goes on");
        Hung = false;
        var stalled = _stalled.ToArray();
        _stalled.Clear();
        foreach (var action in stalled)
        {
            Run(action);
        }
    }
}
