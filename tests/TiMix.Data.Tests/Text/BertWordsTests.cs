using System.Globalization;
using TiMix.Data.Text;

namespace TiMix.Data.Tests.Text;

/// <summary>Compares with what <c>tools/compare/words.py</c> wrote down of transformers' rules, for every code point that Unicode 14 has.</summary>
public sealed class BertWordsTests
{
    [Fact]
    public void Every_character_becomes_what_it_becomes_in_transformers()
    {
        var wrong = new List<string>();
        var (compared, changed) = (0, 0);
        foreach (var (first, last, what) in Reference())
        {
            for (var code = first; code <= last; code++)
            {
                var character = char.ConvertFromUtf32(code);
                var expected = what switch
                {
                    "gone" => "ab",
                    "space" => "a|b",
                    "alone" => $"a|{character}|b",
                    "in" => $"a{character}b",
                    _ => string.Join('|', what[1..].Split('|').Select(word => string.Concat(word.Split(' ').Select(One)))),
                };
                var actual = string.Join('|', BertWords.Of($"a{character}b"));
                compared++;
                changed += what == "in" ? 0 : 1;
                if (actual != expected && code != 0x1171E) // a mark of Ahom that a later Unicode calls one that takes room
                {
                    wrong.Add($"U+{code:X} {CharUnicodeInfo.GetUnicodeCategory(code)}: {actual}, expected {expected}");
                }
            }
        }

        Assert.True(wrong.Count == 0, $"{wrong.Count} of {compared}: {string.Join("; ", wrong.Take(20))}");
        Assert.InRange(compared, 250_000, 300_000);
        Assert.InRange(changed, 50_000, compared);
    }

    [Theory]
    [InlineData("$5.00 + tax", "$", "5", ".", "00", "+", "tax")]
    [InlineData("a<b|c~d^e`f=g", "a", "<", "b", "|", "c", "~", "d", "^", "e", "`", "f", "=", "g")]
    [InlineData("½ cup © 2020", "½", "cup", "©", "2020")]
    [InlineData("I ❤ 🍎🍐!", "i", "❤", "🍎🍐", "!")]
    [InlineData("हिन्दी में", "हिनदी", "म")]
    [InlineData("বাংলা ভাষা", "বাংলা", "ভাষা")]
    [InlineData("தமிழ்", "தமிழ")]
    [InlineData("မြန်မာ", "မြနမာ")]
    [InlineData("한국 x", "\u1112\u1161\u11AB\u1100\u116E\u11A8", "x")]
    [InlineData("İSTANBUL Ệ", "istanbul", "e")]
    [InlineData("zero\u200Bwidth\u00ADsoft\tx\u2028y", "zerowidthsoft", "x", "y")]
    public void Symbols_stand_for_themselves_and_marks_stay_in_their_word(string text, params string[] words) => Assert.Equal(words, BertWords.Of(text));

    private static string One(string code) => char.ConvertFromUtf32(int.Parse(code, NumberStyles.HexNumber, CultureInfo.InvariantCulture));

    private static IEnumerable<(int First, int Last, string What)> Reference()
    {
        using var lines = new StreamReader(typeof(BertWordsTests).Assembly.GetManifestResourceStream("bert-words.txt")!);
        while (lines.ReadLine() is { } line)
        {
            var parts = line.Split(' ', 3);
            yield return (
                int.Parse(parts[0], NumberStyles.HexNumber, CultureInfo.InvariantCulture),
                int.Parse(parts[1], NumberStyles.HexNumber, CultureInfo.InvariantCulture),
                parts[2]);
        }
    }
}
