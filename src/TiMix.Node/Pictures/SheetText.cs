using System.Text;
using SkiaSharp;

namespace TiMix.Node.Pictures;

/// <summary>
/// Text on a sheet in any alphabet, in a font of our own: a bare machine has none. What that font lacks (Chinese, emoji) is drawn
/// with a font of the machine that has it, or as an empty box.
/// </summary>
internal sealed class SheetText : IDisposable
{
    private static readonly SKColor Black = new(30, 30, 30);
    private readonly float _size;
    private readonly ShapedFont _own;
    private readonly SKPaint _ink = new() { IsAntialias = true };
    private readonly Dictionary<int, ShapedFont> _others = [];

    /// <param name="size">Height of the letters, pixels.</param>
    public SheetText(float size)
    {
        using var stream = typeof(SheetText).Assembly.GetManifestResourceStream("DejaVuSans.ttf")!;
        _size = size;
        _own = new ShapedFont(SKTypeface.FromStream(stream), size);
    }

    /// <summary>Draws one line from x on, the letters standing on y.</summary>
    public void Draw(SKCanvas canvas, string text, float x, float y, SKColor? color = null)
    {
        _ink.Color = color ?? Black;
        foreach (var (run, font) in TextRuns.Of(text, FontFor))
        {
            x += font.Draw(canvas, run, x, y, _ink);
        }
    }

    /// <summary>Pixels from the first letter to the last.</summary>
    public float Width(string text) => TextRuns.Of(text, FontFor).Sum(run => run.Font.Width(run.Text));

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
        foreach (var font in _others.Values.Append(_own).Distinct())
        {
            font.Dispose();
        }

        _ink.Dispose();
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

    private ShapedFont FontFor(int character)
    {
        if (_own.Has(character))
        {
            return _own;
        }

        if (!_others.TryGetValue(character, out var font))
        {
            var typeface = SKFontManager.Default.MatchCharacter(character);
            font = typeface is null ? _own : _others.Values.FirstOrDefault(known => known != _own && known.Family == typeface.FamilyName);
            if (font is null)
            {
                font = new ShapedFont(typeface!, _size);
            }
            else
            {
                typeface?.Dispose();
            }

            _others[character] = font;
        }

        return font;
    }
}
