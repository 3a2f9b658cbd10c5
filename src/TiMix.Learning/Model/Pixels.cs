using System.Runtime.InteropServices;
using TorchSharp;
using static TorchSharp.torch;

namespace TiMix.Learning.Model;

/// <summary>Bytes to the numbers that the image encoder takes.</summary>
public static class Pixels
{
    internal static readonly float[] Mean = [0.48145466f, 0.4578275f, 0.40821073f];
    internal static readonly float[] Deviation = [0.26862954f, 0.26130258f, 0.27577711f];
    private static readonly float[][] Tables = [.. Enumerable.Range(0, 3).Select(channel =>
        Enumerable.Range(0, 256).Select(value => ((value / 255f) - Mean[channel]) / Deviation[channel]).ToArray())];

    /// <summary>(x/255 - mean) / deviation with CLIP's constants.</summary>
    /// <param name="pixels">uint8 [count, 3, size, size], planar RGB.</param>
    /// <param name="count">Images.</param>
    /// <param name="size">Side in pixels.</param>
    /// <param name="device">Where the result is to live.</param>
    /// <returns>float32 [count, 3, size, size].</returns>
    /// <exception cref="ArgumentException">The length does not fit.</exception>
    public static Tensor Normalize(ReadOnlySpan<byte> pixels, int count, int size, Device device)
    {
        var plane = size * size;
        if (pixels.Length != count * 3 * plane)
        {
            throw new ArgumentException($"{count} images of {size} px are {count * 3 * plane} bytes, got {pixels.Length}.", nameof(pixels));
        }

        var result = empty(count, 3, size, size, dtype: ScalarType.Float32);
        var values = MemoryMarshal.Cast<byte, float>(result.bytes);
        for (var start = 0; start < pixels.Length; start += plane)
        {
            var table = Tables[start / plane % 3];
            for (var i = start; i < start + plane; i++)
            {
                values[i] = table[pixels[i]];
            }
        }

        return device.type == DeviceType.CPU ? result : result.to(device);
    }
}
