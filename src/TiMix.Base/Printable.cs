namespace TiMix.Base;

/// <summary>Texts that others have made, for a terminal and for logs of one line an entry.</summary>
public static class Printable
{
    /// <summary>The text without control characters: none of it moves the cursor, ends the line or gives a terminal an order.</summary>
    public static string Of(string text) => text.Any(IsControl) ? string.Concat(text.Select(Shown)) : text;

    private static char Shown(char c) => c is '\n' or '\r' or '\t' ? ' ' : IsControl(c) ? '\uFFFD' : c;

    /// <summary>Whether a character is none that is seen.</summary>
    public static bool IsControl(char c) => char.IsControl(c) || c is '\u2028' or '\u2029';
}
