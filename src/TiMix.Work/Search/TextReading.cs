using TiMix.Data.Text;

namespace TiMix.Work.Search;

/// <summary>What a model reads of a text.</summary>
/// <param name="Text">Cleaned as captions are.</param>
/// <param name="Unread">Words past the end of the model's context, in order; the first of them may be read in part.</param>
/// <param name="Unknown">
/// Words it reads that the vocabulary has no pieces for, or only letters, each once: the model hardly knows more than that there
/// is a word.
/// </param>
/// <param name="SaysNothing">It reads no other words.</param>
internal sealed record TextReading(string Text, IReadOnlyList<string> Unread, IReadOnlyList<string> Unknown, bool SaysNothing)
{
    /// <param name="text">As it was given.</param>
    /// <param name="tokenizer">Of the model.</param>
    /// <param name="contextLength">L: tokens with [CLS] and [SEP].</param>
    public static TextReading Of(string text, WordPieceTokenizer tokenizer, int contextLength)
    {
        var words = CaptionText.CleanWhole(text).Split(' ', StringSplitOptions.RemoveEmptyEntries);
        var (room, whole, saysNothing) = (contextLength - 2, 0, true);
        var unknown = new List<string>();
        foreach (var word in words.Take(CaptionText.MostWords))
        {
            // Three tokens a letter (a Korean syllable has three), [CLS] and [SEP]: no word is cut in this.
            var tokens = tokenizer.Encode(word, (3 * word.Length) + 2);
            var count = tokens.Count(token => token != tokenizer.PadId) - 2;
            var isUnknown = tokens.Contains(tokenizer.UnknownId) || IsSpelled(word, count);
            saysNothing &= isUnknown || room == 0;
            if (isUnknown && room > 0 && !unknown.Contains(word))
            {
                unknown.Add(word);
            }

            room -= count;
            if (room < 0)
            {
                break;
            }

            whole++;
        }

        return new TextReading(CaptionText.Clean(text), words[whole..], unknown, saysNothing);
    }

    /// <summary>A piece for each letter; characters that are words of their own (Chinese, from U+2E80) are none.</summary>
    private static bool IsSpelled(string word, int tokens) => tokens > 1 && tokens == word.Length && word.All(letter => letter < '\u2E80');
}
