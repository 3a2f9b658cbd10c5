using TiMix.Protocol.Values;

namespace TiMix.Protocol.Messages;

/// <summary>Coordinator to evaluator, and back.</summary>
public static class EvaluatorMessages
{
    /// <summary>Asks for the metrics of a snapshot.</summary>
    public sealed record Evaluate(long Step, string Snapshot, IReadOnlyList<string> Splits) : ITiMixMessage;

    /// <summary>The metrics.</summary>
    public sealed record Evaluated(EvaluationReport Report) : ITiMixMessage;

    /// <summary>
    /// The data or the snapshot cannot be evaluated. <paramref name="Damaged"/>: the snapshot, as it was ordered, cannot be read; null: it is not
    /// that.
    /// </summary>
    public sealed record EvaluationFailed(long Step, string Reason, string? Damaged = null) : ITiMixMessage;
}
