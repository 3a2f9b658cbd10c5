namespace TiMix.Protocol.Values;

/// <summary>What a trainer may have done that it must not.</summary>
public enum OffenceKind
{
    /// <summary>
    /// Features or gradients that it gave are not finite. Honest where the run itself diverges: the same micro-batches are not finite elsewhere then.
    /// </summary>
    NotFinite,

    /// <summary>The part of the sum that it finished is not finite, though nobody knows of anything in it that is not.</summary>
    SumNotFinite,

    /// <summary>What it gave cannot be a part of the step: wrong counts, sizes or micro-batches, or no part at all.</summary>
    Malformed,

    /// <summary>Its state was not that of the others.</summary>
    OtherState,

    /// <summary>It stood still in a step that the others had done their part of.</summary>
    Stuck,
}

/// <summary>What a trainer says of a peer of its view, or of itself: that one is believed at once.</summary>
/// <param name="Trainer">Who did it.</param>
/// <param name="Kind">What.</param>
/// <param name="Step">The step, as applied steps before it.</param>
/// <param name="MicroBatches">Those that are concerned, ascending.</param>
/// <param name="What">In words, for people.</param>
public sealed record Accusation(string Trainer, OffenceKind Kind, long Step, IReadOnlyList<int> MicroBatches, string What);
