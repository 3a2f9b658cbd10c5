namespace TiMix.Learning.Metrics;

/// <summary>
/// CIDEr-D (Vedantam et al., 2015), the form that is reported as CIDEr: the likeness of a caption's runs of 1 to 4 words to those
/// of its references, each weighted by how few pictures' references have it; counts clipped to the reference's, captions of
/// another length marked down by a Gaussian of σ = 6 words; times 10.
/// </summary>
public static class Cider
{
    private const int Longest = 4;
    private const double Sigma = 6;

    private sealed record Sentence(SortedDictionary<string, double>[] Weights, double[] Norms, int Words);

    /// <summary>Mean over all pictures; 10 is a perfect match; papers print 100 times it.</summary>
    /// <param name="candidates">One sentence a picture, words apart by white space.</param>
    /// <param name="references">Sentences of the same picture, one at least. Rarity is counted over all of them.</param>
    /// <exception cref="ArgumentException">Their numbers differ, or a picture has no reference.</exception>
    public static double Compute(IReadOnlyList<string> candidates, IReadOnlyList<IReadOnlyList<string>> references)
    {
        CaptionPairs.Check(candidates, references);
        var pictures = Enumerable.Range(0, Longest).Select(_ => new Dictionary<string, int>(StringComparer.Ordinal)).ToArray();
        foreach (var own in references)
        {
            for (var n = 1; n <= Longest; n++)
            {
                foreach (var ngram in own.SelectMany(reference => Ngrams.Count(Ngrams.Words(reference), n).Keys).Distinct(StringComparer.Ordinal))
                {
                    pictures[n - 1][ngram] = pictures[n - 1].GetValueOrDefault(ngram) + 1;
                }
            }
        }

        var logCount = Math.Log(references.Count);
        Sentence Weigh(string text)
        {
            var words = Ngrams.Words(text);
            var weights = Enumerable.Range(1, Longest).Select(n => new SortedDictionary<string, double>(
                Ngrams.Count(words, n).ToDictionary(
                    pair => pair.Key, pair => pair.Value * (logCount - Math.Log(Math.Max(1, pictures[n - 1].GetValueOrDefault(pair.Key))))),
                StringComparer.Ordinal)).ToArray();
            return new Sentence(weights, [.. weights.Select(vector => Math.Sqrt(vector.Values.Sum(value => value * value)))], words.Length);
        }

        return 10 * candidates.Zip(references, (candidate, own) =>
        {
            var sentence = Weigh(candidate);
            return own.Average(reference => Likeness(sentence, Weigh(reference)));
        }).Average();
    }

    private static double Likeness(Sentence candidate, Sentence reference)
    {
        var sum = 0.0;
        for (var n = 0; n < Longest; n++)
        {
            var product = 0.0;
            foreach (var (ngram, weight) in candidate.Weights[n])
            {
                var other = reference.Weights[n].GetValueOrDefault(ngram);
                product += Math.Min(weight, other) * other;
            }

            var norms = candidate.Norms[n] * reference.Norms[n];
            sum += norms == 0 ? 0 : product / norms;
        }

        var apart = candidate.Words - reference.Words;
        return sum / Longest * Math.Exp(-(apart * apart) / (2 * Sigma * Sigma));
    }
}
