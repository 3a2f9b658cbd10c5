using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Text.Json;
using Microsoft.Win32.SafeHandles;
using TiMix.Base;

namespace TiMix.Learning.Weights;

/// <summary>A safetensors file opened for reading; checked as a whole before anything is read from it.</summary>
public sealed class SafetensorsFile : IDisposable
{
    private readonly SafeFileHandle _handle;
    private readonly string _path;
    private readonly long _data;

    private SafetensorsFile(SafeFileHandle handle, string path, long data, Dictionary<string, TensorInfo> tensors, Dictionary<string, string> metadata)
    {
        (_handle, _path, _data) = (handle, path, data);
        Tensors = tensors;
        Metadata = metadata;
    }

    /// <summary>By name.</summary>
    public IReadOnlyDictionary<string, TensorInfo> Tensors { get; }

    /// <summary>Free text pairs.</summary>
    public IReadOnlyDictionary<string, string> Metadata { get; }

    /// <summary>Opens and checks.</summary>
    /// <exception cref="InvalidDataException">The file is torn or not what it says, or is something else; one line, with the file's name.</exception>
    public static SafetensorsFile Open(string path)
    {
        if (Directory.Exists(path))
        {
            throw new InvalidDataException(ForeignWeights.RefusalOfDirectory(path));
        }

        var handle = File.OpenHandle(path);
        try
        {
            var length = RandomAccess.GetLength(handle);
            Span<byte> start = stackalloc byte[(int)Math.Min(ForeignFile.Looked, length)];
            ReadFully(handle, start, 0, path);
            if (ForeignWeights.Refusal(path, start) is { } refusal)
            {
                throw new InvalidDataException(refusal);
            }

            var headerLength = ReadHeaderLength(handle, path, length);
            var header = new byte[headerLength];
            ReadFully(handle, header, 8, path);
            var (tensors, metadata) = Parse(header, path);
            Check(tensors.Values, length - 8 - headerLength, path);
            return new SafetensorsFile(handle, path, 8 + headerLength, tensors, metadata);
        }
        catch
        {
            handle.Dispose();
            throw;
        }
    }

    /// <summary>Reads a float32 tensor.</summary>
    /// <exception cref="InvalidDataException">It is missing, of another type or of another size.</exception>
    public void Read(string name, Span<float> destination)
    {
        if (!Tensors.TryGetValue(name, out var info))
        {
            throw new InvalidDataException($"{_path}: there is no tensor \"{name}\".");
        }

        if (info.Type != "F32")
        {
            throw new InvalidDataException($"{_path}: \"{name}\" is {info.Type}; expected F32.");
        }

        if (info.End - info.Begin != destination.Length * (long)sizeof(float))
        {
            throw new InvalidDataException($"{_path}: \"{name}\" has {(info.End - info.Begin) / sizeof(float)} numbers; expected {destination.Length}.");
        }

        ReadFully(_handle, MemoryMarshal.AsBytes(destination), _data + info.Begin, _path);
    }

    /// <summary>Reads a tensor of whatever size it has as float32; F16, BF16 and F64 are converted.</summary>
    /// <exception cref="InvalidDataException">It is missing, or of a type that holds no floating-point numbers.</exception>
    public float[] ReadConverted(string name)
    {
        var type = Tensors.TryGetValue(name, out var info) ? info.Type : "F32";
        if (info is null || type is not ("F16" or "BF16" or "F64"))
        {
            return Read(name);
        }

        var bytes = new byte[info.End - info.Begin];
        ReadFully(_handle, bytes, _data + info.Begin, _path);
        return type switch
        {
            "F16" => Array.ConvertAll(MemoryMarshal.Cast<byte, Half>(bytes).ToArray(), value => (float)value),
            "F64" => Array.ConvertAll(MemoryMarshal.Cast<byte, double>(bytes).ToArray(), value => (float)value),
            _ => Array.ConvertAll(MemoryMarshal.Cast<byte, ushort>(bytes).ToArray(), value => BitConverter.UInt32BitsToSingle((uint)value << 16)),
        };
    }

    /// <summary>Reads a float32 tensor of whatever size it has.</summary>
    public float[] Read(string name)
    {
        var values = new float[Tensors.TryGetValue(name, out var info) ? (info.End - info.Begin) / sizeof(float) : 0];
        Read(name, values);
        return values;
    }

    /// <inheritdoc/>
    public void Dispose() => _handle.Dispose();

    private static long ReadHeaderLength(SafeFileHandle handle, string path, long length)
    {
        Span<byte> bytes = stackalloc byte[8];
        if (length < 8)
        {
            throw new InvalidDataException($"{path}: torn: {length} bytes are not even a header.");
        }

        ReadFully(handle, bytes, 0, path);
        var header = BinaryPrimitives.ReadUInt64LittleEndian(bytes);
        return header switch
        {
            > Safetensors.MaxHeader => throw new InvalidDataException($"{path}: not a safetensors file: its header would be {header} bytes."),
            var fits when (long)fits > length - 8 => throw new InvalidDataException($"{path}: torn: the header ends past the file."),
            _ => (long)header,
        };
    }

    private static (Dictionary<string, TensorInfo> Tensors, Dictionary<string, string> Metadata) Parse(byte[] header, string path)
    {
        var tensors = new Dictionary<string, TensorInfo>(StringComparer.Ordinal);
        var metadata = new Dictionary<string, string>(StringComparer.Ordinal);
        try
        {
            using var json = JsonDocument.Parse(header);
            foreach (var entry in json.RootElement.EnumerateObject())
            {
                if (entry.Name == "__metadata__")
                {
                    foreach (var pair in entry.Value.EnumerateObject())
                    {
                        metadata[pair.Name] = pair.Value.GetString() ?? "";
                    }

                    continue;
                }

                var offsets = entry.Value.GetProperty("data_offsets");
                var info = new TensorInfo(
                    entry.Name,
                    entry.Value.GetProperty("dtype").GetString() ?? "",
                    [.. entry.Value.GetProperty("shape").EnumerateArray().Select(size => size.GetInt64())],
                    offsets[0].GetInt64(),
                    offsets[1].GetInt64());
                if (!tensors.TryAdd(entry.Name, info))
                {
                    throw new InvalidDataException($"{path}: \"{entry.Name}\" stands twice in the header.");
                }
            }
        }
        catch (Exception error) when (error is JsonException or KeyNotFoundException or InvalidOperationException or FormatException
            or IndexOutOfRangeException)
        {
            throw new InvalidDataException($"{path}: the header is damaged: {OneLine.Of(error.Message)}", error);
        }

        return (tensors, metadata);
    }

    private static void Check(IEnumerable<TensorInfo> tensors, long dataLength, string path)
    {
        long end = 0;
        foreach (var info in tensors.OrderBy(info => info.Begin).ThenBy(info => info.End))
        {
            var size = Safetensors.SizeOf(info.Type);
            if (size == 0)
            {
                throw new InvalidDataException($"{path}: \"{info.Name}\" has the unknown type {info.Type}.");
            }

            if (info.Begin < 0 || info.End < info.Begin)
            {
                throw new InvalidDataException($"{path}: \"{info.Name}\" lies at the impossible bytes {info.Begin} to {info.End}.");
            }

            if (info.Begin < end)
            {
                throw new InvalidDataException($"{path}: \"{info.Name}\" overlaps another tensor.");
            }

            if (info.Begin > end)
            {
                throw new InvalidDataException($"{path}: bytes {end} to {info.Begin} belong to no tensor.");
            }

            if (info.End > dataLength)
            {
                throw new InvalidDataException($"{path}: torn: \"{info.Name}\" ends at byte {info.End} of {dataLength}.");
            }

            if (info.Shape.Any(n => n < 0) || info.Shape.Aggregate((Int128)size, (product, n) => product * n) != info.End - info.Begin)
            {
                throw new InvalidDataException(
                    $"{path}: \"{info.Name}\": shape [{string.Join(", ", info.Shape)}] of {info.Type} does not fill {info.End - info.Begin} bytes.");
            }

            end = info.End;
        }

        if (end != dataLength)
        {
            throw new InvalidDataException($"{path}: bytes {end} to {dataLength} belong to no tensor.");
        }
    }

    private static void ReadFully(SafeFileHandle handle, Span<byte> destination, long offset, string path)
    {
        while (!destination.IsEmpty)
        {
            var read = RandomAccess.Read(handle, destination, offset);
            if (read == 0)
            {
                throw new InvalidDataException($"{path}: torn: it ended while being read.");
            }

            destination = destination[read..];
            offset += read;
        }
    }
}
