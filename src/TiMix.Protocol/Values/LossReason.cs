using System.Text.Json.Serialization;

namespace TiMix.Protocol.Values;

/// <summary>Ways to be lost.</summary>
public enum LossKind
{
    /// <summary>It said nothing for a lease.</summary>
    Silent,

    /// <summary>A peer saw its link break, and it said nothing afterwards.</summary>
    LinkBroke,

    /// <summary>It was told to hold still and went on.</summary>
    DidNotHoldStill,

    /// <summary>It had no links or no state in time.</summary>
    NotReady,

    /// <summary>Somebody who knows said that its process is dead.</summary>
    ProcessDied,

    /// <summary>A new coordinator did not hear of it any more.</summary>
    DidNotComeBack,

    /// <summary>The run was continued with nobody alive.</summary>
    RunInterrupted,

    /// <summary>It went of its own accord.</summary>
    Left,

    /// <summary>It stood still in a step while the others waited for it.</summary>
    Stuck,

    /// <summary>It has harmed the run too often: its node is not taken in again.</summary>
    Offended,

    /// <summary>Something that a journal says and this version does not know; see <see cref="LossReason.Said"/>.</summary>
    Other,
}

/// <summary>Why a trainer does not belong to the run any more.</summary>
/// <param name="Kind">In a word.</param>
/// <param name="Seconds">How long it was <see cref="LossKind.Silent"/>, did not hold still or stood still; 0: does not apply.</param>
/// <param name="Said">Text of a <see cref="LossKind.Other"/>.</param>
[JsonConverter(typeof(LossReasonFormat))]
public sealed record LossReason(LossKind Kind, double Seconds = 0, string? Said = null)
{
    /// <summary>Whether such news may come when the next process of the node is up already; only one that is heard of no more hangs.</summary>
    public bool MayConcernAnEarlierProcess => Kind is LossKind.ProcessDied or LossKind.DidNotComeBack or LossKind.Left or LossKind.RunInterrupted;

    /// <summary>Whether the trainer that it concerns, whatever it says later, is not heard any more: its process has to end.</summary>
    public bool EndsItsProcess => Kind is LossKind.Stuck or LossKind.Offended or LossKind.DidNotHoldStill;

    /// <inheritdoc/>
    public override string ToString() => LossReasonFormat.TextOf(this);
}
