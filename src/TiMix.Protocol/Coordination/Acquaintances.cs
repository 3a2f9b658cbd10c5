using TiMix.Base;
using TiMix.Protocol.Messages;
using TiMix.Protocol.Values;

namespace TiMix.Protocol.Coordination;

/// <summary>A node that the coordinator has heard of.</summary>
/// <param name="Address">Where it is.</param>
/// <param name="Vitals">As last heard; null: it has not said.</param>
/// <param name="HeardAt">When it last spoke.</param>
internal sealed record KnownNode(string Address, NodeVitals? Vitals, long HeardAt);

/// <summary>
/// Whom the coordinator has heard of, and where they are: nodes, loaders, mixers and evaluators, trainers, and whoever looks on.
/// Nothing of it is stored; all of them speak again every second. Whether a trainer lives is <see cref="Membership"/>'s to say.
/// </summary>
internal sealed class Acquaintances
{
    private sealed record Service(string Node, string Role, string Address, long HeardAt)
    {
        public string Key => $"{Node} {Role}";
    }

    /// <summary>Milliseconds after which a service or a looker that says nothing is forgotten.</summary>
    private const long Lease = 5_000;

    /// <summary>A node that has gone stays in the description for so many milliseconds, as one that is silent.</summary>
    private const long NodeMemory = 30_000;
    private readonly SortedDictionary<string, KnownNode> _nodes = new(StringComparer.Ordinal);
    private readonly SortedDictionary<string, Service> _services = new(StringComparer.Ordinal);
    private readonly SortedDictionary<string, string> _trainers = new(StringComparer.Ordinal);
    private readonly SortedDictionary<string, long> _lookers = new(StringComparer.Ordinal);

    /// <summary>By name.</summary>
    public IReadOnlyDictionary<string, KnownNode> Nodes => _nodes;

    /// <summary>Addresses by id.</summary>
    public IReadOnlyDictionary<string, string> Trainers => _trainers;

    /// <summary>Addresses of those who look on.</summary>
    public IReadOnlyList<string> Lookers => [.. _lookers.Keys];

    /// <summary>Addresses of the evaluators.</summary>
    public IReadOnlyList<string> Evaluators => Of(NodeRoles.Evaluator);

    /// <summary>What no step can do without and nobody does; null: nothing.</summary>
    public WaitKind? Lacking => Of(NodeRoles.Mixer).Length == 0 ? WaitKind.NoMixer : Of(NodeRoles.Loader).Length == 0 ? WaitKind.NoLoader : null;

    /// <summary>Those who have to know who is there.</summary>
    public IReadOnlyList<string> ReadersOfRoster => [.. _trainers.Values, .. Of(NodeRoles.Mixer)];

    /// <summary>Who is there.</summary>
    public NodeMessages.Roster Roster => new(
        Of(NodeRoles.Loader), Of(NodeRoles.Mixer), new SortedDictionary<string, string>(_trainers, StringComparer.Ordinal));

    /// <summary>A node has spoken.</summary>
    public void HearNode(string address, NodeMessages.DescribeRun asked, long now) => _nodes[asked.Node] = new KnownNode(address, asked.Vitals, now);

    /// <summary>A service has spoken.</summary>
    /// <returns>Whether it is new.</returns>
    public bool HearService(string address, NodeMessages.ServiceStatus status, long now)
    {
        var service = new Service(status.Node, status.Role, address, now);
        var isNew = _services.GetValueOrDefault(service.Key)?.Address != address;
        _services[service.Key] = service;
        return isNew;
    }

    /// <summary>A trainer has spoken.</summary>
    /// <returns>Whether it is new.</returns>
    public bool HearTrainer(string address, string trainer)
    {
        var isNew = _trainers.GetValueOrDefault(trainer) != address;
        _trainers[trainer] = address;
        return isNew;
    }

    /// <summary>Somebody who looks on has spoken.</summary>
    /// <returns>Whether it is new.</returns>
    public bool HearLooker(string address, long now)
    {
        var isNew = !_lookers.ContainsKey(address);
        _lookers[address] = now;
        return isNew;
    }

    /// <summary>A trainer does not belong to the run any more; one that lives speaks again.</summary>
    public void DropTrainer(string trainer) => _trainers.Remove(trainer);

    /// <summary>A node's process has died.</summary>
    public void BuryNode(string node) => Drop(_services.Values.Where(service => service.Node == node));

    /// <summary>Whoever was at this address lives no more.</summary>
    /// <returns>The trainers that were there.</returns>
    public IReadOnlyList<string> Bury(string address)
    {
        string[] trainers = [.. _trainers.Where(trainer => trainer.Value == address).Select(trainer => trainer.Key)];
        Array.ForEach(trainers, DropTrainer);
        Drop(_services.Values.Where(service => service.Address == address));
        return trainers;
    }

    /// <summary>The coordinator itself was away: nobody is blamed for the silence.</summary>
    public void Wake(long now)
    {
        foreach (var (name, node) in _nodes.ToList())
        {
            _nodes[name] = node with { HeardAt = now };
        }

        foreach (var (key, service) in _services.ToList())
        {
            _services[key] = service with { HeardAt = now };
        }

        foreach (var looker in Lookers)
        {
            _lookers[looker] = now;
        }
    }

    /// <summary>Forgets whoever has been silent for too long.</summary>
    /// <returns>Whether a service was among them.</returns>
    public bool Forget(long now)
    {
        foreach (var (name, _) in _nodes.Where(node => node.Value.HeardAt < now - NodeMemory).ToList())
        {
            _nodes.Remove(name);
        }

        foreach (var (looker, _) in _lookers.Where(looker => looker.Value < now - Lease).ToList())
        {
            _lookers.Remove(looker);
        }

        return Drop(_services.Values.Where(service => service.HeardAt < now - Lease));
    }

    private string[] Of(string role) => [.. _services.Values.Where(service => service.Role == role).Select(service => service.Address)];

    private bool Drop(IEnumerable<Service> services) => services.ToList().Count(service => _services.Remove(service.Key)) > 0;
}
