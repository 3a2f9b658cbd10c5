using System.Text.Json.Serialization;

namespace TiMix.Protocol.Values;

/// <summary>What may call for another view.</summary>
public enum ViewCauseKind
{
    /// <summary>A trainer was lost; see <see cref="ViewCause.Loss"/>.</summary>
    TrainerLost,

    /// <summary>Links to trainers broke.</summary>
    LinkBroke,

    /// <summary>A trainer broke its step off.</summary>
    BrokeOff,

    /// <summary>A trainer has ended its part in the view.</summary>
    Stopped,

    /// <summary>The states of a proposed view's trainers are not the same.</summary>
    StatesDiffer,

    /// <summary>Trainers had other weights than most.</summary>
    Diverged,

    /// <summary>Trainers are accused by their peers, or by themselves.</summary>
    Accused,

    /// <summary>Trainers join.</summary>
    Joins,

    /// <summary>A trainer leaves.</summary>
    Leaves,

    /// <summary>Other shares would be faster.</summary>
    SpeedsChanged,

    /// <summary>The user has everybody hold still.</summary>
    Paused,

    /// <summary>The user has it go on.</summary>
    Continued,

    /// <summary>The user ends the run.</summary>
    RunStopped,

    /// <summary>Something that a journal says and this version does not know; see <see cref="ViewCause.Said"/>.</summary>
    Other,
}

/// <summary>Why a view came about.</summary>
/// <param name="Kind">In a word.</param>
/// <param name="Nodes">Whom it concerns.</param>
[JsonConverter(typeof(ViewCauseFormat))]
public sealed record ViewCause(ViewCauseKind Kind, params IReadOnlyList<string> Nodes)
{
    /// <summary>Of a <see cref="ViewCauseKind.TrainerLost"/>.</summary>
    public LossReason? Loss { get; init; }

    /// <summary>Text of an <see cref="ViewCauseKind.Other"/>.</summary>
    public string? Said { get; init; }

    /// <inheritdoc/>
    public bool Equals(ViewCause? other) =>
        other is not null && Kind == other.Kind && Nodes.SequenceEqual(other.Nodes) && Loss == other.Loss && Said == other.Said;

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(Kind, Nodes.Count, Loss, Said);

    /// <inheritdoc/>
    public override string ToString() => ViewCauseFormat.TextOf(this);
}
