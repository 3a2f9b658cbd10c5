using System.Text.Json;
using System.Text.Json.Serialization;
using TiMix.Learning.Objectives;
using TiMix.Protocol.Values;

namespace TiMix.Node.Operations;

/// <summary>What is kept of a step. Losses in nats, those with names in the order of <see cref="KnownObjectives.Losses"/>; times in seconds.</summary>
internal readonly record struct MetricPoint(
    long Step, float Loss, float[] Losses, float AlignmentAccuracy, float Temperature, float LearningRate,
    float GradientNorm, float MixRegulariser, float StepSeconds, float SamplesPerSecond, float ComputeSeconds, float ExchangeSeconds, float UpdateSeconds)
{
    /// <summary>What is left of the step: above all waiting for batches.</summary>
    public float WaitSeconds => Math.Max(0, StepSeconds - ComputeSeconds - ExchangeSeconds - UpdateSeconds);

    public static MetricPoint Of(StepReport step) => new(
        step.Step, (float)step.Loss, [.. KnownObjectives.Losses.Select(name => (float)step[name])], (float)step["alignmentAccuracy"],
        (float)step.Temperature, (float)step.LearningRate, (float)step.GradientNorm, (float)step[ContrastiveObjective.Regulariser], (float)step.StepSeconds,
        (float)step.SamplesPerSecond,
        (float)step.ComputeSeconds, (float)step.ExchangeSeconds, (float)step.UpdateSeconds);
}

/// <summary>
/// Steps as columns of the same length; where there are more steps than points, each point is the mean of equally many steps and bears the last one's
/// number.
/// </summary>
/// <param name="Steps">Their numbers.</param>
/// <param name="Columns">Name and values, in the order in which they are shown.</param>
[JsonConverter(typeof(MetricSeriesJson))]
internal sealed record MetricSeries(long[] Steps, IReadOnlyList<(string Name, float[] Values)> Columns)
{
    private static readonly (string Name, Func<MetricPoint, float> Of)[] All =
    [
        ("loss", point => point.Loss),
        .. KnownObjectives.Losses.Select((name, i) => (name, (Func<MetricPoint, float>)(point => point.Losses[i]))),
        ("alignmentAccuracy", point => point.AlignmentAccuracy),
        ("temperature", point => point.Temperature),
        ("learningRate", point => point.LearningRate),
        ("gradientNorm", point => point.GradientNorm),
        (ContrastiveObjective.Regulariser, point => point.MixRegulariser),
        ("stepSeconds", point => point.StepSeconds),
        ("samplesPerSecond", point => point.SamplesPerSecond),
        ("computeSeconds", point => point.ComputeSeconds),
        ("exchangeSeconds", point => point.ExchangeSeconds),
        ("updateSeconds", point => point.UpdateSeconds),
        ("waitSeconds", point => point.WaitSeconds),
    ];

    /// <summary>The column of that name.</summary>
    public float[] this[string name] => Columns.Single(column => column.Name == name).Values;

    /// <summary>The points from <paramref name="first"/> on.</summary>
    /// <param name="points">Ascending steps.</param>
    /// <param name="first">Index.</param>
    /// <param name="most">At least 1.</param>
    public static MetricSeries Of(IReadOnlyList<MetricPoint> points, int first, int most)
    {
        var count = points.Count - first;
        var size = Math.Max(1, (count + most - 1) / most);
        var ranges = Enumerable.Range(0, (count + size - 1) / size)
            .Select(i => (From: first + (i * size), To: Math.Min(points.Count, first + ((i + 1) * size)))).ToArray();
        float[] Means(Func<MetricPoint, float> of) => [.. ranges.Select(range =>
        {
            var sum = 0.0;
            for (var i = range.From; i < range.To; i++)
            {
                sum += of(points[i]);
            }

            return (float)(sum / (range.To - range.From));
        })];
        return new MetricSeries([.. ranges.Select(range => points[range.To - 1].Step)], [.. All.Select(column => (column.Name, Means(column.Of)))]);
    }
}

/// <summary>A series as an object of columns.</summary>
internal sealed class MetricSeriesJson : JsonConverter<MetricSeries>
{
    public override MetricSeries Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
        throw new NotSupportedException("Series are written only.");

    public override void Write(Utf8JsonWriter writer, MetricSeries value, JsonSerializerOptions options)
    {
        writer.WriteStartObject();
        writer.WritePropertyName("steps");
        JsonSerializer.Serialize(writer, value.Steps, options);
        foreach (var (name, values) in value.Columns)
        {
            writer.WritePropertyName(name);
            JsonSerializer.Serialize(writer, values, options);
        }

        writer.WriteEndObject();
    }
}
