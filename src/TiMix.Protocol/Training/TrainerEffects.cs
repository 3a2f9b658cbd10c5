using TiMix.Protocol.Messages;
using TiMix.Protocol.Values;

namespace TiMix.Protocol.Training;

/// <summary>
/// What a trainer wants done. What touches the state is done in the order in which it was wanted, one after the other. Micro-batches,
/// versions of the teacher and captured states stay with the shell, by the keys they have here, until they are used or dropped.
/// </summary>
public static class TrainerEffects
{
    /// <summary>
    /// Compute something that changes nothing, so that the first step takes no longer than others; answered by <see cref="TrainerInputs.WarmedUp"/>.
    /// </summary>
    public sealed record WarmUp : IEffect;

    /// <summary>Fault injection: be unreachable for peers as well.</summary>
    public sealed record FallSilent(long Milliseconds) : IEffect;

    /// <summary>Fault injection: flip a bit of the parameters.</summary>
    public sealed record FlipBit : IEffect;

    /// <summary>Fault injection: from now on give the others what is wrong, or stand still.</summary>
    public sealed record Lie(LieKind Kind) : IEffect;

    /// <summary>End the whole process, whatever hangs in it; <paramref name="Reason"/> is for people.</summary>
    public sealed record EndProcess(LossReason Reason, bool ForGood) : IEffect;

    /// <summary>End this trainer: the node may leave.</summary>
    public sealed record Leave : IEffect;

    /// <summary>Link to the peers of a view; answered by <see cref="TrainerInputs.LinksStand"/> or <see cref="TrainerInputs.PeersLost"/>.</summary>
    public sealed record Link(View View) : IEffect;

    /// <summary>
    /// Link to the peers of a view beside the links that there are; answered by <see cref="TrainerInputs.LinksStand"/> or
    /// <see cref="TrainerInputs.PeersLost"/>.
    /// </summary>
    public sealed record LinkAhead(View View) : IEffect;

    /// <summary>Break the links that were made ahead.</summary>
    public sealed record UnlinkAhead : IEffect;

    /// <summary>The links that were made ahead take the place of the others, which break when what waits for them is over.</summary>
    public sealed record GoOver : IEffect;

    /// <summary>
    /// Do to the state what a step did to that of the trainer that offers its sum; answered by <see cref="TrainerInputs.StateFollowed"/>.
    /// </summary>
    public sealed record FollowStep(StateMessages.SumOffered Offer) : IEffect;

    /// <summary>Break all links, which also ends a step or a copy that waits for them.</summary>
    public sealed record Unlink : IEffect;

    /// <summary>Make sure of the state that a view begins with; answered by <see cref="TrainerInputs.StateObtained"/>.</summary>
    public sealed record VerifyState(long Generation) : IEffect;

    /// <summary>Draw a state from the run's seed; answered by <see cref="TrainerInputs.StateObtained"/>.</summary>
    public sealed record DrawState(long Generation) : IEffect;

    /// <summary>Restore a snapshot; answered by <see cref="TrainerInputs.StateObtained"/> or <see cref="TrainerInputs.SnapshotUnreadable"/>.</summary>
    public sealed record RestoreState(long Generation, string Directory) : IEffect;

    /// <summary>
    /// Fetch an offered state and take it over; answered by <see cref="TrainerInputs.StateObtained"/> or
    /// <see cref="TrainerInputs.StateNotObtained"/>.
    /// </summary>
    public sealed record AcceptState(StateMessages.StateOffered Offer) : IEffect;

    /// <summary>Hash the state; answered by <see cref="TrainerInputs.StateHashed"/>.</summary>
    public sealed record HashState : IEffect;

    /// <summary>Make a copy of the state for another trainer; answered by <see cref="TrainerInputs.StateCopied"/>.</summary>
    public sealed record CopyState(string To, long Generation) : IEffect;

    /// <summary>Keep a copy of the state for a snapshot; answered by <see cref="TrainerInputs.StateCaptured"/>.</summary>
    public sealed record CaptureState(long Step) : IEffect;

    /// <summary>
    /// Write the copy as a snapshot, beside everything else; answered by <see cref="TrainerInputs.SnapshotWritten"/> or
    /// <see cref="TrainerInputs.SnapshotNotWritten"/>.
    /// </summary>
    public sealed record WriteSnapshot(long Step) : IEffect;

    /// <summary>Try again to write what the audit lacks; answered by <see cref="TrainerInputs.AuditWritten"/>.</summary>
    public sealed record WriteAudit : IEffect;

    /// <summary>Fetch what a mixer offers and make a micro-batch of it; answered by <see cref="TrainerInputs.MicroBatchFetched"/>.</summary>
    public sealed record FetchMicroBatch(long Lineage, MicroBatchKey Key, IContent Samples) : IEffect;

    /// <summary>A micro-batch is not used any more.</summary>
    public sealed record DropMicroBatch(long Lineage, MicroBatchKey Key) : IEffect;

    /// <summary>
    /// A view begins: tell which versions of the teacher are in the state (<see cref="TrainerInputs.TeachersCollected"/>), and count the first step's
    /// time from here.
    /// </summary>
    public sealed record BeginView(long Lineage) : IEffect;

    /// <summary>
    /// Compute a step with the view's peers; answered by <see cref="TrainerInputs.StepComputed"/>, <see cref="TrainerInputs.StepBroken"/>
    /// or <see cref="TrainerInputs.StateDamaged"/>; what stage it is at is told by <see cref="TrainerInputs.Reached"/>.
    /// </summary>
    /// <param name="View">Who computes it.</param>
    /// <param name="Lineage">Of the micro-batches, and of the version of the teacher that the step may complete.</param>
    /// <param name="Step">Steps applied before it.</param>
    /// <param name="MicroBatches">The own ones.</param>
    /// <param name="Last">Whether to say in the gather that it is to be the last of the view.</param>
    /// <param name="Capture">Whether to keep a copy of the state right after it, for <see cref="WriteSnapshot"/>.</param>
    public sealed record Compute(View View, long Lineage, long Step, IReadOnlyList<MicroBatchKey> MicroBatches, bool Last, bool Capture) : IEffect
    {
        /// <summary>Whether to say in the gather that the next view begins after it.</summary>
        public bool GoesOver { get; init; }

        /// <summary>Who wants the step's sum, by address.</summary>
        public IReadOnlyList<string> Followers { get; init; } = [];
    }

    /// <summary>Have a version of the teacher wait for a mixer; answered by <see cref="TrainerInputs.TeacherPacked"/>.</summary>
    public sealed record PackTeacher(string To, long Lineage, long Version) : IEffect;

    /// <summary>No mixer will want this version any more.</summary>
    public sealed record DropTeacher(long Lineage, long Version) : IEffect;

    /// <summary>Nobody wants this any more.</summary>
    public sealed record Release(IContent Content) : IEffect;
}
