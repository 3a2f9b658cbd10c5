using System.Globalization;
using System.Net;
using TiMix.Protocol.Coordination;
using TiMix.Protocol.Faults;
using TiMix.Runs.Observing;
using TiMix.Runs.Records;

namespace TiMix.Node.Launching;

/// <summary>What a local cluster is made of, and what is to be done to it.</summary>
internal sealed record LaunchOptions
{
    /// <summary>The run, and the compute threads of each trainer.</summary>
    public required RunOptions Run { get; init; }

    /// <summary>Trainer processes at the start.</summary>
    public int Trainers { get; init; } = 2;

    /// <summary>Loader processes; the first also evaluates.</summary>
    public int Loaders { get; init; } = 1;

    /// <summary>Mixer processes.</summary>
    public int Mixers { get; init; } = 1;

    /// <summary>Faults to inject by step.</summary>
    public FaultSchedule Faults { get; init; } = FaultSchedule.None;

    /// <summary>Deaths that are made good before the run is given up; injected ones do not count.</summary>
    public int MaxRestarts { get; init; } = 20;

    /// <summary>Where the run can be watched and steered; null: nowhere.</summary>
    public IPEndPoint? Http { get; init; }

    /// <summary>HOCON files laid over the built-in ones on every node.</summary>
    public IReadOnlyList<string> Config { get; init; } = [];

    /// <summary>How nodes are started.</summary>
    public INodeStarter Starter { get; init; } = new ProcessStarter();

    /// <summary>Leases, and how many trainers a view needs.</summary>
    public MembershipOptions Membership { get; init; } = new();
}

/// <summary>One process of the cluster.</summary>
/// <param name="Name">Fixed for the whole run, so that a new incarnation is known as the same node.</param>
/// <param name="Roles">What it does.</param>
internal sealed record NodePlan(string Name, IReadOnlyList<string> Roles)
{
    /// <summary>Akka's settings for the members of a launched cluster, over those of every node.</summary>
    public static string ClusterConfig => Path.Combine(AppContext.BaseDirectory, "cluster-config", "launched.conf");

    /// <summary>The name of the n-th trainer.</summary>
    public static NodePlan Trainer(int number) => new(FormattableString.Invariant($"trainer-{number}"), ["trainer"]);

    /// <summary>The processes of a cluster, coordinator first.</summary>
    public static IReadOnlyList<NodePlan> Of(LaunchOptions options) =>
    [
        new("coordinator", ["coordinator"]),
        .. Enumerable.Range(1, options.Loaders).Select(number => new NodePlan($"loader-{number}", number == 1 ? ["loader", "evaluator"] : ["loader"])),
        .. Enumerable.Range(1, options.Mixers).Select(number => new NodePlan($"mixer-{number}", ["mixer"])),
        .. Enumerable.Range(1, options.Trainers).Select(Trainer),
    ];

    /// <summary>The arguments of its process: <c>timix node …</c>.</summary>
    /// <param name="options">The cluster.</param>
    /// <param name="place">Where it is in it.</param>
    public IReadOnlyList<string> Arguments(LaunchOptions options, NodePlace place)
    {
        List<string> arguments =
        [
            "node", "--child", "--name", Name, "--roles", string.Join(',', Roles), "--listen", $"{LocalLauncher.Host}:{place.Port}", "--join", string.Join(',', place.Seeds),
            "--run", options.Run.Name, "--runs-dir", options.Run.RunsDirectory, "--data-dir", options.Run.DataDirectory,
            "--threads", Number(Roles.Contains("trainer") ? options.Run.Threads : 1),
            .. options.Config.Prepend(ClusterConfig).SelectMany(file => new[] { "--config", file }),
            "--lease", Number(options.Membership.Lease.TotalSeconds),
        ];
        if (Roles.Contains("coordinator"))
        {
            arguments.AddRange(["--min-trainers", Number(options.Membership.MinTrainers), "--start-trainers", Number(options.Membership.StartTrainers)]);
            if (place.Begin)
            {
                arguments.AddRange(options.Run.Resume ? ["--continue"] : ["--recipe", RunDirectory.Of(options.Run.RunsDirectory, options.Run.Name).Recipe]);
            }
        }

        return arguments;
    }

    private static string Number(double value) => value.ToString(CultureInfo.InvariantCulture);
}
