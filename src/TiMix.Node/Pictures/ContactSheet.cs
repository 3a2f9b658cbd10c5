using System.Globalization;
using SkiaSharp;
using TiMix.Base;
using TiMix.Data.Formats;

namespace TiMix.Node.Pictures;

/// <summary>A PNG of some pictures of a source, spread over it: boxes with their phrases, captions beneath.</summary>
/// <param name="total">Pictures of the source.</param>
/// <param name="wanted">How many are shown, if so many can be used.</param>
internal sealed class ContactSheet(int total, int wanted)
{
    private const int Columns = 4;
    private const int Cell = 288;
    private const int Gap = 14;
    private const int Line = 17;
    private const int CaptionLines = 4;
    private const int MostBoxes = 12;
    private static readonly SKColor[] Colors =
    [
        new(0xFF, 0xD1, 0x00), new(0x00, 0xC2, 0xFF), new(0xFF, 0x4D, 0x6D), new(0x5C, 0xE0, 0x5C), new(0xFF, 0x8A, 0x00), new(0xC7, 0x7D, 0xFF),
    ];

    private readonly List<SourcePicture> _shown = [];

    /// <summary>Takes the picture if its turn has come: those that are broken are replaced by the next that are not.</summary>
    public void Offer(SourcePicture picture)
    {
        if (_shown.Count < wanted && picture.Position >= (long)_shown.Count * total / wanted)
        {
            _shown.Add(picture);
        }
    }

    /// <exception cref="RunError">No picture can be shown, or the file cannot be written.</exception>
    public void Write(string file)
    {
        using var sheet = Draw();
        SheetFile.Write(sheet, file);
    }

    internal SKBitmap Draw()
    {
        if (_shown.Count == 0)
        {
            throw new RunError("there is no usable picture for the sheet.");
        }

        using var text = new SheetText(13);
        using var label = new SheetText(11);
        var captions = _shown.ConvertAll(picture => text.Wrap(CaptionOf(picture), Cell, CaptionLines));
        var heights = captions.Chunk(Columns).Select(row => Cell + (row.Max(lines => lines.Count) * Line) + 6 + Gap).ToArray();
        var bitmap = new SKBitmap(Gap + (Math.Min(Columns, _shown.Count) * (Cell + Gap)), Gap + heights.Sum());
        using var canvas = new SKCanvas(bitmap);
        canvas.Clear(SKColors.White);
        for (var i = 0; i < _shown.Count; i++)
        {
            var (x, y) = (Gap + (i % Columns * (Cell + Gap)), Gap + heights.Take(i / Columns).Sum());
            DrawPicture(canvas, _shown[i], label, x, y);
            for (var line = 0; line < captions[i].Count; line++)
            {
                text.Draw(canvas, captions[i][line], x, y + Cell + 16 + (line * Line));
            }
        }

        return bitmap;
    }

    private static string CaptionOf(SourcePicture picture) =>
        picture.Captions.Count == 0 ? picture.Questions[0].Text
        : picture.Captions.Count == 1
            ? picture.Captions[0]
            : string.Create(CultureInfo.InvariantCulture, $"[{picture.Captions.Count} captions] {picture.Captions[0]}");

    private static void DrawPicture(SKCanvas canvas, SourcePicture picture, SheetText label, int x, int y)
    {
        var drawn = SheetPicture.Draw(canvas, picture.Image, x, y, Cell);
        var scale = Math.Max(drawn.Width, drawn.Height) / Math.Max(picture.Width, picture.Height);
        // The largest first, so that the words of the small ones stay on top.
        var shown = picture.Regions.GroupBy(region => region.Box).OrderByDescending(group => group.Key.Width * group.Key.Height).Take(MostBoxes).ToList();
        canvas.Save();
        canvas.ClipRect(SKRect.Create(x, y, Cell, Cell));
        for (var i = 0; i < shown.Count; i++)
        {
            var box = shown[i].Key;
            var place = SKRect.Create(drawn.Left + (box.X * scale), drawn.Top + (box.Y * scale), box.Width * scale, box.Height * scale);
            DrawBox(canvas, place, string.Join(" / ", shown[i].Select(region => region.Phrase)), label, x, y, Colors[i % Colors.Length]);
        }

        canvas.Restore();
    }

    private static void DrawBox(SKCanvas canvas, SKRect place, string phrase, SheetText label, int x, int y, SKColor color)
    {
        using var stroke = new SKPaint { Color = color, Style = SKPaintStyle.Stroke, StrokeWidth = 2, IsAntialias = true };
        using var fill = new SKPaint { Color = color };
        canvas.DrawRect(place, stroke);
        var words = label.Shorten(phrase, Math.Clamp(place.Width, 60, Cell - 8));
        var width = label.Width(words) + 6;
        var left = Math.Clamp(place.Left, x, Math.Max(x, x + Cell - width));
        var top = Math.Clamp(place.Top - 14, y, y + Cell - 14);
        canvas.DrawRect(left, top, width, 14, fill);
        label.Draw(canvas, words, left + 3, top + 11);
    }
}
