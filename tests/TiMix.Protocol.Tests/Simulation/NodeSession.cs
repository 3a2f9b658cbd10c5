using TiMix.Base;
using TiMix.Protocol.Values;

namespace TiMix.Protocol.Tests.Simulation;

/// <summary>Nodes that are kept by themselves, as by a service manager on each machine: nobody tells the coordinator of a death.</summary>
internal sealed class NodeSession(Cluster cluster, int number) : Session(cluster)
{
    private sealed class Node(IReadOnlyList<string> roles, int restarts)
    {
        public IReadOnlyList<string> Roles => roles;

        public int Restarts { get; set; } = restarts;

        public bool Starting { get; set; }

        public SimulatedProcess? Process { get; set; }
    }

    private readonly SortedDictionary<string, Node> _nodes = new(StringComparer.Ordinal);
    private bool _closed;

    /// <inheritdoc/>
    public override bool IsOver => !_nodes.Values.Any(node => node.Roles.Contains(NodeRoles.Coordinator) && (node.Starting || node.Process is { Alive: true }));

    /// <inheritdoc/>
    public override void Begin(bool goOn)
    {
        var settings = Cluster.Settings;
        for (var i = 1; i <= settings.Coordinators; i++)
        {
            Add($"coordinator-{number}.{i}", [NodeRoles.Coordinator], goOn && i == 1);
        }

        for (var i = 1; i <= settings.Loaders; i++)
        {
            Add($"loader-{number}.{i}", [NodeRoles.Loader], false);
        }

        for (var i = 1; i <= settings.Mixers; i++)
        {
            Add($"mixer-{number}.{i}", [NodeRoles.Mixer], false);
        }

        Add($"evaluator-{number}", [NodeRoles.Evaluator], false);
        var trainers = goOn ? Cluster.Chance.Between(1, 5) : settings.Trainers;
        for (var i = 0; i < trainers; i++)
        {
            Join();
        }
    }

    /// <inheritdoc/>
    public override void Ended(SimulatedProcess process, int exitCode)
    {
        var node = _nodes[process.Node];
        var over = Cluster.Journal.Run.Status is RunStatus.Stopped or RunStatus.Finished;
        if (exitCode != 0 && !over && !_closed && node.Restarts-- > 0)
        {
            StartLater(process.Node, node, Cluster.Chance.Between(50, 4000), false);
        }
    }

    /// <inheritdoc/>
    public override void Join() => Add(Cluster.NewTrainer(), [NodeRoles.Trainer], false);

    /// <inheritdoc/>
    public override void Drain(SimulatedProcess process) => process.Run(() => process.Find<NodeShell>()?.Leave());

    /// <inheritdoc/>
    public override void Complete()
    {
        foreach (var (name, node) in _nodes)
        {
            if (!node.Roles.Contains(NodeRoles.Trainer) && node is { Starting: false, Process.Alive: false })
            {
                StartLater(name, node, 0, false);
            }
        }

        var trainers = Cluster.Trainers.Count(trainer => trainer.Alive && trainer.Said is not { Leaving: true }) + _nodes.Values.Count(node => node.Starting);
        for (var missing = Math.Max(1, Cluster.Settings.Leases.MinTrainers) - trainers; missing > 0; missing--)
        {
            Join();
        }
    }

    /// <inheritdoc/>
    public override void Close() => _closed = true;

    private void Add(string name, IReadOnlyList<string> roles, bool goOn)
    {
        if (!_closed)
        {
            var node = new Node(roles, Cluster.Settings.Restarts);
            _nodes.Add(name, node);
            StartLater(name, node, Cluster.Chance.Between(0, 300), goOn);
        }
    }

    private void StartLater(string name, Node node, int milliseconds, bool goOn)
    {
        node.Starting = true;
        Cluster.Time.After(milliseconds, () =>
        {
            node.Starting = false;
            if (!_closed)
            {
                node.Process = Start(name, node.Roles, goOn);
            }
        });
    }
}
