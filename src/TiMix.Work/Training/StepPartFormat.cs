using System.Runtime.InteropServices;
using System.Text.Json;
using TiMix.Base;
using TiMix.Learning.Steps;

namespace TiMix.Work.Training;

/// <summary>A trainer's part of a gather as bytes: counts and numbers first, then the arrays as they are.</summary>
public static class StepPartFormat
{
    /// <summary>The bytes.</summary>
    public static byte[] Write(StepPart part)
    {
        using var stream = new MemoryStream();
        using var writer = new BinaryWriter(stream);
        writer.Write(part.StateHash);
        writer.Write(part.MicroBatches.Count);
        foreach (var (batch, origin) in part.MicroBatches)
        {
            var features = batch.Features;
            writer.Write(features.Index);
            writer.Write(batch.Count);
            writer.Write(batch.Lambda);
            writer.Write(features.Sums.Count);
            foreach (var (name, sum) in features.Sums)
            {
                writer.Write(name);
                writer.Write(sum.LossSum);
                writer.Write(sum.Count);
                writer.Write(sum.Correct);
            }

            Put(writer, batch.Pairing);
            Put(writer, features.Image);
            Put(writer, features.Text);
            Put(writer, features.Mixed);
            Put(writer, batch.TeacherImage);
            Put(writer, batch.TeacherText);
            writer.Write(origin.Epoch);
            Put(writer, [.. origin.Samples]);
            writer.Write(origin.Replacements.Count == 0 ? "" : JsonSerializer.Serialize(origin.Replacements));
        }

        writer.Flush();
        return stream.ToArray();
    }

    /// <summary>The part.</summary>
    /// <param name="trainer">Whose.</param>
    /// <param name="last">The frame's flag.</param>
    /// <param name="bytes">From <see cref="Write"/>.</param>
    /// <exception cref="InvalidDataException">They are not a part.</exception>
    public static StepPart Read(string trainer, bool last, ReadOnlySpan<byte> bytes)
    {
        try
        {
            using var reader = new BinaryReader(new MemoryStream(bytes.ToArray()));
            var hash = reader.ReadUInt64();
            var count = reader.ReadInt32();
            var microBatches = new List<(GatheredMicroBatch, MicroBatchOrigin)>();
            for (var i = 0; i < count; i++)
            {
                var (index, samples, lambda) = (reader.ReadInt32(), reader.ReadInt32(), reader.ReadSingle());
                var sums = new (string, ObjectiveSum)[Take(reader)];
                for (var k = 0; k < sums.Length; k++)
                {
                    sums[k] = (reader.ReadString(), new ObjectiveSum(reader.ReadDouble(), reader.ReadInt64(), reader.ReadInt64()));
                }

                var pairing = Take<int>(reader);
                var (image, text, mixed) = (Take<float>(reader), Take<float>(reader), Take<float>(reader));
                var (teacherImage, teacherText) = (Take<float>(reader), Take<float>(reader));
                var epoch = reader.ReadInt32();
                var indices = Take<int>(reader);
                var replacements = reader.ReadString();
                microBatches.Add((
                    new GatheredMicroBatch(
                        new MicroBatchFeatures(index, image, text, mixed, new Named<ObjectiveSum>(sums)), samples, lambda, pairing, teacherImage, teacherText),
                    new MicroBatchOrigin(index, epoch, indices, replacements.Length == 0 ? [] : Replacements(replacements))));
            }

            if (reader.BaseStream.Position != reader.BaseStream.Length)
            {
                throw new InvalidDataException($"The part of trainer {trainer} has {reader.BaseStream.Length - reader.BaseStream.Position} bytes too many.");
            }

            return new StepPart(trainer, hash, last, microBatches);
        }
        catch (Exception error) when (error is IOException or FormatException or JsonException or ArgumentException)
        {
            throw new InvalidDataException($"The part of trainer {trainer} cannot be read: {OneLine.Of(error.Message)}", error);
        }
    }

    private static List<Replacement> Replacements(string json) =>
        JsonSerializer.Deserialize<List<Replacement>>(json) is { } list && list.All(one => one is { Key: not null, Reason: not null })
            ? list
            : throw new InvalidDataException("A replacement says of no sample why it was replaced.");

    private static void Put<T>(BinaryWriter writer, T[] values)
        where T : unmanaged
    {
        writer.Write(values.Length);
        writer.Write(MemoryMarshal.AsBytes(values.AsSpan()));
    }

    /// <summary>How many sums there are; each takes more than a byte.</summary>
    private static int Take(BinaryReader reader) =>
        reader.ReadInt32() is var count && count >= 0 && count <= reader.BaseStream.Length - reader.BaseStream.Position
        ? count
        : throw new InvalidDataException($"{count} sums do not fit into the part.");

    private static T[] Take<T>(BinaryReader reader)
        where T : unmanaged
    {
        var length = reader.ReadInt32();
        if (length < 0 || length > (reader.BaseStream.Length - reader.BaseStream.Position) / Marshal.SizeOf<T>())
        {
            throw new InvalidDataException($"An array of {length} values does not fit into the part.");
        }

        var values = new T[length];
        reader.BaseStream.ReadExactly(MemoryMarshal.AsBytes(values.AsSpan()));
        return values;
    }
}
