using TiMix.Base;
using TiMix.Exchange.Reduction;
using TiMix.Learning.Steps;

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
public sealed record StepPart(string Trainer, ulong StateHash, bool Last, IReadOnlyList<(GatheredMicroBatch Batch, MicroBatchOrigin Origin)> MicroBatches);

/// <summary>The trainers of a view, as one step sees them. All calls block the compute thread.</summary>
public interface IStepPeers
{
    /// <summary>The parts of all trainers, in the view's order.</summary>
    /// <exception cref="IOException">A peer is gone; nothing of the step counts.</exception>
    IReadOnlyList<StepPart> Gather(long step, StepPart own);

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
    public IReadOnlyList<StepPart> Gather(long step, StepPart own) => [own];

    /// <inheritdoc/>
    public void Reduce(long step, TreeSum own, Span<float> sum) => own.Result.CopyTo(sum);

    /// <inheritdoc/>
    public void ThrowIfBroken()
    {
    }
}

/// <summary>Replicas that should have the same bits do not.</summary>
public sealed class ReplicasDifferException(string message) : Exception(message);

/// <summary>A trainer's own state is not what it was after its last step.</summary>
public sealed class StateDamagedException(string message) : Exception(message);
