using TiMix.Actors.Nodes;
using TiMix.Base;
using TiMix.Node.Launching;
using TiMix.Node.Processes;
using TiMix.Protocol.Coordination;
using TiMix.Protocol.Faults;
using TiMix.Protocol.Launching;
using TiMix.Runs.Observing;
using TiMix.Work.Training;

namespace TiMix.Testing.Live;

/// <summary>
/// A launched cluster whose nodes are all in this process: the real launcher, the real actors, Akka.Remote and the exchange over
/// loopback, the journal in SQLite. What it does not show is what only processes have: signals, a command line, memory of their own.
/// </summary>
internal sealed class LiveCluster : INodeStarter, IAsyncDisposable
{
    /// <summary>A coordinator ticks four times a second and takes itself for one that was away when it has not for a third of a lease.</summary>
    private static readonly TimeSpan Lease = TimeSpan.FromSeconds(1.5);
    private readonly List<LiveNode> _nodes = [];
    private Action<NodeOptions>? _started;
    private readonly string _directory = Directory.CreateTempSubdirectory("timix-live-").FullName;

    /// <summary>Runs a cluster to its end and examines what it leaves.</summary>
    /// <param name="run">The run; each trainer has its compute threads.</param>
    /// <param name="trainers">At the start.</param>
    /// <param name="faults">As <c>--faults</c> takes them.</param>
    /// <param name="observer">Sees it go by.</param>
    /// <param name="stop">Finish the step, take a snapshot, stop.</param>
    /// <param name="started">Told of each node that starts.</param>
    /// <param name="launched">Is given the launcher.</param>
    /// <param name="spares">Of the trainers.</param>
    public static async Task<LiveResult> RunAsync(
        RunOptions run, int trainers, FaultSchedule faults, IRunObserver observer, CancellationToken stop, Action<NodeOptions>? started = null,
        Action<LocalLauncher>? launched = null, int spares = 0)
    {
        await using var cluster = new LiveCluster { _started = started };
        var options = new LaunchOptions
        {
            Run = run,
            Trainers = trainers,
            Faults = faults,
            MaxRestarts = 1000,
            Starter = cluster,
            Config = [cluster.WriteConfig("launcher", new NodeSwitch())],
            Membership = new MembershipOptions
            {
                Lease = Lease, StartTrainers = trainers, StartWait = 2 * Lease, StepDeadline = 4 * Lease, Spares = spares,
            },
        };
        RunExamination? examination = null;
        var result = await LaunchedRun.ExecuteAsync(options, observer, launched, found => examination = found, stop);
        return new LiveResult(result, examination);
    }

    /// <inheritdoc/>
    public Task<IChildNode> StartAsync(LaunchOptions options, NodePlan node, NodePlace place)
    {
        var (coordinates, begins, gate) = (
            node.Roles.Contains(NodeRoles.Coordinator), node.Roles.Contains(NodeRoles.Coordinator) && place.Begin, new NodeSwitch());
        var settings = new NodeOptions
        {
            Name = node.Name,
            Roles = node.Roles,
            Host = LocalLauncher.Host,
            Port = place.Port,
            Join = place.Seeds,
            RunName = options.Run.Name,
            RunsDirectory = options.Run.RunsDirectory,
            DataDirectory = options.Run.DataDirectory,
            Recipe = begins && !options.Run.Resume ? InitialWeights.Pin(options.Run.Recipe) : null,
            Continue = begins && options.Run.Resume,
            Threads = options.Run.Threads,
            Token = place.Token,
            Journal = coordinates ? options.Run.Journal : null,
            Config = [NodeArguments.ClusterConfig, WriteConfig(node.Name, gate)],
            Membership = options.Membership,
        };
        var live = new LiveNode(settings, gate);
        _started?.Invoke(settings);
        _nodes.Add(live);
        return Task.FromResult<IChildNode>(live);
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await Task.WhenAll(_nodes.Select(node => node.BuryAsync()));
        Directory.Delete(_directory, recursive: true);
    }

    private string WriteConfig(string node, NodeSwitch gate)
    {
        var path = Path.Combine(_directory, $"{node}-{_nodes.Count}.conf");
        File.WriteAllText(path, File.ReadAllText(Path.Combine(AppContext.BaseDirectory, "live.conf")) + gate.Setting + "\n");
        return path;
    }
}
