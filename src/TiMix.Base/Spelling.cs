namespace TiMix.Base;

/// <summary>What somebody may have meant who wrote a name that is not known.</summary>
public static class Spelling
{
    /// <summary>Of a name's letters, how many may be wrong.</summary>
    public const double Near = 0.4;

    /// <summary>The known name that is nearest, if any is near: <c>trian</c> is train, <c>lr</c> is nobody's misspelling of floor.</summary>
    /// <param name="name">As written.</param>
    /// <param name="known">Names.</param>
    public static string? Nearest(string name, IEnumerable<string> known) =>
        known.Select(candidate => (Name: candidate, Distance: Distance(name, candidate))).Where(candidate => candidate.Distance <= Near)
            .OrderBy(candidate => candidate.Distance).ThenBy(candidate => candidate.Name, StringComparer.Ordinal).FirstOrDefault().Name;

    /// <summary>
    /// Letters to write, to leave out, to change or to swap with their neighbour, until one name is the other, as a share of the longer
    /// one; neither case nor anything but letters, digits and dots counts.
    /// </summary>
    public static double Distance(string one, string other)
    {
        var (a, b) = (Plain(one), Plain(other));
        var rows = new int[a.Length + 1, b.Length + 1];
        for (var i = 0; i <= a.Length; i++)
        {
            for (var j = 0; j <= b.Length; j++)
            {
                rows[i, j] = i == 0 || j == 0 ? i + j
                    : Math.Min(Math.Min(rows[i - 1, j], rows[i, j - 1]) + 1, rows[i - 1, j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1));
                if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
                {
                    rows[i, j] = Math.Min(rows[i, j], rows[i - 2, j - 2] + 1);
                }
            }
        }

        return (double)rows[a.Length, b.Length] / Math.Max(1, Math.Max(a.Length, b.Length));
    }

    private static string Plain(string name) => string.Concat(name.Where(letter => char.IsLetterOrDigit(letter) || letter == '.')).ToLowerInvariant();
}
