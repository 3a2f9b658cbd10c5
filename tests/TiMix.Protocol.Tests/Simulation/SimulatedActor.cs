using TiMix.Protocol.Messages;

namespace TiMix.Protocol.Tests.Simulation;

/// <summary>
/// The shell of a core: hands on what the core is told, and does what it wants done, with no decision of its own. It has the place
/// of an actor in production.
/// </summary>
internal abstract class SimulatedActor(SimulatedProcess process, string address)
{
    public SimulatedProcess Process => process;

    public Cluster Cluster => process.Cluster;

    /// <summary>New with every life.</summary>
    public string Address => address;

    /// <summary>It does nothing more, although its process may live.</summary>
    public bool Ended { get; private set; }

    public bool Alive => process.Alive && !Ended;

    /// <summary>As what it serves others; null: it does not.</summary>
    public virtual string? Role => null;

    /// <summary>A message has come.</summary>
    public abstract void Receive(string from, ITiMixMessage message);

    /// <summary>It ends, alone or with its process.</summary>
    public virtual void Died() => Ended = true;

    /// <summary>Plans something of its own.</summary>
    public void Later(long milliseconds, Action action) => process.Later(milliseconds, action);

    /// <summary>Now, and again after every interval as long as it lives.</summary>
    protected void Every(int interval, Action action)
    {
        if (Alive)
        {
            action();
            Later(interval, () => Every(interval, action));
        }
    }

    /// <summary>Says something to somebody.</summary>
    public void Say(string to, ITiMixMessage message) => Cluster.Network.Send(this, to, message);
}
