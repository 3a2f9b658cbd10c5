using TiMix.Protocol.Messages;

namespace TiMix.Protocol.Tests.Simulation;

/// <summary>
/// What lies between the trainers and the coordinator: it loses, delays, reorders and doubles messages. It also knows who is cut
/// off from whom.
/// </summary>
internal sealed class ControlNetwork(Cluster cluster)
{
    private readonly Dictionary<(string, string), long> _cutUntil = [];

    /// <summary>Whether it has become a good network.</summary>
    public bool Calm { get; set; }

    /// <summary>A trainer says something.</summary>
    public void ToCoordinator(SimulatedTrainer from, CoordinatorCommands.ICommand command)
    {
        if (!IsLost(from.Id))
        {
            cluster.Time.After(Delay(), () => cluster.Coordinator.Hear(command));
            if (!Calm && cluster.Chance.Of(cluster.Settings.Duplicates))
            {
                cluster.Time.After(Delay(), () => cluster.Coordinator.Hear(command));
            }
        }
    }

    /// <summary>The coordinator orders something.</summary>
    public void ToTrainer(Addressed order)
    {
        if (cluster.Find(order.Trainer) is { } to && !IsLost(to.Id))
        {
            to.Later(Delay(), () => to.Obey(order.Order));
            if (!Calm && cluster.Chance.Of(cluster.Settings.Duplicates))
            {
                to.Later(Delay(), () => to.Obey(order.Order));
            }
        }
    }

    /// <summary>A trainer and the coordinator do not hear each other for a while.</summary>
    public void Cut(SimulatedTrainer trainer, int milliseconds)
    {
        cluster.Log?.Add($"{trainer.Id} is cut from the coordinator");
        _cutUntil[(trainer.Id, "")] = cluster.Time.Now + milliseconds;
    }

    /// <summary>Two trainers do not hear each other for a while.</summary>
    public void Cut(SimulatedTrainer one, SimulatedTrainer other, int milliseconds)
    {
        cluster.Log?.Add($"{one.Id} and {other.Id} are cut from each other");
        _cutUntil[Pair(one, other)] = cluster.Time.Now + milliseconds;
        foreach (var link in one.Ends.All.Where(link => link.Open && link.PeerOf(one) == other))
        {
            link.LosePatience(() => IsCut(one, other));
        }
    }

    /// <summary>Whether two trainers do not hear each other.</summary>
    public bool IsCut(SimulatedTrainer one, SimulatedTrainer other) => _cutUntil.GetValueOrDefault(Pair(one, other)) > cluster.Time.Now;

    private static (string, string) Pair(SimulatedTrainer one, SimulatedTrainer other) =>
        string.CompareOrdinal(one.Id, other.Id) < 0 ? (one.Id, other.Id) : (other.Id, one.Id);

    private bool IsLost(string trainer) => _cutUntil.GetValueOrDefault((trainer, "")) > cluster.Time.Now || (!Calm && cluster.Chance.Of(cluster.Settings.Loss));

    private int Delay() => !Calm && cluster.Chance.Of(cluster.Settings.Stragglers) ? cluster.Chance.Between(500, 6000) : cluster.Chance.Between(0, 50);
}
