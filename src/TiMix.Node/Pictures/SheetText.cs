using System.Text;
using SkiaSharp;

namespace TiMix.Node.Pictures;

/// <summary>
/// Text on a sheet, in a font of our own: a bare machine has none. What that font lacks (Chinese, emoji) is drawn with a font of
/// the machine that has it, or as an empty box.
/// </summary>
internal sealed class SheetText : IDisposable
{
    private readonly SKTypeface _own;
    private readonly SKFont _font;
    private readonly SKPaint _ink = new() { Color = new SKColor(30, 30, 30), IsAntialias = true };
    private readonly Dictionary<int, SKFont> _others = [];

    /// <param name="size">Height of the letters, pixels.</param>
    public SheetText(float size)
    {
        using var stream = typeof(SheetText).Assembly.GetManifestResourceStream("DejaVuSans.ttf")!;
        _own = SKTypeface.FromStream(stream);
        _font = new SKFont(_own, size);
    }

    /// <summary>Draws one line from left to right, the letters standing on y.</summary>
    public void Draw(SKCanvas canvas, string text, float x, float y)
    {
        foreach (var (run, font) in Runs(text))
        {
            canvas.DrawText(run, x, y, SKTextAlign.Left, font, _ink);
            x += font.MeasureText(run);
        }
    }

    /// <summary>Pixels from the first letter to the last.</summary>
    public float Width(string text) => Runs(text).Sum(run => run.Font.MeasureText(run.Text));

    /// <summary>Cuts a text into lines no wider than asked for, at blanks where there are any; what does not fit ends in an ellipsis.</summary>
    public IReadOnlyList<string> Wrap(string text, float width, int lines)
    {
        List<string> wrapped = [];
        var rest = Printable(text);
        while (rest.Length > 0)
        {
            if (wrapped.Count == lines)
            {
                wrapped[^1] = Shorten(wrapped[^1] + "…", width);
                break;
            }

            var fits = Fitting(rest, width);
            var blank = fits < rest.Length ? rest.LastIndexOf(' ', fits) : -1;
            var end = blank > 0 ? blank : fits;
            wrapped.Add(rest[..end]);
            rest = rest[end..].TrimStart();
        }

        return wrapped;
    }

    /// <summary>One line no wider than asked for.</summary>
    public string Shorten(string text, float width)
    {
        text = Printable(text);
        return Fitting(text, width) == text.Length ? text : text[..Fitting(text, width - Width("…"))].TrimEnd() + "…";
    }

    public void Dispose()
    {
        foreach (var font in _others.Values.Where(font => font != _font).Distinct())
        {
            font.Typeface.Dispose();
            font.Dispose();
        }

        _ink.Dispose();
        _font.Dispose();
        _own.Dispose();
    }

    /// <summary>Characters from the start that fit, one at least; a surrogate pair is not parted.</summary>
    private int Fitting(string text, float width)
    {
        var (low, high) = (1, text.Length);
        while (low < high)
        {
            var middle = (low + high + 1) / 2;
            if (Width(text[..middle]) <= width)
            {
                low = middle;
            }
            else
            {
                high = middle - 1;
            }
        }

        return low < text.Length && char.IsHighSurrogate(text[low - 1]) ? (low > 1 ? low - 1 : low + 1) : low;
    }

    /// <summary>One line, without what is no character.</summary>
    private static string Printable(string text)
    {
        var printable = new StringBuilder(Math.Min(text.Length, 2000));
        foreach (var rune in text.EnumerateRunes().Take(2000))
        {
            printable.Append(Rune.IsControl(rune) || Rune.IsWhiteSpace(rune) ? " " : rune.ToString());
        }

        return printable.ToString().Trim();
    }

    private IEnumerable<(string Text, SKFont Font)> Runs(string text)
    {
        var run = new StringBuilder();
        SKFont? font = null;
        foreach (var rune in text.EnumerateRunes())
        {
            var next = FontFor(rune.Value);
            if (font is not null && next != font)
            {
                yield return (run.ToString(), font);
                run.Clear();
            }

            font = next;
            run.Append(rune.ToString());
        }

        if (font is not null)
        {
            yield return (run.ToString(), font);
        }
    }

    private SKFont FontFor(int character)
    {
        if (_font.ContainsGlyph(character))
        {
            return _font;
        }

        if (!_others.TryGetValue(character, out var font))
        {
            var typeface = SKFontManager.Default.MatchCharacter(character);
            font = typeface is null ? _font
                : _others.Values.FirstOrDefault(known => known != _font && known.Typeface.FamilyName == typeface.FamilyName) ?? new SKFont(typeface, _font.Size);
            _others[character] = font;
        }

        return font;
    }
}
