using System.Globalization;
using System.Text.RegularExpressions;

namespace TiMix.Data.Shards;

/// <summary>Names of shards to be written: <c>train-{000..}.tar</c> counts as far as need be, <c>{000..099}</c> to its end, no brace is one file.</summary>
public sealed partial class ShardPattern
{
    private readonly string _before = "";
    private readonly string _after = "";
    private readonly int _digits;
    private readonly int _first;
    private readonly int? _last;

    /// <param name="pattern">A path; a brace only in the file's name.</param>
    /// <exception cref="DataException">It is none.</exception>
    public ShardPattern(string pattern)
    {
        Text = pattern;
        Directory = Path.GetDirectoryName(Path.GetFullPath(pattern)) ?? "/";
        var name = Path.GetFileName(pattern);
        if (!name.EndsWith(".tar", StringComparison.Ordinal) || Directory.Contains('{', StringComparison.Ordinal))
        {
            throw Wrong(pattern);
        }

        if (!name.Contains('{', StringComparison.Ordinal) && !name.Contains('}', StringComparison.Ordinal))
        {
            _before = name;
            return;
        }

        var match = Range().Match(name);
        if (!match.Success || !int.TryParse(match.Groups["first"].Value, NumberStyles.None, CultureInfo.InvariantCulture, out _first))
        {
            throw Wrong(pattern);
        }

        Counts = true;
        (_before, _after, _digits) = (match.Groups["before"].Value, match.Groups["after"].Value, match.Groups["first"].Length);
        if (match.Groups["last"] is { Length: > 0 } end)
        {
            _last = int.TryParse(end.Value, NumberStyles.None, CultureInfo.InvariantCulture, out var last) && last >= _first ? last : throw Wrong(pattern);
        }
    }

    /// <summary>As given.</summary>
    public string Text { get; }

    /// <summary>Where the shards are, full path.</summary>
    public string Directory { get; }

    /// <summary>Whether there may be more than one.</summary>
    public bool Counts { get; }

    /// <summary>The path of a shard, from 0.</summary>
    /// <exception cref="DataException">The pattern ends before it.</exception>
    public string PathOf(int shard)
    {
        if (_first + shard > _last)
        {
            throw new DataException(
                $"{Text}: more than {shard} shards are needed; right would be {_before}{{{Number(0)}..}}{_after}, or larger shards by --shard-size.");
        }

        return Path.Combine(Directory, Counts ? _before + Number(shard) + _after : _before);
    }

    /// <summary>The pattern that names exactly so many shards, for reading.</summary>
    public string ForReading(int shards) => Path.Combine(
        Path.GetDirectoryName(Text) ?? "", Counts && shards > 1 ? $"{_before}{{{Number(0)}..{Number(shards - 1)}}}{_after}" : Path.GetFileName(PathOf(0)));

    /// <summary>Files that are there and have a name of the pattern, whatever their number, with <paramref name="ending"/> behind it.</summary>
    public IReadOnlyList<string> Existing(string ending = "")
    {
        if (!System.IO.Directory.Exists(Directory))
        {
            return [];
        }

        return [.. System.IO.Directory.EnumerateFiles(Directory).Where(path => Matches(Path.GetFileName(path), ending)).Order(StringComparer.Ordinal)];
    }

    private bool Matches(string name, string ending)
    {
        if (!Counts)
        {
            return name == _before + ending;
        }

        var tail = _after + ending;
        return name.Length >= _before.Length + tail.Length + _digits
            && name.StartsWith(_before, StringComparison.Ordinal) && name.EndsWith(tail, StringComparison.Ordinal)
            && name[_before.Length..^tail.Length].All(char.IsAsciiDigit);
    }

    private string Number(int shard) => (_first + shard).ToString("D" + _digits.ToString(CultureInfo.InvariantCulture), CultureInfo.InvariantCulture);

    private static DataException Wrong(string pattern) =>
        new($"\"{pattern}\" does not name shards; right would be shards/train-{{000..}}.tar, which counts as far as need be, or one file such as test.tar.");

    [GeneratedRegex(@"^(?<before>[^{}]*)\{(?<first>\d{1,9})\.\.(?<last>\d{0,9})\}(?<after>[^{}]*)\z", RegexOptions.ExplicitCapture)]
    private static partial Regex Range();
}
