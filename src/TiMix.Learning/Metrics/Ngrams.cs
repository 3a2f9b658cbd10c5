namespace TiMix.Learning.Metrics;

/// <summary>Runs of words of a sentence and how often each occurs.</summary>
internal static class Ngrams
{
    /// <summary>Words between white space; what they are (case, punctuation) is the caller's choice.</summary>
    public static string[] Words(string sentence) => sentence.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries);

    /// <summary>Counts of all runs of <paramref name="length"/> words, in the order of their text.</summary>
    public static SortedDictionary<string, int> Count(string[] words, int length)
    {
        var counts = new SortedDictionary<string, int>(StringComparer.Ordinal);
        for (var i = 0; i + length <= words.Length; i++)
        {
            var ngram = string.Join(' ', words, i, length);
            counts[ngram] = counts.GetValueOrDefault(ngram) + 1;
        }

        return counts;
    }
}
