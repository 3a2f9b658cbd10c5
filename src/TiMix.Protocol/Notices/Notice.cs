using System.Text.Json.Serialization;
using TiMix.Protocol.Faults;
using TiMix.Protocol.Values;

namespace TiMix.Protocol.Notices;

/// <summary>Something that the user should know, whoever says it. It becomes a sentence where it is shown.</summary>
public abstract record Notice
{
    private Notice()
    {
    }

    /// <summary>How loud it is.</summary>
    [JsonIgnore]
    public NoticeLevel Level => this switch
    {
        JournalRefused or PlainText => NoticeLevel.Error,
        CertificateEnds or StrangerTurnedAway or PeerIsAStranger or NotInCluster or NodeRefused or NodeGaveUp => NoticeLevel.Warning,
        AnotherClusterLeads or JournalUnreachable or Waiting { For.IsForHelpers: true } => NoticeLevel.Warning,
        SnapshotNotWritten or SnapshotNotSeen or SnapshotDamaged or SnapshotsAdopted or EvaluationFailed => NoticeLevel.Warning,
        WeightsDiffered or StatesDiffer or StateDamaged or AuditNotWritten or RecordsNotWritten or LittleRoom or DataProblem => NoticeLevel.Warning,
        TrainerPutOut => NoticeLevel.Error,
        TrainerCharged or NodesDisagree or GradientJumped => NoticeLevel.Warning,
        NodeDied { OnPurpose: false } or NodeDiedLeaving or NodeHangs or NodeIsNotBack or FaultHitsNobody => NoticeLevel.Warning,
        _ => NoticeLevel.Information,
    };

    /// <summary>A run that stood still goes on after a step.</summary>
    public sealed record Resumed(long Step, long Steps) : Notice;

    /// <summary>Nothing goes on.</summary>
    public sealed record Waiting(WaitReason For) : Notice;

    /// <summary>The journal knew nothing of the run; so many of its snapshots are there, the newest of this step.</summary>
    public sealed record SnapshotsAdopted(int Count, long Step) : Notice;

    /// <summary>A snapshot could not be written.</summary>
    public sealed record SnapshotNotWritten(long Step, string Error) : Notice;

    /// <summary>A trainer has written a snapshot, and the coordinator does not find it where it should be.</summary>
    public sealed record SnapshotNotSeen(long Step, string Node, string Place) : Notice;

    /// <summary>A snapshot is damaged, or away; the one before it is used.</summary>
    public sealed record SnapshotDamaged(string Error) : Notice;

    /// <summary>A snapshot could not be evaluated.</summary>
    public sealed record EvaluationFailed(long Step, string Error) : Notice;

    /// <summary>A trainer had other weights than the others after a step.</summary>
    public sealed record WeightsDiffered(string Node, long Step) : Notice;

    /// <summary>A coordinator's journal refuses: it steps down.</summary>
    public sealed record JournalRefused(string Error) : Notice;

    /// <summary>A coordinator waits: another cluster's works on the run.</summary>
    public sealed record AnotherClusterLeads(string Node) : Notice;

    /// <summary>A coordinator waits: its journal cannot be reached.</summary>
    public sealed record JournalUnreachable(string Error) : Notice;

    /// <summary>A coordinator that waited works.</summary>
    public sealed record CoordinatorGoesOn : Notice;

    /// <summary>Nodes talk in plain text, and whoever reaches them is believed.</summary>
    public sealed record PlainText : Notice;

    /// <summary>A certificate ends soon, or has ended.</summary>
    /// <param name="File">Of <c>--certificate</c>.</param>
    /// <param name="Day">Its last one.</param>
    /// <param name="DaysLeft">Until then; negative: it has ended.</param>
    public sealed record CertificateEnds(string File, string Day, int DaysLeft) : Notice;

    /// <summary>Somebody who does not have the cluster's key wanted in.</summary>
    public sealed record StrangerTurnedAway(string Host) : Notice;

    /// <summary>Where a node was, somebody listens who does not have the cluster's key.</summary>
    public sealed record PeerIsAStranger(string Address) : Notice;

    /// <summary>A node is not in its cluster yet.</summary>
    public sealed record NotInCluster(IReadOnlyList<JoinObstacle> Obstacles) : Notice;

    /// <summary>A node that wanted to take part was refused.</summary>
    public sealed record NodeRefused(string Node, string Address, JoinRefusal Why) : Notice;

    /// <summary>A node has ended, since it cannot serve the run.</summary>
    public sealed record NodeGaveUp(string Node, string Error) : Notice;

    /// <summary>A trainer's step was broken off: the states of its view are not the same.</summary>
    public sealed record StatesDiffer(string Node, string Error) : Notice;

    /// <summary>A trainer has spoilt a step, by its own word or by that of most others; the step is computed without it.</summary>
    public sealed record TrainerCharged(string Node, OffenceKind Kind, long Step, IReadOnlyList<string> AccusedBy) : Notice;

    /// <summary>A trainer accuses another one, and nobody can tell who is right.</summary>
    public sealed record NodesDisagree(string Node, string Other, OffenceKind Kind) : Notice;

    /// <summary>A trainer has harmed the run too often; its node is not taken in again until somebody resumes the run.</summary>
    /// <param name="Node">Its name.</param>
    /// <param name="Host">Name of its machine; null: it has not said.</param>
    /// <param name="Device">What it computes on; null: it has not said.</param>
    /// <param name="Kinds">What it did; empty: it and several others said different things.</param>
    /// <param name="Offences">How often.</param>
    public sealed record TrainerPutOut(string Node, string? Host, string? Device, IReadOnlyList<OffenceKind> Kinds, int Offences) : Notice;

    /// <summary>A step's gradient is much larger than those before it.</summary>
    public sealed record GradientJumped(long Step, double Norm, double Median) : Notice;

    /// <summary>A trainer's state is not what it was when it was written.</summary>
    public sealed record StateDamaged(string Node, string Error) : Notice;

    /// <summary>A trainer could not write a step into the audit.</summary>
    public sealed record AuditNotWritten(string Node, long Step, string Error) : Notice;

    /// <summary>The run's files cannot be written.</summary>
    public sealed record RecordsNotWritten(string Error) : Notice;

    /// <summary>Fewer snapshots have room where the run is kept than it has at once.</summary>
    /// <param name="Directory">Where runs are kept.</param>
    /// <param name="Free">Bytes.</param>
    /// <param name="Wanted">Bytes.</param>
    public sealed record LittleRoom(string Directory, long Free, long Wanted) : Notice;

    /// <summary>The sample corpus has been composed.</summary>
    public sealed record SampleComposed(string Directory) : Notice;

    /// <summary>The sample corpus's tasks have been composed.</summary>
    public sealed record SampleTasksComposed(string Directory) : Notice;

    /// <summary>There was a directory of that name, but no run in it.</summary>
    public sealed record BegunAnew(string Directory) : Notice;

    /// <summary>The run did not know what data it began with; those that are there are taken for them.</summary>
    public sealed record DataNoted(int Shards) : Notice;

    /// <summary>Something is wrong with the data.</summary>
    public sealed record DataProblem(string Where, string What) : Notice;

    /// <summary>The run does not start from its seed alone.</summary>
    /// <param name="Path">The file that it starts from.</param>
    /// <param name="Taken">Parameters that the file gives.</param>
    /// <param name="Seeded">Parameters that it lacks.</param>
    /// <param name="Unused">Its parameters that the model does not have.</param>
    public sealed record StartsFrom(string Path, int Taken, IReadOnlyList<string> Seeded, IReadOnlyList<string> Unused) : Notice;

    /// <summary>The run can be watched and steered at this address.</summary>
    public sealed record Served(string Url) : Notice;

    /// <summary>A node has left, as it was asked to.</summary>
    public sealed record NodeHasLeft(string Node) : Notice;

    /// <summary>A node died before it could leave.</summary>
    public sealed record NodeDiedLeaving(string Node, int ExitCode) : Notice;

    /// <summary>A node has died and starts again.</summary>
    /// <param name="Node">Its name.</param>
    /// <param name="ExitCode">Of its process.</param>
    /// <param name="Pause">Milliseconds until it starts again.</param>
    /// <param name="OnPurpose">A fault was injected.</param>
    /// <param name="LastLine">What it wrote last; null: nothing, or nothing that matters.</param>
    public sealed record NodeDied(string Node, int ExitCode, long Pause, bool OnPurpose, string? LastLine) : Notice;

    /// <summary>A node lives and is heard of no more: its process is ended.</summary>
    public sealed record NodeHangs(string Node, LossReason Reason) : Notice;

    /// <summary>A node that stood still on purpose goes on.</summary>
    public sealed record NodeGoesOn(string Node) : Notice;

    /// <summary>A node has not come back after its fault: its process is ended.</summary>
    public sealed record NodeIsNotBack(string Node) : Notice;

    /// <summary>A fault is injected.</summary>
    public sealed record FaultInjected(Fault Fault, string Node, long Step) : Notice;

    /// <summary>No living node is meant by a fault's target.</summary>
    public sealed record FaultHitsNobody(Fault Fault, IReadOnlyList<string> Living) : Notice;

    /// <summary>No more faults are injected.</summary>
    public sealed record FaultsOver : Notice;
}
