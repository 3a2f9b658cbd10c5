using TiMix.Learning.Metrics;
using TiMix.Protocol.Values;

namespace TiMix.Node.Operations;

/// <summary>What is kept of a step. Losses in nats, times in seconds.</summary>
internal readonly record struct MetricPoint(
    long Step, float Loss, float Itc, float Mix, float Alignment, float Itm, float Mlm, float PrefixLm, float AlignmentAccuracy, float Temperature, float LearningRate,
    float GradientNorm, float MixRegulariser, float StepSeconds, float SamplesPerSecond, float ComputeSeconds, float ExchangeSeconds, float UpdateSeconds)
{
    /// <summary>What is left of the step: above all waiting for batches.</summary>
    public float WaitSeconds => Math.Max(0, StepSeconds - ComputeSeconds - ExchangeSeconds - UpdateSeconds);

    public static MetricPoint Of(StepReport step) => new(
        step.Step, (float)step.Loss, (float)step.Itc, (float)step.Mix, (float)step.Alignment, (float)step.Itm, (float)step.Mlm, (float)step.PrefixLm, (float)step.AlignmentAccuracy,
        (float)step.Temperature, (float)step.LearningRate, (float)step.GradientNorm, (float)step.MixRegulariser, (float)step.StepSeconds, (float)step.SamplesPerSecond,
        (float)step.ComputeSeconds, (float)step.ExchangeSeconds, (float)step.UpdateSeconds);
}

/// <summary>Steps as columns of the same length; where there are more steps than points, each point is the mean of equally many steps and bears the last one's number.</summary>
internal sealed record MetricSeries
{
    public required long[] Steps { get; init; }

    public required float[] Loss { get; init; }

    public required float[] Itc { get; init; }

    public required float[] Mix { get; init; }

    public required float[] Alignment { get; init; }

    public required float[] Itm { get; init; }

    public required float[] Mlm { get; init; }

    public required float[] PrefixLm { get; init; }

    public required float[] AlignmentAccuracy { get; init; }

    public required float[] Temperature { get; init; }

    public required float[] LearningRate { get; init; }

    public required float[] GradientNorm { get; init; }

    public required float[] MixRegulariser { get; init; }

    public required float[] StepSeconds { get; init; }

    public required float[] SamplesPerSecond { get; init; }

    public required float[] ComputeSeconds { get; init; }

    public required float[] ExchangeSeconds { get; init; }

    public required float[] UpdateSeconds { get; init; }

    public required float[] WaitSeconds { get; init; }

    /// <summary>The points from <paramref name="first"/> on.</summary>
    /// <param name="points">Ascending steps.</param>
    /// <param name="first">Index.</param>
    /// <param name="most">At least 1.</param>
    public static MetricSeries Of(IReadOnlyList<MetricPoint> points, int first, int most)
    {
        var count = points.Count - first;
        var size = Math.Max(1, (count + most - 1) / most);
        var ranges = Enumerable.Range(0, (count + size - 1) / size).Select(i => (From: first + (i * size), To: Math.Min(points.Count, first + ((i + 1) * size)))).ToArray();
        float[] Means(Func<MetricPoint, float> of) => [.. ranges.Select(range =>
        {
            var sum = 0.0;
            for (var i = range.From; i < range.To; i++)
            {
                sum += of(points[i]);
            }

            return (float)(sum / (range.To - range.From));
        })];
        return new MetricSeries
        {
            Steps = [.. ranges.Select(range => points[range.To - 1].Step)],
            Loss = Means(point => point.Loss),
            Itc = Means(point => point.Itc),
            Mix = Means(point => point.Mix),
            Alignment = Means(point => point.Alignment),
            Itm = Means(point => point.Itm),
            Mlm = Means(point => point.Mlm),
            PrefixLm = Means(point => point.PrefixLm),
            AlignmentAccuracy = Means(point => point.AlignmentAccuracy),
            Temperature = Means(point => point.Temperature),
            LearningRate = Means(point => point.LearningRate),
            GradientNorm = Means(point => point.GradientNorm),
            MixRegulariser = Means(point => point.MixRegulariser),
            StepSeconds = Means(point => point.StepSeconds),
            SamplesPerSecond = Means(point => point.SamplesPerSecond),
            ComputeSeconds = Means(point => point.ComputeSeconds),
            ExchangeSeconds = Means(point => point.ExchangeSeconds),
            UpdateSeconds = Means(point => point.UpdateSeconds),
            WaitSeconds = Means(point => point.WaitSeconds),
        };
    }
}
