namespace TiMix.Protocol.Values;

/// <summary>One applied step. <c>Step</c> counts applied steps, so the first report says 1.</summary>
public sealed record StepReport(
    long Step,
    long Steps,
    int Epoch,
    double Loss,
    double Itc,
    double Mix,
    double Alignment,
    double AlignmentAccuracy,
    double Temperature,
    double LearningRate,
    double GradientNorm,
    double StepSeconds,
    double SamplesPerSecond,
    double MixRegulariser = 0)
{
    /// <summary>Image–text matching loss, nats; 0 where it is off.</summary>
    public double Itm { get; init; }

    /// <summary>Share of pairs judged right.</summary>
    public double ItmAccuracy { get; init; }

    /// <summary>Masked language modelling loss, nats a word; 0 where it is off.</summary>
    public double Mlm { get; init; }

    /// <summary>Share of hidden words found.</summary>
    public double MlmAccuracy { get; init; }

    /// <summary>Prefix language modelling loss, nats a word; 0 where it is off.</summary>
    public double PrefixLm { get; init; }

    /// <summary>Of the reporting trainer: its own micro-batches, forward and backward.</summary>
    public double ComputeSeconds { get; init; }

    /// <summary>Of the reporting trainer: gather and all-reduce, waiting for its peers included.</summary>
    public double ExchangeSeconds { get; init; }

    /// <summary>Of the reporting trainer: optimizer, averages, check of the weights. What is left of the step is waiting, above all for batches.</summary>
    public double UpdateSeconds { get; init; }
}
