using System.Globalization;

namespace TiMix.Data.Shards;

/// <summary>
/// Patterns of many files: <c>train-{000..007}.tar</c> counts (with the zeros as written), <c>{a,b}</c> lists; several braces multiply, the last one
/// runs fastest.
/// </summary>
public static class BraceRange
{
    private const int Most = 1_000_000;

    /// <summary>All names of the pattern, in order. Throws a <see cref="DataException"/> if the braces make no sense.</summary>
    public static IReadOnlyList<string> Expand(string pattern)
    {
        List<string> names = [""];
        var position = 0;
        while (position < pattern.Length)
        {
            var open = pattern.IndexOf('{', position);
            if (open < 0)
            {
                Append(names, [pattern[position..]]);
                break;
            }

            var close = pattern.IndexOf('}', open);
            if (close < 0)
            {
                throw new DataException($"{pattern}: a brace is opened and not closed; right would be train-{{000..007}}.tar or {{a,b}}.tar.");
            }

            Append(names, [pattern[position..open]]);
            Append(names, Alternatives(pattern, pattern[(open + 1)..close]));
            if (names.Count > Most)
            {
                throw new DataException($"{pattern}: stands for more than {Most} files.");
            }

            position = close + 1;
        }

        return names;
    }

    private static void Append(List<string> names, IReadOnlyList<string> endings)
    {
        if ((long)names.Count * endings.Count > Most)
        {
            throw new DataException($"A pattern of shards stands for more than {Most} files.");
        }

        var longer = (from name in names from ending in endings select name + ending).ToList();
        names.Clear();
        names.AddRange(longer);
    }

    private static IReadOnlyList<string> Alternatives(string pattern, string inside)
    {
        var dots = inside.IndexOf("..", StringComparison.Ordinal);
        if (dots < 0)
        {
            return inside.Split(',');
        }

        var (from, to) = (inside[..dots], inside[(dots + 2)..]);
        if (!int.TryParse(from, NumberStyles.None, CultureInfo.InvariantCulture, out var first)
            || !int.TryParse(to, NumberStyles.None, CultureInfo.InvariantCulture, out var last)
            || last < first || (long)last - first >= Most)
        {
            throw new DataException($"{pattern}: {{{inside}}} is not a range; right would be {{000..007}}, the first number not above the last.");
        }

        var zeros = from.Length > 1 && from[0] == '0' ? "D" + from.Length.ToString(CultureInfo.InvariantCulture) : "D";
        return Enumerable.Range(first, last - first + 1).Select(i => i.ToString(zeros, CultureInfo.InvariantCulture)).ToList();
    }
}
