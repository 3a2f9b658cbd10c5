using TiMix.Actors.Coordination;
using TiMix.Actors.Runs;
using TiMix.Data;
using View = TiMix.Actors.Coordination.View;
using TiMix.Exchange.Bundles;
using TiMix.Learning;

namespace TiMix.Actors.Messages;

/// <summary>Everything that may travel between actors or into the journal; bound to <see cref="TiMixSerializer"/>.</summary>
public interface ITiMixMessage;

/// <summary>Mixer to loader, and back.</summary>
public static class LoaderMessages
{
    /// <summary>Asks for one micro-batch of clean, augmented samples.</summary>
    public sealed record Load(long Step, int MicroBatch) : ITiMixMessage;

    /// <summary>The bundle holds pixels, tokens and regions.</summary>
    public sealed record Loaded(long Step, int MicroBatch, BundleReference Samples, int Epoch, IReadOnlyList<Replacement> Replacements) : ITiMixMessage;

    /// <summary>The data cannot give this micro-batch, and asking again would not help.</summary>
    public sealed record LoadFailed(long Step, int MicroBatch, string Reason) : ITiMixMessage;
}

/// <summary>Trainer to mixer, and back.</summary>
public static class MixerMessages
{
    /// <summary>Asks for one micro-batch with its mix plan and the teacher's features.</summary>
    public sealed record Mix(long Generation, long Step, int MicroBatch) : ITiMixMessage;

    /// <summary>The loader's samples, and what the teacher made of them.</summary>
    public sealed record Mixed(
        long Generation, long Step, int MicroBatch, BundleReference Samples, BundleReference Teacher, MixPlan Plan, int Epoch, IReadOnlyList<Replacement> Replacements) : ITiMixMessage;

    /// <summary>See <see cref="LoaderMessages.LoadFailed"/>.</summary>
    public sealed record MixFailed(long Generation, long Step, int MicroBatch, string Reason) : ITiMixMessage;

    /// <summary>A mixer that lacks a version asks for it; the trainer answers when it has it.</summary>
    public sealed record WantTeacher(long Version) : ITiMixMessage;

    /// <summary>A version of the teacher; the bundle holds its parameters.</summary>
    public sealed record TeacherPublished(long Version, BundleReference Parameters) : ITiMixMessage;
}

/// <summary>Coordinator to trainer.</summary>
public static class TrainerMessages
{
    /// <summary>Train from this view on; <paramref name="Snapshot"/> is the directory to start from, null: from the seed.</summary>
    public sealed record InstallView(View View, string? Snapshot) : ITiMixMessage;

    /// <summary>Finish the current step, take a snapshot, stop.</summary>
    public sealed record Drain : ITiMixMessage;
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

/// <summary>Anyone to the monitor, which keeps the run's files and shows it to the user.</summary>
public static class MonitorMessages
{
    /// <summary>A step was applied.</summary>
    public sealed record StepApplied(StepReport Report, IReadOnlyList<Replacement> Replacements) : ITiMixMessage;

    /// <summary>A view begins after <paramref name="FromStep"/> applied steps; later lines of the metrics are void.</summary>
    public sealed record ViewBegan(long Generation, long FromStep) : ITiMixMessage;

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
