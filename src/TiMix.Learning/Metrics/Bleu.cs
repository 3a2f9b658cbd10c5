namespace TiMix.Learning.Metrics;

/// <summary>
/// BLEU of a whole corpus (Papineni et al., 2002): geometric mean of the clipped precisions of runs of 1 to 4 words, times the
/// brevity penalty. Without smoothing: a corpus none of whose runs of some length is found scores 0.
/// </summary>
public static class Bleu
{
    private const int Longest = 4;

    /// <summary>In percent.</summary>
    /// <param name="candidates">One sentence a picture, words apart by white space.</param>
    /// <param name="references">Sentences of the same picture, one at least.</param>
    /// <exception cref="ArgumentException">Their numbers differ, or a picture has no reference.</exception>
    public static double Compute(IReadOnlyList<string> candidates, IReadOnlyList<IReadOnlyList<string>> references)
    {
        CaptionPairs.Check(candidates, references);
        var (found, all) = (new long[Longest], new long[Longest]);
        long length = 0, closest = 0;
        foreach (var (candidate, own) in candidates.Zip(references))
        {
            var words = Ngrams.Words(candidate);
            var wanted = own.Select(Ngrams.Words).ToArray();
            length += words.Length;
            closest += wanted.Select(reference => reference.Length).OrderBy(size => Math.Abs(size - words.Length)).ThenBy(size => size).First();
            for (var n = 1; n <= Longest; n++)
            {
                var limits = wanted.Select(reference => Ngrams.Count(reference, n)).ToArray();
                foreach (var (ngram, count) in Ngrams.Count(words, n))
                {
                    all[n - 1] += count;
                    found[n - 1] += Math.Min(count, limits.Max(limit => limit.GetValueOrDefault(ngram)));
                }
            }
        }

        if (found.Contains(0))
        {
            return 0;
        }

        var precision = Math.Exp(found.Zip(all, (right, of) => Math.Log((double)right / of)).Average());
        return 100 * precision * (length >= closest ? 1 : Math.Exp(1 - ((double)closest / length)));
    }
}
