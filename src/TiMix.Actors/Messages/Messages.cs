using TiMix.Actors.Coordination;
using TiMix.Actors.Runs;
using TiMix.Data;
using TiMix.Exchange.Bundles;
using TiMix.Learning.Mixing;
using TiMix.Learning.Model;
using TiMix.Learning.Steps;

namespace TiMix.Actors.Messages;

/// <summary>Everything that may travel between actors or into the journal; bound to <see cref="TiMixSerializer"/>.</summary>
public interface ITiMixMessage;

/// <summary>Nodes and the coordinator, about the run and who serves it.</summary>
public static class NodeMessages
{
    /// <summary>A node asks what the run is, and says again every second how it fares.</summary>
    public sealed record DescribeRun(string Node, NodeVitals? Vitals = null) : ITiMixMessage;

    /// <summary>Somebody asks for a <see cref="ClusterDescription"/>.</summary>
    public sealed record DescribeCluster : ITiMixMessage;

    /// <summary>Coordinator to node: leave as soon as it harms nobody.</summary>
    public sealed record LeaveRun : ITiMixMessage;

    /// <summary>What a node has to know before it can serve. <paramref name="Recipe"/> is the canonical text.</summary>
    public sealed record RunDescription(string Run, string Recipe, ModelConfig Model) : ITiMixMessage;

    /// <summary>A loader, mixer or evaluator says that it is there; repeated every second.</summary>
    public sealed record ServiceStatus(string Node, string Role) : ITiMixMessage;

    /// <summary>Who is there, as actor paths by role. A role without anybody leaves what is known of it as it was.</summary>
    public sealed record Roster(IReadOnlyList<string> Loaders, IReadOnlyList<string> Mixers, IReadOnlyDictionary<string, string> Trainers) : ITiMixMessage;

    /// <summary>The run is over; whoever hears it ends.</summary>
    public sealed record RunOver(RunOutcome Outcome, string? Error) : ITiMixMessage;

    /// <summary>Somebody wants to see the run; repeated every second.</summary>
    public sealed record Subscribe(string Node) : ITiMixMessage;

    /// <summary>Whoever subscribed is going to see what happens from now on.</summary>
    public sealed record Subscribed(string Run) : ITiMixMessage;
}

/// <summary>Mixer to loader, and back.</summary>
public static class LoaderMessages
{
    /// <summary>Asks for one micro-batch of clean, augmented samples.</summary>
    public sealed record Load(long Step, int MicroBatch) : ITiMixMessage;

    /// <summary>The bundle holds pixels, tokens and regions.</summary>
    public sealed record Loaded(long Step, int MicroBatch, BundleReference Samples, int Epoch, IReadOnlyList<int> Indices, IReadOnlyList<Replacement> Replacements) : ITiMixMessage;

    /// <summary>The data cannot give this micro-batch, and asking again would not help.</summary>
    public sealed record LoadFailed(long Step, int MicroBatch, string Reason) : ITiMixMessage;
}

/// <summary>Trainer to mixer, and back. A lineage is the oldest generation whose states count; teachers of an older one do not.</summary>
public static class MixerMessages
{
    /// <summary>Asks for one micro-batch with its mix plan and the teacher's features.</summary>
    public sealed record Mix(long Lineage, long Step, int MicroBatch) : ITiMixMessage;

    /// <summary>The loader's samples, and what the teacher made of them.</summary>
    public sealed record Mixed(
        long Lineage, long Step, int MicroBatch, BundleReference Samples, BundleReference Teacher, MixPlan Plan, int Epoch, IReadOnlyList<int> Indices, IReadOnlyList<Replacement> Replacements) : ITiMixMessage;

    /// <summary>See <see cref="LoaderMessages.LoadFailed"/>.</summary>
    public sealed record MixFailed(long Lineage, long Step, int MicroBatch, string Reason) : ITiMixMessage;

    /// <summary>A mixer that lacks a version asks for it; the trainer answers when it has it.</summary>
    public sealed record WantTeacher(long Lineage, long Version) : ITiMixMessage;

    /// <summary>A version of the teacher; the bundle holds its parameters.</summary>
    public sealed record TeacherPublished(long Lineage, long Version, BundleReference Parameters) : ITiMixMessage;
}

/// <summary>Trainer to trainer, while neither computes.</summary>
public static class StateMessages
{
    /// <summary>Asks for the whole state as of a step, if it is of this lineage.</summary>
    public sealed record WantState(long Generation, long Step, long Lineage) : ITiMixMessage;

    /// <summary>The state, one bundle a buffer, and XXH3 of all of it.</summary>
    public sealed record StateOffered(long Generation, long Step, string Hash, IReadOnlyDictionary<string, BundleReference> Buffers) : ITiMixMessage;
}

/// <summary>Coordinator to trainer, about snapshots.</summary>
public static class SnapshotMessages
{
    /// <summary>The coordinator has dealt with the report of a snapshot.</summary>
    public sealed record Acknowledged(long Step) : ITiMixMessage;
}

/// <summary>Coordinator to evaluator, and back.</summary>
public static class EvaluatorMessages
{
    /// <summary>Asks for the metrics of a snapshot.</summary>
    public sealed record Evaluate(long Step, string Snapshot, IReadOnlyList<string> Splits) : ITiMixMessage;

    /// <summary>The metrics.</summary>
    public sealed record Evaluated(EvaluationReport Report) : ITiMixMessage;

    /// <summary>The data or the snapshot cannot be evaluated.</summary>
    public sealed record EvaluationFailed(long Step, string Reason) : ITiMixMessage;
}

/// <summary>To the monitor, which keeps the run's files, and from there to whoever looks on.</summary>
public static class MonitorMessages
{
    /// <summary>A step was applied. <paramref name="Oldest"/>: the trainer has no report of an earlier step.</summary>
    public sealed record StepApplied(StepReport Report, IReadOnlyList<Replacement> Replacements, bool Oldest) : ITiMixMessage;

    /// <summary>All steps up to this one are written down; the next is wanted.</summary>
    public sealed record Recorded(long Step) : ITiMixMessage;

    /// <summary>A view holds; lines of later steps in the metrics are void.</summary>
    public sealed record ViewBegan(ViewChange Change) : ITiMixMessage;

    /// <summary>A trainer has been put out.</summary>
    public sealed record TrainerLost(string Node, string Reason) : ITiMixMessage;

    /// <summary>A snapshot counts.</summary>
    public sealed record SnapshotCommitted(long Step, string Directory) : ITiMixMessage;

    /// <summary>An evaluation counts.</summary>
    public sealed record Evaluated(EvaluationReport Report) : ITiMixMessage;

    /// <summary>Something the user should know.</summary>
    public sealed record Note(NoticeLevel Level, string Text) : ITiMixMessage;

    /// <summary>The run enters a phase.</summary>
    public sealed record Phase(string Text) : ITiMixMessage;

    /// <summary>The run is over.</summary>
    public sealed record Over(RunOutcome Outcome, string? Fingerprint, string? Error, int Resumes) : ITiMixMessage;
}
