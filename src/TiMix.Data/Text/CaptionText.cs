using System.Globalization;
using System.Net;
using System.Text;

namespace TiMix.Data.Text;

/// <summary>One form of a text for captions and phrases, so that they can be compared word for word.</summary>
public static class CaptionText
{
    /// <summary>Words of a caption that are kept.</summary>
    public const int MostWords = 30;

    /// <summary>
    /// Lower case; letters, digits and marks of every alphabet and symbols (emoji among them) stay, apostrophes go, other
    /// punctuation and control characters part words; one blank between words; at most <see cref="MostWords"/> of them. Entities of
    /// HTML (&amp;amp;quot;) are what they stand for, also where they were written so twice, as CLIP reads them.
    /// </summary>
    public static string Clean(string text) => Cleaned(text, MostWords);

    /// <summary>The same with all of the words.</summary>
    public static string CleanWhole(string text) => Cleaned(text, int.MaxValue);

    /// <summary>Whether the words of the cleaned phrase stand in the cleaned text one after the other.</summary>
    public static bool Contains(string cleanedText, string cleanedPhrase)
    {
        if (cleanedPhrase.Length == 0)
        {
            return false;
        }

        var from = 0;
        while (true)
        {
            var at = cleanedText.IndexOf(cleanedPhrase, from, StringComparison.Ordinal);
            if (at < 0)
            {
                return false;
            }

            var end = at + cleanedPhrase.Length;
            if ((at == 0 || cleanedText[at - 1] == ' ') && (end == cleanedText.Length || cleanedText[end] == ' '))
            {
                return true;
            }

            from = at + 1;
        }
    }

    /// <summary>Whether a cleaned text has a word: a letter or a digit. Symbols alone say nothing that is learned from.</summary>
    public static bool HasWord(string cleanedText)
    {
        foreach (var rune in cleanedText.EnumerateRunes())
        {
            if (Rune.IsLetterOrDigit(rune) || Rune.GetUnicodeCategory(rune) == UnicodeCategory.LetterNumber)
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>Whether a flip would make the cleaned text wrong: it has the word left or right.</summary>
    public static bool SaysSide(string cleanedText) => Contains(cleanedText, "left") || Contains(cleanedText, "right");

    private static string Cleaned(string text, int mostWords)
    {
        text = text.Contains('&', StringComparison.Ordinal) ? WebUtility.HtmlDecode(WebUtility.HtmlDecode(text)) : text;
        var cleaned = new StringBuilder(Math.Min(text.Length, 1024));
        var words = 0;
        var inWord = false;
        foreach (var rune in text.EnumerateRunes())
        {
            var kind = Classify(rune);
            if (kind == Kind.Dropped)
            {
                continue;
            }

            if (kind == Kind.Gap)
            {
                inWord = false;
                continue;
            }

            if (!inWord)
            {
                if (words == mostWords)
                {
                    break;
                }

                if (words++ > 0)
                {
                    cleaned.Append(' ');
                }

                inWord = true;
            }

            var lower = Rune.ToLowerInvariant(rune);
            if (lower.IsBmp)
            {
                cleaned.Append((char)lower.Value);
            }
            else
            {
                cleaned.Append(lower.ToString());
            }
        }

        return cleaned.ToString();
    }

    private enum Kind
    {
        Kept,
        Dropped,
        Gap,
    }

    private static Kind Classify(Rune rune)
    {
        if (rune.IsAscii)
        {
            var c = (char)rune.Value;
            return char.IsAsciiLetterOrDigit(c) ? Kind.Kept
                : c == '\'' ? Kind.Dropped
                : c is '$' or '+' or '=' or '<' or '>' or '|' or '~' ? Kind.Kept
                : Kind.Gap;
        }

        if (rune.Value is 0xFFFD or 0x2018 or 0x2019 or 0x02BC)
        {
            return rune.Value == 0xFFFD ? Kind.Gap : Kind.Dropped;
        }

        return Rune.GetUnicodeCategory(rune) switch
        {
            UnicodeCategory.UppercaseLetter or UnicodeCategory.LowercaseLetter or UnicodeCategory.TitlecaseLetter
                or UnicodeCategory.ModifierLetter or UnicodeCategory.OtherLetter or UnicodeCategory.NonSpacingMark
                or UnicodeCategory.SpacingCombiningMark or UnicodeCategory.DecimalDigitNumber or UnicodeCategory.LetterNumber
                or UnicodeCategory.OtherNumber or UnicodeCategory.MathSymbol or UnicodeCategory.CurrencySymbol
                or UnicodeCategory.OtherSymbol or UnicodeCategory.OtherNotAssigned => Kind.Kept,
            UnicodeCategory.Format or UnicodeCategory.EnclosingMark or UnicodeCategory.ModifierSymbol => Kind.Dropped,
            _ => Kind.Gap,
        };
    }
}
