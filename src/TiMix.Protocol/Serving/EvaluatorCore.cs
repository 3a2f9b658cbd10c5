using TiMix.Protocol.Messages;
using TiMix.Protocol.Values;

namespace TiMix.Protocol.Serving;

/// <summary>What an evaluator decides: each step's snapshot that is asked for is evaluated once at a time, and whoever asked last is answered.</summary>
public sealed class EvaluatorCore
{
    private readonly Dictionary<long, string> _askers = [];

    /// <summary>Decides what follows from an input.</summary>
    /// <param name="input">What has happened.</param>
    /// <param name="now">Milliseconds of any one clock.</param>
    public IReadOnlyList<IEffect> Handle(IInput input, long now) => input switch
    {
        Received { From: var from, Message: EvaluatorMessages.Evaluate request } => Accept(from, request),
        EvaluatorInputs.Evaluated evaluated => Answer(evaluated.Report.Step, new EvaluatorMessages.Evaluated(evaluated.Report)),
        EvaluatorInputs.Failed failed => Answer(failed.Step, new EvaluatorMessages.EvaluationFailed(failed.Step, failed.Reason, failed.Damaged)),
        _ => [],
    };

    private IReadOnlyList<IEffect> Accept(string asker, EvaluatorMessages.Evaluate request)
    {
        var isNew = !_askers.ContainsKey(request.Step);
        _askers[request.Step] = asker;
        return isNew ? [new EvaluatorEffects.Evaluate(request.Step, request.Snapshot, request.Splits)] : [];
    }

    private IReadOnlyList<IEffect> Answer(long step, ITiMixMessage answer) => _askers.Remove(step, out var asker) ? [new Send(asker, answer)] : [];
}

/// <summary>What an evaluator wants done.</summary>
public static class EvaluatorEffects
{
    /// <summary>Evaluate a snapshot after those before; answered by one of <see cref="EvaluatorInputs"/>.</summary>
    public sealed record Evaluate(long Step, string Snapshot, IReadOnlyList<string> Splits) : IEffect;
}

/// <summary>What an evaluator hears of its work.</summary>
public static class EvaluatorInputs
{
    /// <summary>The metrics.</summary>
    public sealed record Evaluated(EvaluationReport Report) : IInput;

    /// <summary>
    /// The data or the snapshot cannot be evaluated. <paramref name="Damaged"/>: the snapshot, as it was ordered, cannot be read; null: it is not
    /// that.
    /// </summary>
    public sealed record Failed(long Step, string Reason, string? Damaged = null) : IInput;
}
