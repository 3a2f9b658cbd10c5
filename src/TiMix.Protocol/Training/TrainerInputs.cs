using TiMix.Base;
using TiMix.Protocol.Messages;
using TiMix.Protocol.Values;

namespace TiMix.Protocol.Training;

/// <summary>What a trainer hears of its work and from its node, besides messages and the time.</summary>
public static class TrainerInputs
{
    /// <summary>The trainer begins; comes first.</summary>
    public sealed record Started : IInput;

    /// <summary>Answers <see cref="TrainerEffects.WarmUp"/>.</summary>
    public sealed record WarmedUp : IInput;

    /// <summary>The node is to leave as soon as that harms nobody.</summary>
    public sealed record AskedToLeave : IInput;

    /// <summary>Fault injection: for so long nothing is heard or said.</summary>
    public sealed record Deafened(long Milliseconds) : IInput;

    /// <summary>Fault injection: a bit of the parameters is to flip.</summary>
    public sealed record AskedToFlip : IInput;

    /// <summary>Fault injection: from its next step on the trainer gives the others what is wrong, or stands still.</summary>
    public sealed record AskedToLie(LieKind Kind) : IInput;

    /// <summary>The step that is being computed has come so far.</summary>
    public sealed record Reached(StepStage Stage) : IInput;

    /// <summary>The links of a view stand; answers <see cref="TrainerEffects.Link"/>.</summary>
    public sealed record LinksStand(long Generation) : IInput;

    /// <summary>Links of a view broke.</summary>
    public sealed record PeersLost(long Generation, IReadOnlyList<string> Peers) : IInput;

    /// <summary>The state of a view is here, and its hash; answers each effect that is to come by one.</summary>
    public sealed record StateObtained(long Generation, long Step, string Hash) : IInput;

    /// <summary>The state of a view could not be come by. <paramref name="Untouched"/>: the one that was there before still is.</summary>
    public sealed record StateNotObtained(long Generation, bool Untouched) : IInput;

    /// <summary>Answers <see cref="TrainerEffects.FollowStep"/>; not <paramref name="Right"/>: the sum was gone, or has led to another state.</summary>
    public sealed record StateFollowed(long Generation, long Step, bool GoesOver, bool Right) : IInput;

    /// <summary>A snapshot could not be restored; <paramref name="Reason"/> is for people.</summary>
    public sealed record SnapshotUnreadable(long Generation, string Directory, string Reason) : IInput;

    /// <summary>The state was intact, and this is its hash; answers <see cref="TrainerEffects.HashState"/>.</summary>
    public sealed record StateHashed(string Hash) : IInput;

    /// <summary>The state was not what it was when it was written; <paramref name="Error"/> is for people. The work that found it is over.</summary>
    public sealed record StateDamaged(StateUse During, string Error) : IInput;

    /// <summary>The state was intact, and a copy of it waits to be fetched; answers <see cref="TrainerEffects.CopyState"/>.</summary>
    public sealed record StateCopied(string To, StateMessages.StateOffered Offer) : IInput;

    /// <summary>
    /// The state was intact, and a copy is kept for <see cref="TrainerEffects.WriteSnapshot"/>; answers <see cref="TrainerEffects.CaptureState"/>.
    /// </summary>
    public sealed record StateCaptured(long Step) : IInput;

    /// <summary>A snapshot is complete on disk.</summary>
    public sealed record SnapshotWritten(long Step, string Directory, string Fingerprint) : IInput;

    /// <summary>A snapshot could not be written; <paramref name="Reason"/> is for people.</summary>
    public sealed record SnapshotNotWritten(long Step, string Reason) : IInput;

    /// <summary>Answers <see cref="TrainerEffects.WriteAudit"/>: the audit has all steps up to this one; -1: it still lacks some.</summary>
    public sealed record AuditWritten(long Through) : IInput;

    /// <summary>A micro-batch is here, or was gone before it could be fetched; answers <see cref="TrainerEffects.FetchMicroBatch"/>.</summary>
    public sealed record MicroBatchFetched(long Lineage, MicroBatchKey Key, bool Here) : IInput;

    /// <summary>A step was applied; answers <see cref="TrainerEffects.Compute"/>.</summary>
    /// <param name="Step">Steps applied now.</param>
    /// <param name="Last">Whether the gather said that it was the last of the view.</param>
    /// <param name="OwnSeconds">Spent on the own micro-batches, without waiting for anybody.</param>
    /// <param name="Report">Of the step.</param>
    /// <param name="Replacements">Samples of the step that could not be used.</param>
    /// <param name="Published">The version of the teacher that the step completed and that is now kept; null: none.</param>
    /// <param name="Captured">Whether a copy of the state is kept for <see cref="TrainerEffects.WriteSnapshot"/>.</param>
    /// <param name="AuditFailure">Why the step is not in the audit, for people; null: it is.</param>
    public sealed record StepComputed(
        long Step, bool Last, double OwnSeconds, StepReport Report, IReadOnlyList<Replacement> Replacements, long? Published, bool Captured,
        string? AuditFailure) : IInput
    {
        /// <summary>Whether the gather said that the next view begins after it.</summary>
        public bool GoesOver { get; init; }

        /// <summary>XXH3 of parameters and average after it; only where there are <see cref="Sums"/>.</summary>
        public string Hash { get; init; } = "";

        /// <summary>For each of those who follow: its address, and the step's sum.</summary>
        public IReadOnlyList<(string To, IContent Sum)> Sums { get; init; } = [];
    }

    /// <summary>
    /// A step was not applied: peers are gone, or states differ: <paramref name="Difference"/>, for people, says how. Answers
    /// <see cref="TrainerEffects.Compute"/>.
    /// </summary>
    public sealed record StepBroken(IReadOnlyList<string> Suspects, string? Difference) : IInput
    {
        /// <summary>Whose part spoilt it, this trainer's own among them.</summary>
        public IReadOnlyList<Accusation> Accused { get; init; } = [];
    }

    /// <summary>Which versions of the teacher are kept with the state; answers <see cref="TrainerEffects.BeginView"/>.</summary>
    public sealed record TeachersCollected(long Lineage, IReadOnlyList<long> Versions) : IInput;

    /// <summary>A version of the teacher waits to be fetched by a mixer; answers <see cref="TrainerEffects.PackTeacher"/>.</summary>
    public sealed record TeacherPacked(string To, long Lineage, long Version, IContent Parameters) : IInput;
}

/// <summary>What finds out that a state is damaged. Nothing uses one that it has not found intact first.</summary>
public enum StateUse
{
    /// <summary>A step, before it gives its gradients away.</summary>
    Step,

    /// <summary>The hash that the trainer holds still with.</summary>
    Hash,

    /// <summary>The hash of a state that is kept for a view, or taken over for it.</summary>
    Obtain,

    /// <summary>A copy for another trainer.</summary>
    Copy,

    /// <summary>A copy for a snapshot.</summary>
    Capture,
}
