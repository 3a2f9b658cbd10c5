namespace TiMix.Protocol.Values;

/// <summary>How a node fares, as it says itself.</summary>
/// <param name="Roles">What it does.</param>
/// <param name="Host">Name of its machine.</param>
/// <param name="ProcessId">There.</param>
/// <param name="Device">What it computes on.</param>
/// <param name="Threads">Compute threads of a trainer.</param>
/// <param name="ResidentBytes">Of its process.</param>
/// <param name="CpuSeconds">Of its process since it began.</param>
/// <param name="UpSeconds">Since its process began.</param>
public sealed record NodeVitals(
    IReadOnlyList<string> Roles, string Host, int ProcessId, string Device, int Threads, long ResidentBytes, double CpuSeconds, double UpSeconds);

/// <summary>A node that the coordinator has heard of.</summary>
/// <param name="Node">Its name.</param>
/// <param name="Vitals">As last heard; null: it has not said.</param>
/// <param name="HeardAgo">Milliseconds.</param>
public sealed record NodeDescription(string Node, NodeVitals? Vitals, long HeardAgo);
