using System.Globalization;
using System.Text;

namespace TiMix.Data.Text;

/// <summary>
/// Unicode's canonical decomposition (NFD) of one character, with the marks that uncased models drop (category Mn) left out. The
/// runtime does not decompose under invariant globalization; the table is written by <c>tools/compare/words.py</c>.
/// </summary>
internal static class Decompositions
{
    private const int FirstSyllable = 0xAC00, Syllables = 11172, Vowels = 21, Tails = 28;
    private static readonly Dictionary<int, Rune[]> Table = Read();

    /// <summary>What is left of a character, in order; none: it is a mark.</summary>
    public static void Append(Rune rune, List<Rune> to)
    {
        if (rune.Value < 0xC0)
        {
            to.Add(rune);
        }
        else if (rune.Value - FirstSyllable is >= 0 and < Syllables and var syllable)
        {
            to.Add(new Rune(0x1100 + (syllable / (Vowels * Tails))));
            to.Add(new Rune(0x1161 + (syllable % (Vowels * Tails) / Tails)));
            if (syllable % Tails is > 0 and var tail)
            {
                to.Add(new Rune(0x11A7 + tail));
            }
        }
        else if (Table.TryGetValue(rune.Value, out var parts))
        {
            to.AddRange(parts);
        }
        else if (Rune.GetUnicodeCategory(rune) != UnicodeCategory.NonSpacingMark)
        {
            to.Add(rune);
        }
    }

    private static Dictionary<int, Rune[]> Read()
    {
        using var lines = new StreamReader(typeof(Decompositions).Assembly.GetManifestResourceStream("TiMix.Data.Text/decompositions.txt")!);
        var table = new Dictionary<int, Rune[]>();
        while (lines.ReadLine() is { } line)
        {
            var codes = Array.ConvertAll(line.Split(' '), code => int.Parse(code, NumberStyles.HexNumber, CultureInfo.InvariantCulture));
            table[codes[0]] = Array.ConvertAll(codes[1..], code => new Rune(code));
        }

        return table;
    }
}
