using System.Runtime.InteropServices;
using HarfBuzzSharp;
using SkiaSharp;
using Buffer = HarfBuzzSharp.Buffer;

namespace TiMix.Node.Pictures;

/// <summary>A font that joins letters, sets marks and writes from right to left where the script wants it (HarfBuzz).</summary>
internal sealed class ShapedFont : IDisposable
{
    // HarfBuzz counts in whole numbers: pixels times this.
    private const int Scale = 64;
    private readonly SKTypeface _typeface;
    private readonly SKFont _drawn;

    // HarfBuzz reads the font's tables where they lie for as long as it lives; Blob.FromStream would let them go at once.
    private readonly byte[] _tables;
    private readonly Blob _blob;
    private readonly Face _face;
    private readonly Font _shaping;

    /// <param name="typeface">Owned from now on.</param>
    /// <param name="size">Height of the letters, pixels.</param>
    public ShapedFont(SKTypeface typeface, float size)
    {
        _typeface = typeface;
        _drawn = new SKFont(typeface, size);
        using var stream = typeface.OpenStream(out var index);
        _tables = GC.AllocateUninitializedArray<byte>(stream.Length, pinned: true);
        stream.Read(_tables, _tables.Length);
        _blob = new Blob(Marshal.UnsafeAddrOfPinnedArrayElement(_tables, 0), _tables.Length, MemoryMode.ReadOnly);
        _face = new Face(_blob, index);
        _shaping = new Font(_face);
        _shaping.SetScale((int)(size * Scale), (int)(size * Scale));
        _shaping.SetFunctionsOpenType();
    }

    /// <summary>Name of the family.</summary>
    public string Family => _typeface.FamilyName;

    /// <summary>Whether it has a picture of the character.</summary>
    public bool Has(int character) => _drawn.ContainsGlyph(character);

    /// <summary>Pixels that a text of one script takes.</summary>
    public float Width(string text)
    {
        using var shaped = Shape(text);
        return shaped.GlyphPositions.Sum(glyph => glyph.XAdvance) / (float)Scale;
    }

    /// <summary>Draws a text of one script from x on, standing on y.</summary>
    /// <returns>Pixels that it takes.</returns>
    public float Draw(SKCanvas canvas, string text, float x, float y, SKPaint ink)
    {
        using var shaped = Shape(text);
        var (infos, positions) = (shaped.GlyphInfos, shaped.GlyphPositions);
        if (infos.Length == 0)
        {
            return 0;
        }

        var pen = 0f;
        var glyphs = new ushort[infos.Length];
        var points = new SKPoint[infos.Length];
        for (var i = 0; i < infos.Length; i++)
        {
            glyphs[i] = (ushort)infos[i].Codepoint;
            points[i] = new SKPoint(pen + (positions[i].XOffset / (float)Scale), -positions[i].YOffset / (float)Scale);
            pen += positions[i].XAdvance / (float)Scale;
        }

        using var builder = new SKTextBlobBuilder();
        builder.AddPositionedRun(glyphs, _drawn, points);
        using var drawn = builder.Build();
        canvas.DrawText(drawn, x, y, ink);
        return pen;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _shaping.Dispose();
        _face.Dispose();
        _blob.Dispose();
        GC.KeepAlive(_tables);
        _drawn.Dispose();
        _typeface.Dispose();
    }

    private Buffer Shape(string text)
    {
        var buffer = new Buffer();
        buffer.AddUtf16(text);
        buffer.GuessSegmentProperties();
        _shaping.Shape(buffer);
        return buffer;
    }
}
