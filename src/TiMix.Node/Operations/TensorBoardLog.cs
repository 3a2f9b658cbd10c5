using System.Buffers.Binary;
using System.Globalization;
using System.Numerics;
using Google.Protobuf;
using Tensorboard;
using TiMix.Learning.Objectives;
using TiMix.Protocol.Values;

namespace TiMix.Node.Operations;

/// <summary>
/// A run's numbers as an event file of TensorBoard: records of length, masked CRC-32C of it, event, masked CRC-32C of that
/// (TensorFlow's record format), each event a protocol buffer.
/// </summary>
internal static class TensorBoardLog
{
    private const string Version = "brain.Event:2";
    private const uint MaskDelta = 0xA282EAD8;

    /// <summary>Writes the only file of a directory, in place of earlier ones.</summary>
    /// <param name="directory">For TensorBoard's <c>--logdir</c>.</param>
    /// <param name="points">Steps, ascending.</param>
    /// <param name="evaluations">Ascending.</param>
    /// <param name="end">When the last step was done; the others lie before it by their durations.</param>
    /// <returns>The file.</returns>
    public static string Write(string directory, IReadOnlyList<MetricPoint> points, IReadOnlyList<EvaluationReport> evaluations, DateTimeOffset end)
    {
        Directory.CreateDirectory(directory);
        foreach (var old in Directory.GetFiles(directory, "events.out.tfevents.*"))
        {
            File.Delete(old);
        }

        var begin = (end.ToUnixTimeMilliseconds() / 1000.0) - points.Sum(point => (double)point.StepSeconds);
        var file = Path.Combine(directory, string.Create(CultureInfo.InvariantCulture, $"events.out.tfevents.{(long)begin}.timix"));
        using var stream = File.Create(file);
        Append(stream, new Event { WallTime = begin, FileVersion = Version });
        var (time, times) = (begin, new Dictionary<long, double>());
        foreach (var point in points)
        {
            time += point.StepSeconds;
            times[point.Step] = time;
            Append(stream, time, point.Step, Values(point));
        }

        foreach (var evaluation in evaluations)
        {
            Append(stream, times.GetValueOrDefault(evaluation.Step, time), evaluation.Step, Values(evaluation));
        }

        return file;
    }

    private static IEnumerable<(string Tag, double Value)> Values(MetricPoint point) =>
    [
        ("loss/total", point.Loss), .. KnownObjectives.Losses.Zip(point.Losses, (name, loss) => ($"loss/{name}", (double)loss)),
        ("step/learningRate", point.LearningRate), ("step/temperature", point.Temperature), ("step/gradientNorm", point.GradientNorm),
        ("step/seconds", point.StepSeconds), ("step/samplesPerSecond", point.SamplesPerSecond), ("step/waitSeconds", point.WaitSeconds),
    ];

    private static IEnumerable<(string Tag, double Value)> Values(EvaluationReport evaluation) =>
        evaluation.Splits.Concat(evaluation.TrainProbe is { } probe ? [probe] : [])
            .SelectMany(
                split => split.Metrics.OrderBy(metric => metric.Key, StringComparer.Ordinal).Select(metric => ($"{split.Split}/{metric.Key}", metric.Value)));

    private static void Append(Stream stream, double time, long step, IEnumerable<(string Tag, double Value)> values)
    {
        var summary = new Summary();
        summary.Value.AddRange(values.Select(value => new Summary.Types.Value { Tag = value.Tag, SimpleValue = (float)value.Value }));
        Append(stream, new Event { WallTime = time, Step = step, Summary = summary });
    }

    private static void Append(Stream stream, Event happened)
    {
        var data = happened.ToByteArray();
        Span<byte> length = stackalloc byte[8];
        BinaryPrimitives.WriteInt64LittleEndian(length, data.Length);
        stream.Write(length);
        WriteChecksum(stream, length);
        stream.Write(data);
        WriteChecksum(stream, data);
    }

    private static void WriteChecksum(Stream stream, ReadOnlySpan<byte> bytes)
    {
        Span<byte> checksum = stackalloc byte[4];
        BinaryPrimitives.WriteUInt32LittleEndian(checksum, MaskedCrc(bytes));
        stream.Write(checksum);
    }

    /// <summary>CRC-32C, turned and shifted so that the checksum of checksums is no checksum.</summary>
    internal static uint MaskedCrc(ReadOnlySpan<byte> bytes)
    {
        var crc = uint.MaxValue;
        foreach (var value in bytes)
        {
            crc = BitOperations.Crc32C(crc, value);
        }

        crc = ~crc;
        return BitOperations.RotateRight(crc, 15) + MaskDelta;
    }
}
