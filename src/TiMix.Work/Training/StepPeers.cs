using TiMix.Base;
using TiMix.Exchange.Reduction;
using TiMix.Learning.Steps;
using TiMix.Protocol.Values;

namespace TiMix.Work.Training;

/// <summary>Where a micro-batch comes from, for the audit and the reports.</summary>
/// <param name="Index">Place in the global batch.</param>
/// <param name="Epoch">From 0.</param>
/// <param name="Samples">[b] indices of its samples as drawn; a broken sample keeps its own, whatever stands in for it.</param>
/// <param name="Replacements">Samples that could not be used.</param>
public sealed record MicroBatchOrigin(int Index, int Epoch, IReadOnlyList<int> Samples, IReadOnlyList<Replacement> Replacements);

/// <summary>A micro-batch as it waits for its step.</summary>
public sealed record AssembledMicroBatch(MicroBatch Batch, MicroBatchOrigin Origin);

/// <summary>What one trainer gives to a step's gather.</summary>
/// <param name="Trainer">Whose.</param>
/// <param name="StateHash">XXH3 of its parameters and their average, as of its last step.</param>
/// <param name="Last">Whether it wants this step to be the last of the view.</param>
/// <param name="MicroBatches">Its own, ascending.</param>
public sealed record StepPart(string Trainer, ulong StateHash, bool Last, IReadOnlyList<(GatheredMicroBatch Batch, MicroBatchOrigin Origin)> MicroBatches)
{
    /// <summary>Whether it says that the next view begins after this step.</summary>
    public bool GoesOver { get; init; }
}

/// <summary>The trainers of a view, as one step sees them. All calls block the compute thread.</summary>
public interface IStepPeers
{
    /// <summary>Who takes part; null: this trainer alone, and nobody looks.</summary>
    View? View { get; }

    /// <summary>The parts of all trainers, in the view's order.</summary>
    /// <exception cref="IOException">A peer is gone; nothing of the step counts.</exception>
    /// <exception cref="StepSpoiltException">What a peer gave is no part at all.</exception>
    IReadOnlyList<StepPart> Gather(long step, StepPart own);

    /// <summary>Whose part a sum of <see cref="Reduce"/> is not finite by, as far as it can be seen here; nothing of this trainer's own.</summary>
    /// <param name="step">Counted from 0.</param>
    /// <param name="sum">As it was received.</param>
    IReadOnlyList<Accusation> Examine(long step, ReadOnlySpan<float> sum);

    /// <summary>The sum over all micro-batches of the view, from what each trainer has added up of its own.</summary>
    /// <param name="step">Counted from 0.</param>
    /// <param name="own">The leaves of this trainer's share are in it.</param>
    /// <param name="sum">Where it goes.</param>
    /// <exception cref="IOException">A peer is gone; the sum is not to be used.</exception>
    void Reduce(long step, TreeSum own, Span<float> sum);

    /// <summary>Ends a step early whose peers are gone.</summary>
    /// <exception cref="IOException">A peer is gone.</exception>
    void ThrowIfBroken();
}

/// <summary>A view of one trainer.</summary>
public sealed class NoPeers : IStepPeers
{
    /// <inheritdoc/>
    public View? View => null;

    /// <inheritdoc/>
    public IReadOnlyList<StepPart> Gather(long step, StepPart own) => [own];

    /// <inheritdoc/>
    public IReadOnlyList<Accusation> Examine(long step, ReadOnlySpan<float> sum) => [];

    /// <inheritdoc/>
    public void Reduce(long step, TreeSum own, Span<float> sum) => own.Result.CopyTo(sum);

    /// <inheritdoc/>
    public void ThrowIfBroken()
    {
    }
}

/// <summary>A step cannot be applied for what somebody, maybe this trainer itself, gave to it; the state is as before.</summary>
/// <param name="accused">Who gave what.</param>
/// <param name="difference">How states differ, for people; null: it is not that.</param>
public sealed class StepSpoiltException(IReadOnlyList<Accusation> accused, string? difference = null)
    : Exception(difference ?? string.Join("; ", accused.Select(one => one.What)))
{
    /// <summary>Who gave what.</summary>
    public IReadOnlyList<Accusation> Accused => accused;

    /// <summary>How states differ, for people; null: it is not that.</summary>
    public string? Difference => difference;
}

/// <summary>A trainer's own state is not what it was after its last step.</summary>
public sealed class StateDamagedException(string message) : Exception(message);
