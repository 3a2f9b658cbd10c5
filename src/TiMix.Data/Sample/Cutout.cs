using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using TiMix.Data.Images;

namespace TiMix.Data.Sample;

/// <summary>A sprite scaled and turned, cut to the box of its visible pixels; premultiplied RGBA bytes.</summary>
internal sealed record Cutout(byte[] Pixels, int Width, int Height)
{
    /// <param name="sprite">The drawing.</param>
    /// <param name="size">Pixels of the longer side before turning.</param>
    /// <param name="halfTurn">Tangent of half the angle, in 1/128: sine and cosine follow without a maths library.</param>
    public static Cutout Of(Sprite sprite, int size, int halfTurn)
    {
        var t = halfTurn / 128f;
        var (cos, sin) = ((1 - t * t) / (1 + t * t), 2 * t / (1 + t * t));
        var visible = sprite.Visible;
        var step = Math.Max(visible.Width, visible.Height) / (float)size; // sprite pixels a scene pixel
        var (centreX, centreY) = (visible.X + visible.Width / 2f, visible.Y + visible.Height / 2f);
        var side = size + size / 2 + 2; // holds the diagonal
        var raster = new byte[side * side * 4];
        for (var y = 0; y < side; y++)
        {
            for (var x = 0; x < side; x++)
            {
                var sum = Vector128<float>.Zero;
                for (var sub = 0; sub < 4; sub++) // 2 x 2 samples a pixel: sprites shrink by 0.6 at most
                {
                    var u = (x + 0.25f + (sub & 1) * 0.5f - side / 2f) * step;
                    var v = (y + 0.25f + (sub >> 1) * 0.5f - side / 2f) * step;
                    sum += Sample(sprite, centreX + cos * u + sin * v - 0.5f, centreY - sin * u + cos * v - 0.5f);
                }
                if (sum[3] < 4 * SpriteLibrary.VisibleAlpha) continue;
                for (var c = 0; c < 4; c++) raster[(y * side + x) * 4 + c] = (byte)(sum[c] / 4 + 0.5f);
            }
        }
        return Crop(raster, side, SceneBox.Around(side, side, (x, y) => raster[(y * side + x) * 4 + 3] != 0));
    }

    /// <summary>Bilinear sample at a position whose whole numbers are pixel centres; outside is clear.</summary>
    private static Vector128<float> Sample(Sprite sprite, float x, float y)
    {
        var (left, top) = ((int)MathF.Floor(x), (int)MathF.Floor(y));
        if (left < -1 || top < -1 || left >= sprite.Side || top >= sprite.Side) return default;
        var (fx, fy) = (x - left, y - top);
        return Pixel(sprite, left, top) * ((1 - fx) * (1 - fy)) + Pixel(sprite, left + 1, top) * (fx * (1 - fy))
            + Pixel(sprite, left, top + 1) * ((1 - fx) * fy) + Pixel(sprite, left + 1, top + 1) * (fx * fy);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<float> Pixel(Sprite sprite, int x, int y) =>
        (uint)x >= (uint)sprite.Side || (uint)y >= (uint)sprite.Side
            ? default
            : Vector128.LoadUnsafe(ref MemoryMarshal.GetArrayDataReference(sprite.Pixels), (nuint)((y * sprite.Side + x) * 4));

    private static Cutout Crop(byte[] raster, int side, SceneBox box)
    {
        var pixels = new byte[box.Width * box.Height * 4];
        for (var y = 0; y < box.Height; y++)
            raster.AsSpan(((box.Y + y) * side + box.X) * 4, box.Width * 4).CopyTo(pixels.AsSpan(y * box.Width * 4));
        return new Cutout(pixels, box.Width, box.Height);
    }
}
