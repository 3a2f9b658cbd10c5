namespace TiMix.Actors.Monitoring;

/// <summary>How much a log takes.</summary>
internal sealed record LogLimits
{
    /// <summary>Lines a second; what comes beyond them is counted and left out.</summary>
    public int LinesPerSecond { get; init; } = 200;

    /// <summary>The same text again is counted and left out for so long.</summary>
    public TimeSpan SameAgain { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>Lines in that time that differ in their numbers alone (ports, steps): whoever knocks at a door does it from another port each time.</summary>
    public int Alike { get; init; } = 20;

    /// <summary>Different texts that are remembered as said before.</summary>
    public int Remembered { get; init; } = 256;

    /// <summary>Characters of an entry, its stack trace included; the rest is left out.</summary>
    public int Longest { get; init; } = 16_384;

    /// <summary>Bytes of a file. One that has more is put aside as NAME.1, in the place of the one before, and begun anew.</summary>
    public long MostBytes { get; init; } = 64 << 20;
}

/// <summary>
/// Which lines a log takes, so that nobody who makes it speak can fill a disk by it: the same text is written once and then counted,
/// and of too many in a second the rest is counted. What was left out is said before the next line that is written.
/// </summary>
/// <param name="limits">How much.</param>
internal sealed class LogPace(LogLimits limits)
{
    private sealed class Entry
    {
        public TimeSpan SaidAt { get; set; }

        public long Since { get; set; }

        public long Said { get; set; }

        public long Like { get; set; }
    }

    private readonly Dictionary<string, Entry> _said = new(StringComparer.Ordinal);
    private readonly Dictionary<string, Entry> _shapes = new(StringComparer.Ordinal);
    private TimeSpan _second = TimeSpan.MinValue;
    private int _inSecond;
    private long _tooMany;

    private string Crowd => $"{_tooMany} lines are left out here: more than {limits.LinesPerSecond} in a second";

    private IEnumerable<string> AlikeLeftOut =>
        _shapes.Where(pair => pair.Value.Since > 0).Select(pair => $"{pair.Value.Since} lines like this are left out: {pair.Key}");

    /// <summary>What is to be written for an entry, without the end of the last line; empty: nothing.</summary>
    /// <param name="text">The entry without its time.</param>
    /// <param name="now">Of any one clock.</param>
    public IReadOnlyList<string> Take(string text, TimeSpan now)
    {
        text = text.Length <= limits.Longest ? text : $"{text[..limits.Longest]} … ({text.Length - limits.Longest} characters more)";
        if (_said.TryGetValue(text, out var said) && now - said.SaidAt < limits.SameAgain)
        {
            said.Since++;
            return [];
        }

        var shape = ShapeOf(text);
        if (!_shapes.TryGetValue(shape, out var alike) || now - alike.SaidAt >= limits.SameAgain)
        {
            _shapes[shape] = new Entry { SaidAt = now, Like = alike?.Since ?? 0 };
        }
        else if (alike.Said >= limits.Alike)
        {
            alike.Since++;
            return [];
        }

        if (_second == TimeSpan.MinValue || now - _second >= TimeSpan.FromSeconds(1))
        {
            (_second, _inSecond) = (now, 0);
        }

        if (_inSecond >= limits.LinesPerSecond)
        {
            _tooMany++;
            return [];
        }

        _inSecond++;
        List<string> lines = [];
        if (_tooMany > 0)
        {
            lines.Add(Crowd);
            _tooMany = 0;
        }

        var told = _shapes[shape];
        told.Said++;
        if (told.Like > 0)
        {
            lines.Add($"{told.Like} lines like the next one, but for their numbers, are left out here");
            told.Like = 0;
        }

        lines.AddRange(Forget(now, text));
        lines.Add(said is { Since: > 0 } ? Again(text, said) : text);
        _said[text] = new Entry { SaidAt = now };
        return lines;
    }

    /// <summary>What is still to be said of what was left out, at the end.</summary>
    public IReadOnlyList<string> Rest() =>
    [
        .. _tooMany == 0 ? Array.Empty<string>() : [Crowd],
        .. AlikeLeftOut,
        .. _said.Where(pair => pair.Value.Since > 0).Select(pair => Again(pair.Key, pair.Value)),
    ];

    private static string ShapeOf(string text) => string.Concat(text.Select(c => char.IsAsciiDigit(c) ? '#' : c)).Replace("##", "#", StringComparison.Ordinal)
        .Replace("##", "#", StringComparison.Ordinal).Replace("##", "#", StringComparison.Ordinal);

    private static string Again(string text, Entry entry) => $"{text} ({entry.Since} times more since it was said last)";

    /// <summary>What is said of the texts that are remembered no longer.</summary>
    private List<string> Forget(TimeSpan now, string but)
    {
        List<string> lines = [];
        if (_shapes.Count > limits.Remembered)
        {
            lines.AddRange(AlikeLeftOut);
            _shapes.Clear();
        }

        if (_said.Count < limits.Remembered)
        {
            return lines;
        }

        var old = _said.Where(pair => now - pair.Value.SaidAt >= limits.SameAgain && pair.Key != but).Select(pair => pair.Key).ToList();
        foreach (var text in old.Count > 0 ? old : [.. _said.Keys.Where(key => key != but)])
        {
            if (_said.Remove(text, out var entry) && entry.Since > 0)
            {
                lines.Add(Again(text, entry));
            }
        }

        return lines;
    }
}
