using TiMix.Protocol.Messages;

namespace TiMix.Protocol.Tests.Simulation;

/// <summary>
/// What lies between the actors: it loses, delays, reorders and doubles messages. It also knows who is cut off from whom. What
/// goes to <see cref="Coordinator"/> goes to whoever the cluster takes for it.
/// </summary>
internal sealed class Network(Cluster cluster)
{
    /// <summary>The address of the cluster's coordinator, wherever it is.</summary>
    public const string Coordinator = "coordinator";

    private readonly Dictionary<string, SimulatedActor> _actors = new(StringComparer.Ordinal);
    private readonly Dictionary<(SimulatedProcess, SimulatedProcess?), long> _cutUntil = [];

    /// <summary>Whether it has become a good network.</summary>
    public bool Calm { get; set; }

    /// <summary>Somebody can be spoken to.</summary>
    public void Add(SimulatedActor actor) => _actors.Add(actor.Address, actor);

    /// <summary>Who lives at an address; null: nobody.</summary>
    public SimulatedActor? Find(string address) => _actors.TryGetValue(address, out var actor) && actor.Alive ? actor : null;

    /// <summary>Puts a message on its way.</summary>
    public void Send(SimulatedActor from, string to, ITiMixMessage message)
    {
        var receiver = to == Coordinator ? cluster.Coordinators.Leading : Find(to);
        if (receiver is null)
        {
            return;
        }

        if (receiver.Process == from.Process)
        {
            Deliver(from, receiver, message, 0);
            return;
        }

        var steering = receiver is CoordinatorShell || from is CoordinatorShell;
        if (IsCut(from.Process, receiver.Process) || (!Calm && cluster.Chance.Of(steering ? cluster.Settings.Loss : cluster.Settings.Loss / 5)))
        {
            cluster.Log?.Add($"lost: {from.Address} to {to}: {message}");
            return;
        }

        Deliver(from, receiver, message, Delay(steering));
        if (!Calm && cluster.Chance.Of(cluster.Settings.Duplicates))
        {
            Deliver(from, receiver, message, Delay(steering));
        }
    }

    /// <summary>A process is cut off from another for a while; null: from all.</summary>
    public void Cut(SimulatedProcess one, SimulatedProcess? other, int milliseconds)
    {
        cluster.Log?.Add($"{one.Node} is cut off from {other?.Node ?? "all"}");
        _cutUntil[(one, other)] = cluster.Time.Now + milliseconds;
        if (one.Find<TrainerShell>() is { } trainer)
        {
            trainer.Ends.LosePatience(link => IsCut(one, link.PeerOf(trainer).Process));
        }
    }

    /// <summary>Whether two processes do not hear each other.</summary>
    public bool IsCut(SimulatedProcess one, SimulatedProcess other) =>
        _cutUntil.Count > 0 && (Until(one, other) || Until(other, one) || Until(one, null) || Until(other, null));

    private bool Until(SimulatedProcess one, SimulatedProcess? other) => _cutUntil.TryGetValue((one, other), out var until) && until > cluster.Time.Now;

    private static void Deliver(SimulatedActor from, SimulatedActor to, ITiMixMessage message, int delay)
    {
        var sender = from.Address;
        to.Later(delay, () =>
        {
            if (to.Alive)
            {
                to.Receive(sender, message);
            }
        });
    }

    private int Delay(bool steering) =>
        !Calm && cluster.Chance.Of(cluster.Settings.Stragglers) ? cluster.Chance.Between(500, 6000) : cluster.Chance.Between(0, steering ? 50 : 8);
}
