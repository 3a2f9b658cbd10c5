using System.Text;
using TiMix.Base;

namespace TiMix.Learning.Weights;

/// <summary>What people bring in the place of a safetensors file, so that a message can say what it is.</summary>
internal static class ForeignWeights
{
    private const string Right = "right would be the safetensors file with the weights";

    /// <summary>A sentence; null: it may be a safetensors file.</summary>
    /// <param name="path">The file.</param>
    /// <param name="start">Its first bytes, <see cref="ForeignFile.Looked"/> or as many as there are.</param>
    public static string? Refusal(string path, ReadOnlySpan<byte> start) =>
        IsHeader(start) ? null
        : PickleFile.Refusal(path, start) is { } pickle ? pickle
        : ForeignFile.Describe(start) is { } known ? $"{path}: {known}."
        : IsOnnx(path, start) ? $"{path}: is an ONNX model, which is not read; {Right} that it was made from."
        : !IsJson(start) ? null
        : path.EndsWith(".index.json", StringComparison.Ordinal)
            ? $"{path}: says which of several files each tensor is in; {Right} in one piece (load the model and save it with max_shard_size large enough)."
            : $"{path}: is JSON; {Right} beside it.";

    /// <summary>The same for a directory.</summary>
    public static string RefusalOfDirectory(string path)
    {
        var there = Directory.EnumerateFiles(path, "*.safetensors").Order(StringComparer.Ordinal).FirstOrDefault();
        return $"{path}: is a directory; right would be a safetensors file{(there is null ? "" : $", such as {there}")}.";
    }

    /// <summary>Eight bytes of length, of which the last four are zero, and a brace: what the length looks like says nothing then.</summary>
    private static bool IsHeader(ReadOnlySpan<byte> start) => start.Length > 8 && start[8] == (byte)'{' && start[4..8].IndexOfAnyExcept((byte)0) < 0;

    /// <summary>An object of JSON.</summary>
    private static bool IsJson(ReadOnlySpan<byte> start) =>
        start.Length > 1 && start[0] == (byte)'{' && Encoding.ASCII.GetString(start[1..]).TrimStart() is ['"' or '}', ..];

    /// <summary>A protocol buffer that begins with ModelProto's ir_version, small, and its producer's name.</summary>
    private static bool IsOnnx(string path, ReadOnlySpan<byte> start) =>
        start.Length > 3 && start[0] == 0x08 && start[1] is > 0 and < 0x40
        && (start[2] is 0x12 or 0x3A || path.EndsWith(".onnx", StringComparison.OrdinalIgnoreCase));
}
