using TiMix.Actors.Coordination;

namespace TiMix.Actors.Messages;

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

/// <summary>Where the run and all who serve it stand, as the coordinator knows it.</summary>
/// <param name="Status">Of the run.</param>
/// <param name="Held">Everybody holds still because the user wants it.</param>
/// <param name="Waiting">Why nothing goes on; null: it does.</param>
/// <param name="Progress">Steps applied, a little behind.</param>
/// <param name="Generation">Of the newest view.</param>
/// <param name="Resumes">How often the run was continued.</param>
/// <param name="PauseReason">Why it stands still.</param>
/// <param name="Fingerprint">At the end.</param>
/// <param name="View">Who trains; null: nobody does.</param>
/// <param name="Nodes">By name.</param>
/// <param name="Trainers">By node.</param>
/// <param name="Snapshots">That count, oldest first.</param>
/// <param name="Changes">The newest views that were proposed, oldest first.</param>
public sealed record ClusterDescription(
    RunStatus Status,
    bool Held,
    string? Waiting,
    long Progress,
    long Generation,
    int Resumes,
    string? PauseReason,
    string? Fingerprint,
    View? View,
    IReadOnlyList<NodeDescription> Nodes,
    IReadOnlyList<TrainerStatus> Trainers,
    IReadOnlyList<CommittedSnapshot> Snapshots,
    IReadOnlyList<ViewChange> Changes) : ITiMixMessage;
