using System.Globalization;
using TiMix.Base;
using TiMix.Protocol.Launching;
using TiMix.Runs.Records;

namespace TiMix.Node.Launching;

/// <summary>The command line of a launched node's process.</summary>
internal static class NodeArguments
{
    /// <summary>Akka's settings for the members of a launched cluster, over those of every node.</summary>
    public static string ClusterConfig => Path.Combine(AppContext.BaseDirectory, "cluster-config", "launched.conf");

    /// <summary>The arguments of a node's process: <c>timix node …</c>.</summary>
    /// <param name="node">The node.</param>
    /// <param name="options">The cluster.</param>
    /// <param name="place">Where it is in it.</param>
    public static IReadOnlyList<string> Of(NodePlan node, LaunchOptions options, NodePlace place)
    {
        List<string> arguments =
        [
            "node", "--child", "--name", node.Name, "--roles", string.Join(',', node.Roles),
            "--listen", $"{LocalLauncher.Host}:{place.Port}", "--join", string.Join(',', place.Seeds),
            "--run", options.Run.Name, "--runs-dir", options.Run.RunsDirectory, "--data-dir", options.Run.DataDirectory,
            "--threads", Number(node.IsTrainer ? options.Run.Threads : 1),
            .. options.Config.Prepend(ClusterConfig).SelectMany(file => new[] { "--config", file }),
            "--lease", Number(options.Membership.Lease.TotalSeconds),
        ];
        if (node.Roles.Contains(NodeRoles.Coordinator))
        {
            arguments.AddRange(["--min-trainers", Number(options.Membership.MinTrainers), "--start-trainers", Number(options.Membership.StartTrainers),
                "--spares", Number(options.Membership.Spares), "--step-deadline", Number(options.Membership.StepDeadline.TotalSeconds)]);
            if (place.Begin)
            {
                arguments.AddRange(options.Run.Resume ? ["--continue"] : ["--recipe", RunDirectory.Of(options.Run.RunsDirectory, options.Run.Name).Recipe]);
            }
        }

        return arguments;
    }

    private static string Number(double value) => value.ToString(CultureInfo.InvariantCulture);
}
