using System.Buffers;
using TiMix.Base;

namespace TiMix.Data.Augmentation;

/// <summary>
/// RandAugment on an S×S picture with the ten operations that ALBEF and its successors use (two drawn, each applied with
/// probability one half). Operations that move pixels are drawn only for samples without boxes.
/// </summary>
public static class RandAugment
{
    private const int Photometric = 5;
    private const int All = 10;
    private const byte Fill = 128;

    /// <summary>Changes the picture in place.</summary>
    /// <param name="planes">uint8 [3, S, S], planar RGB.</param>
    /// <param name="size">S.</param>
    /// <param name="options">How many operations and how strong.</param>
    /// <param name="mayMove">False for samples with boxes.</param>
    /// <param name="random">Where the choice comes from.</param>
    public static void Apply(Span<byte> planes, int size, AugmentationOptions options, bool mayMove, ref SeededRandom random)
    {
        var strength = options.RandAugmentMagnitude / 10.0;
        for (var i = 0; i < options.RandAugmentOps; i++)
        {
            var operation = random.NextInt(mayMove ? All : Photometric);
            var applied = random.NextDouble() < 0.5;
            var signed = random.NextDouble() < 0.5 ? strength : -strength;
            if (!applied)
            {
                continue;
            }

            switch (operation)
            {
                case 0:
                    break; // The picture as it is.
                case 1:
                    AutoContrast(planes, size);
                    break;
                case 2:
                    Equalize(planes, size);
                    break;
                case 3:
                    Brightness(planes, 1 + (0.9 * signed));
                    break;
                case 4:
                    Sharpness(planes, size, 1 + (0.9 * signed));
                    break;
                case 5:
                    Transform(planes, size, 1, 0.3 * signed, 0, 1, 0, 0);
                    break;
                case 6:
                    Transform(planes, size, 1, 0, 0.3 * signed, 1, 0, 0);
                    break;
                case 7:
                    Transform(planes, size, 1, 0, 0, 1, 0.1 * signed * size, 0);
                    break;
                case 8:
                    Transform(planes, size, 1, 0, 0, 1, 0, 0.1 * signed * size);
                    break;
                default:
                    var (sin, cos) = Portable.SinCos(signed * 30 * (Math.PI / 180));
                    Transform(planes, size, cos, sin, -sin, cos, 0, 0);
                    break;
            }
        }
    }

    internal static void AutoContrast(Span<byte> planes, int size)
    {
        Span<byte> table = stackalloc byte[256];
        for (var c = 0; c < 3; c++)
        {
            var plane = planes.Slice(c * size * size, size * size);
            byte low = 255, high = 0;
            foreach (var value in plane)
            {
                low = Math.Min(low, value);
                high = Math.Max(high, value);
            }

            if (high <= low)
            {
                continue;
            }

            for (var v = 0; v < 256; v++)
            {
                table[v] = (byte)Math.Clamp((((v - low) * 255) + ((high - low) / 2)) / (high - low), 0, 255);
            }

            Map(plane, table);
        }
    }

    internal static void Equalize(Span<byte> planes, int size)
    {
        Span<int> counts = stackalloc int[256];
        Span<byte> table = stackalloc byte[256];
        for (var c = 0; c < 3; c++)
        {
            var plane = planes.Slice(c * size * size, size * size);
            counts.Clear();
            foreach (var value in plane)
            {
                counts[value]++;
            }

            var lastCount = counts[counts.LastIndexOfAnyExcept(0)];
            var step = (plane.Length - lastCount) / 255;
            if (step == 0)
            {
                continue;
            }

            var sum = step / 2;
            for (var v = 0; v < 256; v++)
            {
                table[v] = (byte)Math.Min(sum / step, 255);
                sum += counts[v];
            }

            Map(plane, table);
        }
    }

    internal static void Brightness(Span<byte> planes, double factor)
    {
        Span<byte> table = stackalloc byte[256];
        for (var v = 0; v < 256; v++)
        {
            table[v] = (byte)Math.Clamp((v * factor) + 0.5, 0, 255);
        }

        Map(planes, table);
    }

    /// <summary>Factor 0: smoothed with [1 1 1; 1 5 1; 1 1 1] / 13; 1: unchanged; above: sharper. The border stays as it is.</summary>
    internal static void Sharpness(Span<byte> planes, int size, double factor)
    {
        if (size < 3)
        {
            return;
        }

        var f = (float)factor;
        var rented = ArrayPool<byte>.Shared.Rent(size * size);
        for (var c = 0; c < 3; c++)
        {
            var plane = planes.Slice(c * size * size, size * size);
            plane.CopyTo(rented);
            for (var y = 1; y < size - 1; y++)
            {
                var above = rented.AsSpan((y - 1) * size, size);
                var here = rented.AsSpan(y * size, size);
                var below = rented.AsSpan((y + 1) * size, size);
                var to = plane.Slice(y * size, size);
                for (var x = 1; x < size - 1; x++)
                {
                    var sum = above[x - 1] + above[x] + above[x + 1] + here[x - 1] + (5 * here[x]) + here[x + 1]
                        + below[x - 1] + below[x] + below[x + 1];
                    var smooth = sum / 13f;
                    to[x] = (byte)Math.Clamp(smooth + ((here[x] - smooth) * f) + 0.5f, 0f, 255f);
                }
            }
        }

        ArrayPool<byte>.Shared.Return(rented);
    }

    /// <summary>Each pixel (x, y) is taken, about the centre, from (a·x + b·y + dx, c·x + d·y + dy), between pixels linearly, grey outside.</summary>
    internal static void Transform(Span<byte> planes, int size, double a, double b, double c, double d, double dx, double dy)
    {
        var area = size * size;
        var rented = ArrayPool<byte>.Shared.Rent(3 * area);
        planes.CopyTo(rented);
        var middle = (size - 1) / 2.0;
        for (var y = 0; y < size; y++)
        {
            for (var x = 0; x < size; x++)
            {
                var fromX = (a * (x - middle)) + (b * (y - middle)) + dx + middle;
                var fromY = (c * (x - middle)) + (d * (y - middle)) + dy + middle;
                var left = (int)Math.Floor(fromX);
                var top = (int)Math.Floor(fromY);
                var (u, v) = ((float)(fromX - left), (float)(fromY - top));
                for (var channel = 0; channel < 3; channel++)
                {
                    var source = rented.AsSpan(channel * area, area);
                    var upper = (At(source, size, left, top) * (1 - u)) + (At(source, size, left + 1, top) * u);
                    var lower = (At(source, size, left, top + 1) * (1 - u)) + (At(source, size, left + 1, top + 1) * u);
                    planes[(channel * area) + (y * size) + x] = (byte)Math.Min((upper * (1 - v)) + (lower * v) + 0.5f, 255f);
                }
            }
        }

        ArrayPool<byte>.Shared.Return(rented);
    }

    private static float At(ReadOnlySpan<byte> plane, int size, int x, int y)
        => (uint)x < (uint)size && (uint)y < (uint)size ? plane[(y * size) + x] : Fill;

    private static void Map(Span<byte> values, ReadOnlySpan<byte> table)
    {
        for (var i = 0; i < values.Length; i++)
        {
            values[i] = table[values[i]];
        }
    }
}
