using System.Buffers;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace TiMix.Data.Images;

/// <summary>A part of a picture in whole pixels.</summary>
public readonly record struct Crop(int X, int Y, int Width, int Height);

/// <summary>
/// Antialiased resize with the triangle filter ("bilinear" of PIL, antialias of torchvision): crop first, then resize, first
/// along rows, then along columns, in float. The order of additions is fixed and no multiply-add is fused, so the result is
/// the same on every processor.
/// </summary>
public static class Resizer
{
    /// <summary>Resizes a part of a picture.</summary>
    /// <param name="image">The picture.</param>
    /// <param name="crop">Must lie in the picture.</param>
    /// <param name="width">Columns of the result.</param>
    /// <param name="height">Rows of the result.</param>
    /// <param name="target">uint8 [3, height, width], planar RGB.</param>
    public static void Resize(DecodedImage image, Crop crop, int width, int height, Span<byte> target)
    {
        if (crop.X < 0 || crop.Y < 0 || crop.Width < 1 || crop.Height < 1
            || crop.X > image.Width - crop.Width || crop.Y > image.Height - crop.Height)
        {
            throw new ArgumentOutOfRangeException(nameof(crop), crop, $"not within {image.Width} x {image.Height}");
        }

        ArgumentOutOfRangeException.ThrowIfNotEqual(target.Length, 3 * width * height);
        var stride = width * 4;
        var rows = ArrayPool<float>.Shared.Rent(checked(crop.Height * stride));
        var sums = ArrayPool<float>.Shared.Rent(stride);
        try
        {
            var across = Filter.For(crop.Width, width);
            var source = MemoryMarshal.Cast<byte, uint>(image.Pixels);
            for (var y = 0; y < crop.Height; y++)
            {
                var line = source.Slice(((crop.Y + y) * image.Width) + crop.X, crop.Width);
                ResizeRow(line, across, rows.AsSpan(y * stride, stride));
            }

            var down = Filter.For(crop.Height, height);
            for (var y = 0; y < height; y++)
            {
                var sum = sums.AsSpan(0, stride);
                sum.Clear();
                var weights = down.WeightsOf(y);
                var first = down.First[y];
                for (var k = 0; k < weights.Length; k++)
                {
                    AddScaled(sum, rows.AsSpan((first + k) * stride, stride), weights[k]);
                }

                Store(sum, target, y, width, height);
            }
        }
        finally
        {
            ArrayPool<float>.Shared.Return(rows);
            ArrayPool<float>.Shared.Return(sums);
        }
    }

    private static void ResizeRow(ReadOnlySpan<uint> line, Filter filter, Span<float> row)
    {
        ref var pixel = ref MemoryMarshal.GetReference(line);
        for (var x = 0; x < filter.First.Length; x++)
        {
            var weights = filter.WeightsOf(x);
            var first = filter.First[x];
            var sum = Vector128<float>.Zero;
            for (var k = 0; k < weights.Length; k++)
            {
                var bytes = Vector128.CreateScalar(Unsafe.Add(ref pixel, first + k)).AsByte();
                var wide = Vector128.WidenLower(Vector128.WidenLower(bytes)).AsInt32();
                sum += Vector128.ConvertToSingle(wide) * weights[k];
            }

            sum.CopyTo(row[(4 * x)..]);
        }
    }

    private static void AddScaled(Span<float> sum, ReadOnlySpan<float> row, float weight)
    {
        // Lanes do not meet, so the width of the vector does not reach the result. The length is a multiple of 4.
        var i = 0;
        if (Vector256.IsHardwareAccelerated)
        {
            for (; i + 8 <= sum.Length; i += 8)
            {
                (Vector256.Create(sum[i..]) + (Vector256.Create(row[i..]) * weight)).CopyTo(sum[i..]);
            }
        }

        for (; i < sum.Length; i += 4)
        {
            (Vector128.Create(sum[i..]) + (Vector128.Create(row[i..]) * weight)).CopyTo(sum[i..]);
        }
    }

    private static void Store(ReadOnlySpan<float> sum, Span<byte> target, int y, int width, int height)
    {
        var plane = width * height;
        var red = target.Slice(y * width, width);
        var green = target.Slice(plane + (y * width), width);
        var blue = target.Slice((2 * plane) + (y * width), width);
        for (var x = 0; x < width; x++)
        {
            // Weights are not negative and sum to one: only rounding can leave 0 … 255.
            red[x] = (byte)Math.Min(sum[4 * x] + 0.5f, 255f);
            green[x] = (byte)Math.Min(sum[(4 * x) + 1] + 0.5f, 255f);
            blue[x] = (byte)Math.Min(sum[(4 * x) + 2] + 0.5f, 255f);
        }
    }

    /// <summary>For each output position the first input and the weights of the inputs from there on.</summary>
    private sealed class Filter
    {
        private readonly int[] _starts;
        private readonly float[] _weights;

        private Filter(int from, int to)
        {
            First = new int[to];
            _starts = new int[to + 1];
            var scale = (double)from / to;
            var reach = Math.Max(scale, 1);
            var most = Math.Min(from, (2 * (int)Math.Ceiling(reach)) + 1);
            _weights = new float[to * most];
            Span<double> raw = most <= 256 ? stackalloc double[most] : new double[most];
            for (var i = 0; i < to; i++)
            {
                var centre = (i + 0.5) * scale;
                var first = Math.Max((int)(centre - reach + 0.5), 0);
                var last = Math.Min((int)(centre + reach + 0.5), from);
                var total = 0.0;
                for (var k = first; k < last; k++)
                {
                    total += raw[k - first] = Math.Max(0, 1 - Math.Abs((k + 0.5 - centre) / reach));
                }

                First[i] = first;
                for (var k = 0; k < last - first; k++)
                {
                    _weights[_starts[i] + k] = (float)(raw[k] / total);
                }

                _starts[i + 1] = _starts[i] + last - first;
            }
        }

        public int[] First { get; }

        [ThreadStatic]
        private static Dictionary<(int From, int To), Filter>? t_known;

        public static Filter For(int from, int to)
        {
            // Sizes repeat in most data; the few tables of a thread are thrown away when they become many.
            var known = t_known ??= [];
            if (!known.TryGetValue((from, to), out var filter))
            {
                if (known.Count >= 256)
                {
                    known.Clear();
                }

                known[(from, to)] = filter = new Filter(from, to);
            }

            return filter;
        }

        public ReadOnlySpan<float> WeightsOf(int i) => _weights.AsSpan(_starts[i], _starts[i + 1] - _starts[i]);
    }
}
