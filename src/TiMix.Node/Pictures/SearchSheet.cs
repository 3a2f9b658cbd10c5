using System.Globalization;
using SkiaSharp;
using TiMix.Actors.Runs;
using TiMix.Actors.Search;
using TiMix.Data;

namespace TiMix.Node.Pictures;

/// <summary>
/// A PNG of what a search found, best first: picture, rank and score, file name. The query stands above; a picture that was
/// searched by comes first, in a blue frame.
/// </summary>
internal static class SearchSheet
{
    private const int Columns = 5;
    private const int Cell = 224;
    private const int Gap = 14;
    private const int Line = 17;
    private const int NameLines = 2;
    private const int Header = 40;
    private const int Row = Cell + ((NameLines + 1) * Line) + 8 + Gap;

    private sealed record Tile(string File, string Head, string Name, bool Framed);

    /// <param name="folder">That was searched.</param>
    /// <param name="title">The query.</param>
    /// <param name="like">The picture that was searched by; null: none.</param>
    /// <param name="hits">Best first, one at least.</param>
    /// <param name="file">The PNG.</param>
    /// <exception cref="RunError">The file cannot be written.</exception>
    public static void Write(string folder, string title, string? like, IReadOnlyList<SearchHit> hits, string file)
    {
        using var sheet = Draw(folder, title, like, hits);
        SheetFile.Write(sheet, file);
    }

    internal static SKBitmap Draw(string folder, string title, string? like, IReadOnlyList<SearchHit> hits)
    {
        Tile[] tiles =
        [
            .. like is null ? Array.Empty<Tile>() : [new Tile(like, "query", Path.GetFileName(like), true)],
            .. hits.Select(hit => new Tile(Path.Combine(folder, hit.Path), string.Create(CultureInfo.InvariantCulture, $"{hit.Rank}   {hit.Score:F3}"), hit.Path, false)),
        ];
        var width = Gap + (Math.Min(Columns, Math.Max(2, tiles.Length)) * (Cell + Gap));
        var bitmap = new SKBitmap(width, Header + ((tiles.Length + Columns - 1) / Columns * Row));
        using var canvas = new SKCanvas(bitmap);
        using var heading = new SheetText(18);
        using var text = new SheetText(13);
        using var frame = new SKPaint { Color = new SKColor(0x1F, 0x6F, 0xEB), Style = SKPaintStyle.Stroke, StrokeWidth = 4 };
        canvas.Clear(SKColors.White);
        heading.Draw(canvas, heading.Shorten(title, width - (2 * Gap)), Gap, 27);
        foreach (var (i, tile) in tiles.Index())
        {
            var (x, y) = (Gap + (i % Columns * (Cell + Gap)), Header + (i / Columns * Row));
            DrawPicture(canvas, tile.File, text, x, y);
            if (tile.Framed)
            {
                canvas.DrawRect(x + 2, y + 2, Cell - 4, Cell - 4, frame);
            }

            text.Draw(canvas, tile.Head, x, y + Cell + Line);
            foreach (var (line, words) in text.Wrap(tile.Name, Cell, NameLines).Index())
            {
                text.Draw(canvas, words, x, y + Cell + ((line + 2) * Line));
            }
        }

        return bitmap;
    }

    private static void DrawPicture(SKCanvas canvas, string file, SheetText text, int x, int y)
    {
        try
        {
            SheetPicture.Draw(canvas, File.ReadAllBytes(file), x, y, Cell);
        }
        catch (Exception error) when (error is SampleException or IOException or UnauthorizedAccessException)
        {
            // Gone or changed since it was found.
            SheetPicture.DrawGround(canvas, x, y, Cell);
            text.Draw(canvas, "cannot be read any more", x + 8, y + (Cell / 2));
        }
    }
}
