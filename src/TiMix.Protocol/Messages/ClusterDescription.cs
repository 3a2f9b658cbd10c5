using TiMix.Protocol.Values;

namespace TiMix.Protocol.Messages;

/// <summary>Where the run and all who serve it stand, as the coordinator knows it.</summary>
/// <param name="Status">Of the run.</param>
/// <param name="Paused">Everybody holds still because the user wants it.</param>
/// <param name="Waiting">Why nothing goes on; null: it does.</param>
/// <param name="Progress">Steps applied, a little behind.</param>
/// <param name="Generation">Of the newest view.</param>
/// <param name="Resumes">How often the run was resumed.</param>
/// <param name="StopReason">Why it stands still.</param>
/// <param name="Fingerprint">At the end.</param>
/// <param name="View">Who trains; null: nobody does.</param>
/// <param name="Nodes">By name.</param>
/// <param name="Trainers">By node.</param>
/// <param name="Snapshots">That count, oldest first.</param>
/// <param name="Changes">The newest views that were proposed, oldest first.</param>
/// <param name="WaitingFor">Milliseconds for which it has waited for that.</param>
/// <param name="Leader">The coordinator's node.</param>
public sealed record ClusterDescription(
    RunStatus Status,
    bool Paused,
    WaitReason? Waiting,
    long Progress,
    long Generation,
    int Resumes,
    StopReason? StopReason,
    string? Fingerprint,
    View? View,
    IReadOnlyList<NodeDescription> Nodes,
    IReadOnlyList<TrainerStatus> Trainers,
    IReadOnlyList<CommittedSnapshot> Snapshots,
    IReadOnlyList<ViewChange> Changes,
    long WaitingFor = 0,
    string? Leader = null) : ITiMixMessage
{
    /// <summary>Nodes that have harmed the run, by name.</summary>
    public IReadOnlyList<Offender> Offenders { get; init; } = [];
}
