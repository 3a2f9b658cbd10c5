using System.Globalization;
using SkiaSharp;
using TiMix.Base;
using TiMix.Work.Evaluation;

namespace TiMix.Node.Pictures;

/// <summary>
/// A PNG that shows how pictures were mixed, a row each: picture with the window that is painted over, saliency of its caption as
/// a heat map, partner with the window that is copied, mixed result; caption and λ beneath.
/// </summary>
internal static class MixSheet
{
    private const int Cell = 192;
    private const int Gap = 12;
    private const int Caption = 26;
    private const int Header = 34;
    private static readonly string[] Titles = ["picture", "saliency of its caption", "partner", "mixed"];

    /// <exception cref="RunError">The file cannot be written.</exception>
    public static void Write(MixPreview preview, string file)
    {
        using var bitmap = Draw(preview);
        SheetFile.Write(bitmap, file);
    }

    internal static SKBitmap Draw(MixPreview preview)
    {
        var rows = preview.Captions.Length;
        var bitmap = new SKBitmap(Gap + (Titles.Length * (Cell + Gap)), Header + (rows * (Cell + Caption + Gap)));
        using var canvas = new SKCanvas(bitmap);
        using var text = new SheetText(14);
        canvas.Clear(SKColors.White);
        for (var column = 0; column < Titles.Length; column++)
        {
            text.Draw(canvas, Titles[column], X(column), 22);
        }

        for (var row = 0; row < rows; row++)
        {
            var y = Header + (row * (Cell + Caption + Gap));
            var partner = preview.Partner[row];
            DrawImage(canvas, preview.Pixels, row, preview.ImageSize, X(0), y);
            DrawImage(canvas, preview.Pixels, row, preview.ImageSize, X(1), y);
            DrawHeat(canvas, preview, row, X(1), y);
            DrawImage(canvas, preview.Pixels, partner, preview.ImageSize, X(2), y);
            DrawImage(canvas, preview.Mixed, row, preview.ImageSize, X(3), y);
            if (preview.Target.Length > 0)
            {
                DrawWindow(canvas, preview, preview.Target[row], X(0), y, SKColors.White);
                DrawWindow(canvas, preview, preview.Source[row], X(2), y, SKColors.Yellow);
                DrawWindow(canvas, preview, preview.Target[row], X(3), y, SKColors.Yellow);
            }

            var words = string.Create(
                CultureInfo.InvariantCulture,
                $"\"{preview.Captions[row]}\"  with {1 - preview.Lambda:P0} of  \"{preview.Captions[partner]}\"   (λ = {preview.Lambda:F2})");
            text.Draw(canvas, words, X(0), y + Cell + 18);
        }

        return bitmap;
    }

    private static int X(int column) => Gap + (column * (Cell + Gap));

    private static void DrawImage(SKCanvas canvas, byte[] pixels, int index, int size, int x, int y)
    {
        using var image = new SKBitmap(new SKImageInfo(size, size, SKColorType.Rgba8888, SKAlphaType.Opaque));
        var plane = size * size;
        var start = index * 3 * plane;
        var span = image.GetPixelSpan();
        for (var i = 0; i < plane; i++)
        {
            span[4 * i] = pixels[start + i];
            span[(4 * i) + 1] = pixels[start + plane + i];
            span[(4 * i) + 2] = pixels[start + (2 * plane) + i];
            span[(4 * i) + 3] = 255;
        }

        using var picture = SKImage.FromBitmap(image);
        canvas.DrawImage(picture, SKRect.Create(x, y, Cell, Cell), new SKSamplingOptions(SKCubicResampler.Mitchell));
    }

    /// <summary>From clear (least) over red to yellow (most), scaled to the map's own range.</summary>
    private static void DrawHeat(SKCanvas canvas, MixPreview preview, int row, int x, int y)
    {
        var patches = preview.Grid * preview.Grid;
        if (preview.Saliency.Length < (row + 1) * patches)
        {
            return;
        }

        var map = preview.Saliency.AsSpan(row * patches, patches).ToArray().Select(MathF.Exp).ToArray();
        var (low, high) = (map.Min(), map.Max());
        var side = Cell / (float)preview.Grid;
        using var paint = new SKPaint();
        for (var i = 0; i < patches; i++)
        {
            var share = high > low ? (map[i] - low) / (high - low) : 0;
            paint.Color = new SKColor(255, (byte)(220 * Math.Max(0, (2 * share) - 1)), 0, (byte)(200 * share));
            canvas.DrawRect(x + (i % preview.Grid * side), y + (i / preview.Grid * side), side, side, paint);
        }
    }

    private static void DrawWindow(SKCanvas canvas, MixPreview preview, int window, int x, int y, SKColor color)
    {
        var places = preview.Grid - preview.Side + 1;
        var patch = Cell / (float)preview.Grid;
        using var paint = new SKPaint { Color = color, Style = SKPaintStyle.Stroke, StrokeWidth = 2 };
        canvas.DrawRect(x + (window % places * patch), y + (window / places * patch), preview.Side * patch, preview.Side * patch, paint);
    }
}
