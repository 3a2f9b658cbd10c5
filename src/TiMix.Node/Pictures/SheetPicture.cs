using SkiaSharp;
using TiMix.Data;
using TiMix.Data.Images;

namespace TiMix.Node.Pictures;

/// <summary>A whole picture in a square cell of a sheet, on grey where it is not square.</summary>
internal static class SheetPicture
{
    private static readonly SKColor Ground = new(235, 235, 235);

    /// <summary>Draws an encoded picture as large as the cell allows.</summary>
    /// <returns>Where it lies on the sheet.</returns>
    /// <exception cref="SampleException">It is no picture.</exception>
    public static unsafe SKRect Draw(SKCanvas canvas, ReadOnlySpan<byte> encoded, float x, float y, float cell)
    {
        using var decoded = ImageDecoder.Decode(encoded, int.MaxValue);
        DrawGround(canvas, x, y, cell);
        var scale = Math.Min(cell / decoded.Width, cell / decoded.Height);
        var (width, height) = (Math.Max(1, decoded.Width * scale), Math.Max(1, decoded.Height * scale));
        var place = SKRect.Create(x + ((cell - width) / 2), y + ((cell - height) / 2), width, height);
        fixed (byte* pixels = decoded.Pixels)
        {
            // The canvas draws at once, so the pixels may be lent.
            using var lent = new SKPixmap(new SKImageInfo(decoded.Width, decoded.Height, SKColorType.Rgb888x, SKAlphaType.Opaque), (nint)pixels);
            using var image = SKImage.FromPixels(lent);
            canvas.DrawImage(
                image, place, scale > 1 ? new SKSamplingOptions(SKCubicResampler.Mitchell) : new SKSamplingOptions(SKFilterMode.Linear, SKMipmapMode.Linear));
        }

        return place;
    }

    /// <summary>An empty cell.</summary>
    public static void DrawGround(SKCanvas canvas, float x, float y, float cell)
    {
        using var ground = new SKPaint { Color = Ground };
        canvas.DrawRect(x, y, cell, cell, ground);
    }
}
