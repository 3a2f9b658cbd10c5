using System.Text.Json;
using TiMix.Base;

namespace TiMix.Data.Text;

/// <summary>Reads the pieces of a WordPiece vocabulary, in order of ids.</summary>
internal static class VocabularyFile
{
    private const char WordStart = '\u2581';

    /// <summary>
    /// One piece a line (<c>vocab.txt</c>), or a json list, in either case with ## before pieces that go on a word, or in the other
    /// style with U+2581 before pieces that begin one. An empty line is an id that no word has; those at the end are not counted.
    /// </summary>
    /// <exception cref="DataException">It cannot be read or is neither.</exception>
    public static IReadOnlyList<string> Read(string path)
    {
        if (Directory.Exists(path))
        {
            throw new DataException($"{path}: is a directory; right would be the file in it, such as {Path.Combine(path, "vocab.txt")}.");
        }

        string text;
        try
        {
            var bytes = File.ReadAllBytes(path);
            if (ForeignFile.Describe(bytes) is { } foreign)
            {
                throw new DataException($"{path}: the vocabulary {foreign}.");
            }

            text = StoredText.Decode(bytes);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or ArgumentException)
        {
            throw new DataException($"{path}: the vocabulary cannot be read: {e.Message} Right would be a vocab.txt with one piece a line.");
        }

        return Parse(text, path);
    }

    private static List<string> Parse(string text, string source)
    {
        if (!text.AsSpan().TrimStart().StartsWith("["))
        {
            return Lines(text);
        }

        try
        {
            var pieces = JsonSerializer.Deserialize<List<string?>>(text)!.ConvertAll(piece => piece ?? "");
            if (!pieces.Any(piece => piece.Contains(WordStart)))
            {
                return pieces;
            }

            return pieces.ConvertAll(piece =>
                piece.StartsWith(WordStart) ? piece[1..] : piece.Length == 0 || IsSpecial(piece) ? piece : "##" + piece);
        }
        catch (JsonException)
        {
            // A vocab.txt begins with a bracket too: that of [PAD].
            var lines = Lines(text);
            return lines.Count > 1 ? lines : throw new DataException($"{source}: is neither a vocab.txt (one piece a line) nor a json list of pieces.");
        }
    }

    private static List<string> Lines(string text)
    {
        var lines = text.Split('\n').Select(line => line.TrimEnd('\r')).ToList();
        while (lines.Count > 0 && lines[^1].Length == 0)
        {
            lines.RemoveAt(lines.Count - 1);
        }

        return lines;
    }

    private static bool IsSpecial(string piece) => piece.Length > 2 && piece[0] == '[' && piece[^1] == ']';
}
