namespace TiMix.Protocol.Values;

/// <summary>Metrics of one split; keys as in <c>summary.json</c> (imageToTextR1 …).</summary>
public sealed record SplitEvaluation(string Split, int Pairs, IReadOnlyDictionary<string, double> Metrics);

/// <summary>
/// What the evaluator found at one step. <paramref name="TrainProbe"/> is a fixed part of the training samples, un-augmented, with
/// the theory's metrics alone; null where there is none.
/// </summary>
public sealed record EvaluationReport(long Step, IReadOnlyList<SplitEvaluation> Splits, SplitEvaluation? TrainProbe = null);
