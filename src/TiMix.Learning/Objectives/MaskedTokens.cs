using TiMix.Base;
using TiMix.Learning.Model;

namespace TiMix.Learning.Objectives;

/// <summary>
/// Captions with hidden words (BERT, section 3.1). Each word is chosen with the same chance; a caption of which none was chosen
/// gets one all the same, so that every caption with a word takes part. A chosen word is, with 80 %, 10 % and 10 %, replaced by
/// [MASK], replaced by any word of the vocabulary, or left as it is.
/// </summary>
/// <param name="Tokens">[b, L], what the model sees.</param>
/// <param name="Rows">[p], caption of each chosen word, ascending.</param>
/// <param name="Columns">[p], its place in the caption, ascending within one.</param>
/// <param name="Targets">[p], the word that stood there.</param>
public sealed record MaskedTokens(int[] Tokens, int[] Rows, int[] Columns, int[] Targets)
{
    /// <summary>A pure function of its arguments, so that teacher and student hide the same words without telling each other.</summary>
    /// <param name="tokens">[b, L], padded with 0.</param>
    /// <param name="count">b.</param>
    /// <param name="vocabularySize">V.</param>
    /// <param name="special">Ids that are never chosen and never put in.</param>
    /// <param name="share">Chance that a word is chosen.</param>
    /// <param name="seed">Of this micro-batch in this step.</param>
    public static MaskedTokens Of(ReadOnlySpan<int> tokens, int count, int vocabularySize, SpecialTokens special, double share, ulong seed)
    {
        var random = new SeededRandom(seed);
        var seen = tokens.ToArray();
        var length = tokens.Length / count;
        var (rows, columns, targets) = (new List<int>(), new List<int>(), new List<int>());
        for (var row = 0; row < count; row++)
        {
            var words = Enumerable.Range(0, length).Where(column => special.IsWord(seen[(row * length) + column])).ToList();
            if (words.Count == 0)
            {
                continue;
            }

            var chosen = new List<int>();
            foreach (var column in words)
            {
                if (random.NextDouble() < share)
                {
                    chosen.Add(column);
                }
            }

            if (chosen.Count == 0)
            {
                chosen.Add(words[random.NextInt(words.Count)]);
            }

            foreach (var column in chosen)
            {
                ref var token = ref seen[(row * length) + column];
                rows.Add(row);
                columns.Add(column);
                targets.Add(token);
                token = random.NextDouble() switch
                {
                    < 0.8 => special.Mask,
                    < 0.9 => AnyWord(ref random, vocabularySize, special),
                    _ => token,
                };
            }
        }

        return new MaskedTokens(seen, [.. rows], [.. columns], [.. targets]);
    }

    private static int AnyWord(ref SeededRandom random, int vocabularySize, SpecialTokens special)
    {
        while (true)
        {
            var id = random.NextInt(vocabularySize);
            if (special.IsWord(id))
            {
                return id;
            }
        }
    }
}
