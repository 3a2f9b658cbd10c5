using TiMix.Base;
using TiMix.Node.Processes;
using TiMix.Protocol.Launching;

namespace TiMix.Node.Launching;

/// <summary>The nodes that a launcher has started, each with a port of its own that it keeps when it starts anew.</summary>
/// <param name="options">The cluster.</param>
/// <param name="token">Its secret.</param>
internal sealed class LaunchedNodes(LaunchOptions options, string token) : IDisposable
{
    private static readonly TimeSpan ByThemselves = TimeSpan.FromSeconds(3);
    private readonly ReservedPorts _reserved = new();
    private readonly Dictionary<string, int> _ports = [];
    private readonly Dictionary<string, IChildNode> _nodes = [];
    private readonly Lock _lock = new();

    /// <summary>The living ones, with the processes that they are in.</summary>
    public IReadOnlyList<(string Name, int Id)> Living
    {
        get
        {
            lock (_lock)
            {
                return [.. _nodes.Values.Where(node => !node.Exit.IsCompleted).Select(node => (node.Name, node.Id))];
            }
        }
    }

    /// <summary>The node of that name; null: it was never started.</summary>
    public IChildNode? Find(string name) => _nodes.GetValueOrDefault(name);

    /// <summary>A node's port.</summary>
    public int PortOf(string node)
    {
        if (!_ports.TryGetValue(node, out var port))
        {
            _ports.Add(node, port = _reserved.Next());
        }

        return port;
    }

    /// <summary>Starts a node, again after an earlier one of the same name has ended.</summary>
    /// <param name="start">Which.</param>
    /// <param name="launcher">host:port of the launcher's own.</param>
    /// <exception cref="RunError">It cannot be started; one line.</exception>
    public async Task<IChildNode> StartAsync(LauncherEffects.Start start, string launcher)
    {
        // The coordinator comes second: it is joined by whoever starts anew while the launcher's own node is not reachable.
        var plan = start.Node;
        string[] seeds = plan.Roles.Contains(NodeRoles.Coordinator) ? [launcher] : [launcher, $"{LocalLauncher.Host}:{PortOf(NodeRoles.Coordinator)}"];
        var node = await options.Starter.StartAsync(options, plan, new NodePlace(PortOf(plan.Name), seeds, start.Begin, token)).ConfigureAwait(false);
        lock (_lock)
        {
            Find(plan.Name)?.Dispose();
            _nodes[plan.Name] = node;
        }

        return node;
    }

    /// <summary>A node's process has ended, and what it said last has been heard.</summary>
    /// <param name="node">Which.</param>
    /// <param name="comesBack">It is started again, on its port.</param>
    public void Forget(IChildNode node, bool comesBack)
    {
        lock (_lock)
        {
            if (Find(node.Name) == node)
            {
                _nodes.Remove(node.Name);
            }
        }

        node.Dispose();
        if (!comesBack && _ports.Remove(node.Name, out var port))
        {
            _reserved.Release(port);
        }
    }

    /// <summary>Nodes leave by themselves when a run is over; one that was still on its way to it is told, and whoever does not leave is ended.</summary>
    public async Task EndAsync(TimeSpan patience)
    {
        SignalAll(Signals.Continue);
        var alone = patience < ByThemselves ? patience : ByThemselves;
        await Task.WhenAny(ExitsAsync(), Task.Delay(alone)).ConfigureAwait(false);
        SignalAll(Signals.Terminate);
        await Task.WhenAny(ExitsAsync(), Task.Delay(patience - alone)).ConfigureAwait(false);
        SignalAll(Signals.Kill);
        await ExitsAsync().ConfigureAwait(false);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var node in _nodes.Values)
        {
            node.Dispose();
        }

        _reserved.Dispose();
    }

    private Task ExitsAsync() => Task.WhenAll(_nodes.Values.Select(node => node.Exit));

    private void SignalAll(int signal)
    {
        foreach (var node in _nodes.Values)
        {
            node.Signal(signal);
        }
    }
}
