namespace TiMix.Protocol.Tests.Simulation;

/// <summary>
/// The cluster's singleton: which of the coordinator nodes is the coordinator, in the cluster's opinion. That opinion is late, and
/// wrong about one that only stood still: then there are two for a while.
/// </summary>
internal sealed class Coordinators(Cluster cluster)
{
    private readonly List<CoordinatorHost> _hosts = [];
    private CoordinatorHost? _chosen;
    private bool _choosing;

    /// <summary>Where messages to the coordinator go; null: nowhere.</summary>
    public SimulatedActor? Leading => _chosen is { Alive: true } chosen ? chosen : null;

    /// <summary>The one at work; null: none.</summary>
    public CoordinatorShell? Working => _chosen is { Alive: true } chosen ? chosen.Coordinator : null;

    /// <summary>All that ever were.</summary>
    public IReadOnlyList<CoordinatorHost> All => _hosts;

    /// <summary>A node that may be the coordinator is up.</summary>
    public void Add(CoordinatorHost host)
    {
        _hosts.Add(host);
        Choose();
    }

    /// <summary>A process has ended.</summary>
    public void Ended(CoordinatorHost host)
    {
        if (host == _chosen)
        {
            _chosen = null;
            Choose();
        }
    }

    /// <summary>The process of the coordinator stands still: the cluster finds out, and makes another one if there is one.</summary>
    public void Hung(CoordinatorHost host)
    {
        var hang = host.Process.Hangs;
        cluster.Time.After(cluster.Chance.Between(2500, 4500), () =>
        {
            if (host.Process is { Alive: true, Hung: true } && host.Process.Hangs == hang && host == _chosen && Next() is not null)
            {
                _chosen = null;
                host.PutOut = true;
                Choose();
            }
        });
    }

    private CoordinatorHost? Next()
    {
        foreach (var host in _hosts)
        {
            if (host.Alive && host is { Process.Hung: false, PutOut: false })
            {
                return host;
            }
        }

        return null;
    }

    private void Choose()
    {
        if (_choosing || _chosen is not null)
        {
            return;
        }

        _choosing = true;
        cluster.Time.After(cluster.Chance.Between(100, 1500), () =>
        {
            _choosing = false;
            if (_chosen is null && Next() is { } next)
            {
                cluster.Log?.Add($"{next.Process.Node} is the coordinator");
                _chosen = next;
                next.Process.Run(next.Lead);
            }
        });
    }
}
