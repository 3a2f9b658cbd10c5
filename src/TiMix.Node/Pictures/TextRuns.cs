using System.Text;

namespace TiMix.Node.Pictures;

/// <summary>
/// A line of text in parts of one font and one direction, from left to right as they stand on paper: the greater part of
/// Unicode's annex 9, without numbers inside of right-to-left text and without embedding.
/// </summary>
internal static class TextRuns
{
    private enum Direction
    {
        None,
        LeftToRight,
        RightToLeft,
    }

    /// <param name="text">One line.</param>
    /// <param name="fontOf">The font of a character.</param>
    public static IReadOnlyList<(string Text, T Font)> Of<T>(string text, Func<int, T> fontOf)
        where T : class
    {
        Rune[] runes = [.. text.EnumerateRunes()];
        var directions = Directions(runes);
        var runs = new List<(StringBuilder Text, T Font, Direction Direction)>();
        for (var i = 0; i < runes.Length; i++)
        {
            var font = fontOf(runes[i].Value);
            if (runs.Count == 0 || runs[^1].Font != font || runs[^1].Direction != directions[i])
            {
                runs.Add((new StringBuilder(), font, directions[i]));
            }

            runs[^1].Text.Append(runes[i].ToString());
        }

        // Where the line begins from the right, all of it is turned round, and what goes to the right in it turned back.
        var turned = Direction.RightToLeft;
        if (runs.Count > 0 && directions[0] == Direction.RightToLeft)
        {
            runs.Reverse();
            turned = Direction.LeftToRight;
        }

        for (var (first, end) = (0, 0); first < runs.Count; first = end)
        {
            for (end = first + 1; end < runs.Count && runs[end].Direction == runs[first].Direction; end++)
            {
            }

            if (runs[first].Direction == turned)
            {
                runs.Reverse(first, end - first);
            }
        }

        return [.. runs.Select(run => (run.Text.ToString(), run.Font))];
    }

    /// <summary>What has none of its own (blanks, stops) goes with its neighbours if they agree, else with the line.</summary>
    private static Direction[] Directions(Rune[] runes)
    {
        var own = Array.ConvertAll(runes, OwnDirection);
        var line = own.FirstOrDefault(direction => direction != Direction.None);
        line = line == Direction.None ? Direction.LeftToRight : line;
        var directions = new Direction[runes.Length];
        for (var (i, end) = (0, 0); i < runes.Length; i = end)
        {
            for (end = i; end < runes.Length && own[end] == Direction.None; end++)
            {
            }

            var before = i == 0 ? line : own[i - 1];
            var after = end == runes.Length ? line : own[end];
            directions.AsSpan(i, end - i).Fill(before == after ? before : line);
            if (end < runes.Length)
            {
                directions[end] = own[end];
                end++;
            }
        }

        return directions;
    }

    private static Direction OwnDirection(Rune rune) => rune.Value switch
    {
        >= 0x590 and <= 0x8FF or >= 0xFB1D and <= 0xFDFF or >= 0xFE70 and <= 0xFEFE or >= 0x10800 and <= 0x10FFF or >= 0x1E800 and <= 0x1EFFF =>
            Direction.RightToLeft,
        _ => Rune.IsLetterOrDigit(rune) || rune.Value > 0x3000 ? Direction.LeftToRight : Direction.None,
    };
}
