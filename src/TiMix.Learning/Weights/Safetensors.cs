using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Text.Json;
using TiMix.Base;

namespace TiMix.Learning.Weights;

/// <summary>One tensor of a safetensors file.</summary>
/// <param name="Name">Unique within the file.</param>
/// <param name="Type">F32, F16, BF16, I64 …</param>
/// <param name="Shape">Row-major.</param>
/// <param name="Begin">First byte within the data.</param>
/// <param name="End">Past the last byte.</param>
public sealed record TensorInfo(string Name, string Type, long[] Shape, long Begin, long End);

/// <summary>One tensor to be written, in float32.</summary>
/// <param name="Name">Unique within the file.</param>
/// <param name="Shape">Row-major.</param>
/// <param name="Values">As many as the shape says.</param>
public sealed record NamedTensor(string Name, long[] Shape, ReadOnlyMemory<float> Values);

/// <summary>The safetensors format (github.com/huggingface/safetensors): a JSON header, then plain bytes.</summary>
public static class Safetensors
{
    /// <summary>Larger headers are refused.</summary>
    public const long MaxHeader = 100L << 20;

    private static readonly Dictionary<string, int> Sizes = new(StringComparer.Ordinal)
    {
        ["BOOL"] = 1, ["U8"] = 1, ["I8"] = 1, ["U16"] = 2, ["I16"] = 2, ["F16"] = 2, ["BF16"] = 2,
        ["U32"] = 4, ["I32"] = 4, ["F32"] = 4, ["U64"] = 8, ["I64"] = 8, ["F64"] = 8,
    };

    /// <summary>Bytes of one number of that type; 0: unknown type.</summary>
    internal static int SizeOf(string type) => Sizes.GetValueOrDefault(type);

    /// <summary>
    /// Writes the file beside its final name, flushes it to the disk and renames it: at no moment is there half a file. An
    /// existing file is replaced.
    /// </summary>
    /// <param name="path">The file.</param>
    /// <param name="tensors">In the order of the data.</param>
    /// <param name="metadata">Free text pairs.</param>
    public static void Write(string path, IReadOnlyList<NamedTensor> tensors, IReadOnlyDictionary<string, string>? metadata = null)
    {
        using var header = new MemoryStream();
        using (var json = new Utf8JsonWriter(header))
        {
            json.WriteStartObject();
            if (metadata is { Count: > 0 })
            {
                json.WriteStartObject("__metadata__");
                foreach (var (key, value) in metadata.OrderBy(pair => pair.Key, StringComparer.Ordinal))
                {
                    json.WriteString(key, value);
                }

                json.WriteEndObject();
            }

            long offset = 0;
            foreach (var tensor in tensors)
            {
                var count = tensor.Shape.Aggregate(1L, (product, size) => product * size);
                if (count != tensor.Values.Length)
                {
                    throw new ArgumentException($"{tensor.Name}: the shape says {count} numbers, there are {tensor.Values.Length}.", nameof(tensors));
                }

                json.WriteStartObject(tensor.Name);
                json.WriteString("dtype", "F32");
                json.WriteStartArray("shape");
                foreach (var size in tensor.Shape)
                {
                    json.WriteNumberValue(size);
                }

                json.WriteEndArray();
                json.WriteStartArray("data_offsets");
                json.WriteNumberValue(offset);
                json.WriteNumberValue(offset += count * sizeof(float));
                json.WriteEndArray();
                json.WriteEndObject();
            }

            json.WriteEndObject();
        }

        while (header.Length % 8 != 0)
        {
            header.WriteByte((byte)' ');
        }

        WholeFile.Write(path, file =>
        {
            Span<byte> length = stackalloc byte[8];
            BinaryPrimitives.WriteInt64LittleEndian(length, header.Length);
            file.Write(length);
            file.Write(header.GetBuffer().AsSpan(0, (int)header.Length));
            foreach (var tensor in tensors)
            {
                file.Write(MemoryMarshal.AsBytes(tensor.Values.Span));
            }
        });
    }
}
