using System.Text.RegularExpressions;

namespace TiMix.Learning.Metrics;

/// <summary>
/// Accuracy of answers to questions about pictures as VQA v2 counts it (Goyal et al., 2017): an answer is right to the degree
/// min(people who gave it / 3, 1), averaged over leaving out one person after the other.
/// </summary>
public static partial class VqaAccuracy
{
    private const int Enough = 3;
    private static readonly string[] Articles = ["a", "an", "the"];
    private static readonly string[] Numbers = ["zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten"];

    /// <summary>In percent, mean over all questions.</summary>
    /// <param name="answers">One a question.</param>
    /// <param name="people">What people answered to the same question; one answer at least.</param>
    /// <exception cref="ArgumentException">Their numbers differ, or a question has no answer.</exception>
    public static double Compute(IReadOnlyList<string> answers, IReadOnlyList<IReadOnlyList<string>> people)
    {
        if (answers.Count != people.Count || answers.Count == 0)
        {
            throw new ArgumentException($"Every question needs an answer; got {answers.Count} answers to {people.Count} questions.");
        }

        return 100 * answers.Zip(people, Of).Average();
    }

    /// <summary>Of one question, from 0 to 1. With a single person: 1 if the answers are the same, else 0.</summary>
    public static double Of(string answer, IReadOnlyList<string> people)
    {
        if (people.Count == 0)
        {
            throw new ArgumentException("A question has no answer of a person.", nameof(people));
        }

        var given = Normalize(answer);
        bool[] same = [.. people.Select(person => Normalize(person) == given)];
        if (same.Length == 1)
        {
            return same[0] ? 1 : 0;
        }

        var count = same.Count(equal => equal);
        return same.Average(own => Math.Min((count - (own ? 1 : 0)) / (double)Math.Min(Enough, same.Length - 1), 1));
    }

    /// <summary>Lower case, without articles and punctuation, numbers up to ten as digits.</summary>
    public static string Normalize(string answer) => string.Join(
        ' ',
        Punctuation().Replace(ThousandsComma().Replace(answer.ToLowerInvariant(), ""), " ").Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries)
            .Where(word => !Articles.Contains(word))
            .Select(word => Array.IndexOf(Numbers, word) is >= 0 and var number ? number.ToString(System.Globalization.CultureInfo.InvariantCulture) : word));

    [GeneratedRegex(@"(?<=\d),(?=\d)")]
    private static partial Regex ThousandsComma();

    [GeneratedRegex(@"[^\w\s'.:]|(?<!\d)[.:]|[.:](?!\d)")]
    private static partial Regex Punctuation();
}
