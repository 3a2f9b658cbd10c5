using TiMix.Protocol.Messages;

namespace TiMix.Protocol.Tests.Simulation;

/// <summary>The nodes that were started together, by a launcher or each by itself; whoever resumes a run begins another one.</summary>
internal abstract class Session(Cluster cluster)
{
    protected Cluster Cluster => cluster;

    /// <summary>None of its coordinators lives, and none will be started any more.</summary>
    public abstract bool IsOver { get; }

    /// <summary>All nodes start.</summary>
    /// <param name="goOn">The run is gone on with.</param>
    public abstract void Begin(bool goOn);

    /// <summary>One of its processes has ended.</summary>
    public abstract void Ended(SimulatedProcess process, int exitCode);

    /// <summary>One more trainer comes.</summary>
    public abstract void Join();

    /// <summary>A trainer is asked to leave.</summary>
    public abstract void Drain(SimulatedProcess process);

    /// <summary>The user wants the run to stop.</summary>
    public virtual void Stop() => cluster.User.Want(new CoordinatorCommands.StopRun());

    /// <summary>Whoever runs a cluster sees to it that there is enough of everything.</summary>
    public abstract void Complete();

    /// <summary>Nothing is started any more.</summary>
    public abstract void Close();

    /// <summary>A process of a node begins.</summary>
    protected SimulatedProcess Start(string node, IReadOnlyList<string> roles, bool goOn) => cluster.Start(this, node, roles, goOn);
}
