using System.Diagnostics;
using TiMix.Protocol.Values;

namespace TiMix.Actors.Nodes;

/// <summary>What a node says of its own process.</summary>
internal static class OwnVitals
{
    /// <summary>As it is now.</summary>
    public static NodeVitals Of(NodeOptions node)
    {
        using var process = Process.GetCurrentProcess();
        return new NodeVitals(
            node.Roles, Environment.MachineName, Environment.ProcessId, node.Device, node.Threads, process.WorkingSet64,
            process.TotalProcessorTime.TotalSeconds,
            Math.Max(0, (TimeProvider.System.GetLocalNow() - process.StartTime).TotalSeconds));
    }
}
