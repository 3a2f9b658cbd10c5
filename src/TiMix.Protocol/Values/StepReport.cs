using System.Text.Json.Serialization;
using TiMix.Base;

namespace TiMix.Protocol.Values;

/// <summary>One applied step, as metrics.jsonl has it (<see cref="StepReportJson"/>).</summary>
/// <param name="Step">Counts applied steps, so the first report says 1.</param>
/// <param name="Steps">Of the whole run.</param>
/// <param name="Epoch">The step's.</param>
/// <param name="Loss">Weighted sum that was minimised, nats.</param>
/// <param name="Values">Losses in nats and shares that were right, by name; what is switched off is 0.</param>
/// <param name="Temperature">τ after the step.</param>
/// <param name="LearningRate">That was used.</param>
/// <param name="GradientNorm">Before clipping.</param>
/// <param name="StepSeconds">From the end of the step before to the end of this one.</param>
/// <param name="SamplesPerSecond">In that time.</param>
[JsonConverter(typeof(StepReportJson))]
public sealed record StepReport(
    long Step, long Steps, int Epoch, double Loss, Named<double> Values, double Temperature, double LearningRate, double GradientNorm, double StepSeconds,
    double SamplesPerSecond)
{
    /// <summary>Of the reporting trainer: its own micro-batches, forward and backward.</summary>
    public double ComputeSeconds { get; init; }

    /// <summary>Of the reporting trainer: gather and all-reduce, waiting for its peers included.</summary>
    public double ExchangeSeconds { get; init; }

    /// <summary>Of the reporting trainer: optimizer, averages, check of the weights. What is left of the step is waiting, above all for batches.</summary>
    public double UpdateSeconds { get; init; }

    /// <summary>The value of that name; 0 where there is none.</summary>
    public double this[string name] => Values[name];
}
