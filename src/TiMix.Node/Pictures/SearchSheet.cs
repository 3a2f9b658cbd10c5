using System.Globalization;
using SkiaSharp;
using TiMix.Base;
using TiMix.Data;
using TiMix.Data.Pictures;
using TiMix.Work.Search;

namespace TiMix.Node.Pictures;

/// <summary>What stands above the pictures of a sheet.</summary>
/// <param name="Query">The words, or the name of the picture that was searched by.</param>
/// <param name="Source">What was searched, and by which model.</param>
/// <param name="Warnings">What the model does not understand of the query.</param>
internal sealed record SheetHead(string Query, string Source, IReadOnlyList<string> Warnings);

/// <summary>
/// A PNG of what a search found, best first: picture, rank and score, file name. The query stands above; a picture that was
/// searched by comes first, in a blue frame.
/// </summary>
internal static class SearchSheet
{
    internal const int Columns = 5;
    internal const int Cell = 224;
    internal const int Gap = 16;
    private const int Line = 17;
    private const int NameLines = 2;
    private static readonly SKColor Grey = new(110, 110, 110);
    private static readonly SKColor Red = new(0xB4, 0x23, 0x18);
    private static readonly SKColor Blue = new(0x1F, 0x6F, 0xEB);

    private sealed record Tile(string File, string Rank, string Score, string Name, bool Framed);

    /// <param name="folder">That was searched.</param>
    /// <param name="head">Stands above.</param>
    /// <param name="like">The picture that was searched by; null: none.</param>
    /// <param name="hits">Best first, one at least.</param>
    /// <param name="file">The PNG.</param>
    /// <exception cref="RunError">The file cannot be written.</exception>
    public static void Write(string folder, SheetHead head, string? like, IReadOnlyList<SearchHit> hits, string file)
    {
        using var sheet = Draw(folder, head, like, hits);
        SheetFile.Write(sheet, file);
    }

    internal static int HeadHeight(SheetHead head) => Gap + 24 + ((1 + head.Warnings.Count) * (Line + 2)) + 14;

    internal static SKBitmap Draw(string folder, SheetHead head, string? like, IReadOnlyList<SearchHit> hits)
    {
        Tile[] tiles =
        [
            .. like is null ? Array.Empty<Tile>() : [new Tile(like, "query", "", Path.GetFileName(like), true)],
            .. hits.Select(hit => new Tile(Path.Combine(folder, hit.Path), hit.Rank.ToString(CultureInfo.InvariantCulture), hit.Score.ToString(
                "F3", CultureInfo.InvariantCulture), hit.Path, false)),
        ];
        using var heading = new SheetText(20);
        using var rank = new SheetText(15);
        using var text = new SheetText(13);
        var names = Array.ConvertAll(tiles, tile => text.Wrap(tile.Name, Cell, NameLines));
        var heights = names.Chunk(Columns).Select(row => Cell + 24 + (row.Max(lines => lines.Count) * Line) + Gap).ToArray();
        var width = Gap + (Math.Clamp(tiles.Length, 3, Columns) * (Cell + Gap));
        var top = HeadHeight(head);
        var bitmap = new SKBitmap(width, top + heights.Sum());
        using var canvas = new SKCanvas(bitmap);
        using var frame = new SKPaint { Color = Blue, Style = SKPaintStyle.Stroke, StrokeWidth = 4 };
        canvas.Clear(SKColors.White);
        var room = width - (2 * Gap);
        heading.Draw(canvas, heading.Shorten(head.Query, room), Gap, Gap + 18);
        text.Draw(canvas, text.Shorten(head.Source, room), Gap, Gap + 24 + Line, Grey);
        foreach (var (i, warning) in head.Warnings.Index())
        {
            text.Draw(canvas, text.Shorten(warning, room), Gap, Gap + 24 + Line + ((i + 1) * (Line + 2)), Red);
        }

        foreach (var (i, tile) in tiles.Index())
        {
            var (x, y) = (Gap + (i % Columns * (Cell + Gap)), top + heights.Take(i / Columns).Sum());
            DrawPicture(canvas, tile.File, text, x, y);
            if (tile.Framed)
            {
                canvas.DrawRect(x + 2, y + 2, Cell - 4, Cell - 4, frame);
            }

            rank.Draw(canvas, tile.Rank, x, y + Cell + 19);
            rank.Draw(canvas, tile.Score, x + Cell - rank.Width(tile.Score), y + Cell + 19);
            foreach (var (line, words) in names[i].Index())
            {
                text.Draw(canvas, words, x, y + Cell + 20 + ((line + 1) * Line), Grey);
            }
        }

        return bitmap;
    }

    private static void DrawPicture(SKCanvas canvas, string file, SheetText text, int x, int y)
    {
        try
        {
            SheetPicture.Draw(canvas, PictureReader.Bytes(file), x, y, Cell);
        }
        catch (SampleException)
        {
            // Gone or changed since it was found.
            SheetPicture.DrawGround(canvas, x, y, Cell);
            text.Draw(canvas, "cannot be read any more", x + 8, y + (Cell / 2));
        }
    }
}
