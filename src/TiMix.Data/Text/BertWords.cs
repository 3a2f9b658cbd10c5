using System.Globalization;
using System.Text;

namespace TiMix.Data.Text;

/// <summary>
/// A text as BERT's uncased models part it before WordPiece (transformers' BertTokenizer with <c>do_lower_case</c>): control
/// characters go, Chinese stands character by character, accents go (NFD without category Mn), lower case, every ASCII symbol and
/// every character of punctuation is a word of its own. Other symbols, and marks that take room (Mc, vowel signs of Indic
/// scripts), stay in their word.
/// </summary>
internal static class BertWords
{
    /// <summary>The words in order.</summary>
    public static List<string> Of(string text)
    {
        List<string> words = [];
        List<Rune> parts = [];
        var word = new StringBuilder();
        foreach (var rune in text.EnumerateRunes())
        {
            if (IsRemoved(rune))
            {
                continue;
            }

            if (IsSpace(rune))
            {
                End(word, words);
                continue;
            }

            var alone = IsChinese(rune.Value);
            if (alone)
            {
                End(word, words);
            }

            parts.Clear();
            Decompositions.Append(rune, parts);
            foreach (var part in parts)
            {
                var lower = Rune.ToLowerInvariant(part);
                if (IsPunctuation(lower))
                {
                    End(word, words);
                    words.Add(lower.ToString());
                }
                else
                {
                    word.Append(lower.ToString());
                }
            }

            if (alone)
            {
                End(word, words);
            }
        }

        End(word, words);
        return words;
    }

    private static void End(StringBuilder word, List<string> words)
    {
        if (word.Length > 0)
        {
            words.Add(word.ToString());
            word.Clear();
        }
    }

    /// <summary>Control characters (all of category C but tabs and line ends) and what stands for bytes that were no text.</summary>
    private static bool IsRemoved(Rune rune) => rune.Value == 0xFFFD || (rune.Value is not ('\t' or '\n' or '\r') && Rune.GetUnicodeCategory(rune)
        is UnicodeCategory.Control or UnicodeCategory.Format or UnicodeCategory.Surrogate or UnicodeCategory.PrivateUse or UnicodeCategory.OtherNotAssigned);

    private static bool IsSpace(Rune rune) => rune.Value is '\t' or '\n' or '\r' || Rune.GetUnicodeCategory(rune)
        is UnicodeCategory.SpaceSeparator or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator;

    private static bool IsPunctuation(Rune rune) => rune.IsAscii
        ? rune.Value is > ' ' and < 0x7F && !char.IsAsciiLetterOrDigit((char)rune.Value)
        : Rune.IsPunctuation(rune);

    private static bool IsChinese(int code) => code is (>= 0x4E00 and <= 0x9FFF) or (>= 0x3400 and <= 0x4DBF) or (>= 0x20000 and <= 0x2A6DF)
        or (>= 0x2A700 and <= 0x2B73F) or (>= 0x2B740 and <= 0x2B81F) or (>= 0x2B820 and <= 0x2CEAF) or (>= 0xF900 and <= 0xFAFF)
        or (>= 0x2F800 and <= 0x2FA1F);
}
