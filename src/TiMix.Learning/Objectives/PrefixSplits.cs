using TiMix.Base;
using TiMix.Learning.Model;
using TiMix.Learning.Steps;

namespace TiMix.Learning.Objectives;

/// <summary>
/// Captions split in two (timix.md, losses, 5): the beginning is given, the rest is to be written. At random, 0 to n-1 of n words
/// are given; 0 is what a captioner is asked, and one word at least is left to write. Words are split at the vocabulary's pieces,
/// so the decoder also learns to end a word that is begun.
/// </summary>
/// <param name="Prefixes">[b, L]: [CLS], the words that are given, [SEP], padding.</param>
/// <param name="Inputs">[b, L], what the decoder is given: [CLS], the words that are to be written, padding.</param>
/// <param name="Rows">[p], caption of each prediction, ascending.</param>
/// <param name="Columns">[p], place in <paramref name="Inputs"/> after which the target comes.</param>
/// <param name="Targets">[p]: the words that are to be written, then [SEP].</param>
public sealed record PrefixSplits(int[] Prefixes, int[] Inputs, int[] Rows, int[] Columns, int[] Targets)
{
    /// <summary>A pure function of its arguments, so that teacher and student split alike without telling each other.</summary>
    /// <param name="tokens">[b, L], padded with 0: [CLS], words, [SEP].</param>
    /// <param name="count">b.</param>
    /// <param name="special">Ids that are no words.</param>
    /// <param name="seed">Of this micro-batch in this step.</param>
    /// <param name="mode">What is given.</param>
    public static PrefixSplits Of(ReadOnlySpan<int> tokens, int count, SpecialTokens special, ulong seed, PrefixMode mode = PrefixMode.Random)
    {
        var random = new SeededRandom(seed);
        var length = tokens.Length / count;
        var (prefixes, inputs) = (new int[tokens.Length], new int[tokens.Length]);
        var (rows, columns, targets) = (new List<int>(), new List<int>(), new List<int>());
        for (var row = 0; row < count; row++)
        {
            int[] ids = tokens.Slice(row * length, length).ToArray();
            int[] words = [.. ids.Where(special.IsWord)];
            var given = mode switch
            {
                PrefixMode.Empty => 0,
                PrefixMode.First => ids.TakeWhile(id => id != special.Separator).Count(special.IsWord),
                _ => words.Length == 0 ? 0 : random.NextInt(words.Length),
            };
            int[] prefix = [special.Class, .. words[..given], special.Separator];
            int[] input = [special.Class, .. words[given..]];
            prefix.CopyTo(prefixes.AsSpan(row * length, length));
            input.CopyTo(inputs.AsSpan(row * length, length));
            if (words.Length == given)
            {
                continue;
            }

            int[] rest = [.. words[given..], special.Separator];
            for (var column = 0; column < rest.Length; column++)
            {
                rows.Add(row);
                columns.Add(column);
                targets.Add(rest[column]);
            }
        }

        return new PrefixSplits(prefixes, inputs, [.. rows], [.. columns], [.. targets]);
    }
}
