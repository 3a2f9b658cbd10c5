using System.Text;
using System.Text.Json;
using Microsoft.ML.Tokenizers;

namespace TiMix.Data.Text;

/// <summary>BERT's uncased WordPiece: lower case, accents stripped, Chinese character by character, what is not in the vocabulary [UNK].</summary>
public sealed class WordPieceTokenizer : ITokenizer
{
    private const char WordStart = '\u2581';

    // Letters that Unicode decomposes into a Latin letter and accents. The runtime does not decompose under invariant globalization.
    private static readonly (int First, int Last, char Base)[] Accented =
    [
        (0xE0, 0xE5, 'a'), (0xE7, 0xE7, 'c'), (0xE8, 0xEB, 'e'), (0xEC, 0xEF, 'i'), (0xF1, 0xF1, 'n'), (0xF2, 0xF6, 'o'),
        (0xF9, 0xFC, 'u'), (0xFD, 0xFD, 'y'), (0xFF, 0xFF, 'y'), (0x100, 0x105, 'a'), (0x106, 0x10D, 'c'), (0x10E, 0x10F, 'd'),
        (0x112, 0x11B, 'e'), (0x11C, 0x123, 'g'), (0x124, 0x125, 'h'), (0x128, 0x130, 'i'), (0x134, 0x135, 'j'), (0x136, 0x137, 'k'),
        (0x139, 0x13E, 'l'), (0x143, 0x148, 'n'), (0x14C, 0x151, 'o'), (0x154, 0x159, 'r'), (0x15A, 0x161, 's'), (0x162, 0x165, 't'),
        (0x168, 0x173, 'u'), (0x174, 0x175, 'w'), (0x176, 0x178, 'y'), (0x179, 0x17E, 'z'), (0x1A0, 0x1A1, 'o'), (0x1AF, 0x1B0, 'u'),
        (0x218, 0x219, 's'), (0x21A, 0x21B, 't'), (0x1EA0, 0x1EB7, 'a'), (0x1EB8, 0x1EC7, 'e'), (0x1EC8, 0x1ECB, 'i'),
        (0x1ECC, 0x1EE3, 'o'), (0x1EE4, 0x1EF1, 'u'), (0x1EF2, 0x1EF9, 'y'),
    ];

    private readonly BertTokenizer _tokenizer;

    private WordPieceTokenizer(BertTokenizer tokenizer, IReadOnlyList<string> pieces)
    {
        _tokenizer = tokenizer;
        Pieces = pieces;
    }

    /// <summary>All pieces in order of ids, with ## before those that go on a word.</summary>
    public IReadOnlyList<string> Pieces { get; }

    /// <inheritdoc/>
    public int VocabularySize => Pieces.Count;

    /// <inheritdoc/>
    public int PadId => _tokenizer.PaddingTokenId;

    /// <inheritdoc/>
    public int ClassId => _tokenizer.ClassificationTokenId;

    /// <summary>Id of [SEP].</summary>
    public int SeparatorId => _tokenizer.SeparatorTokenId;

    /// <summary>Id of [UNK].</summary>
    public int UnknownId => _tokenizer.UnknownTokenId;

    /// <summary>Id of [MASK].</summary>
    public int MaskId => _tokenizer.MaskingTokenId;

    /// <summary>
    /// Reads a vocabulary: one piece a line (<c>vocab.txt</c>), or a json list in order of ids, in either case with ## before
    /// pieces that go on a word, or in the other style with U+2581 before pieces that begin one.
    /// </summary>
    /// <exception cref="DataException">The file is missing, is no vocabulary, lacks [PAD], [UNK], [CLS], [SEP] or [MASK], or has a piece twice.</exception>
    public static WordPieceTokenizer Open(string vocabularyFile)
    {
        string text;
        try
        {
            text = File.ReadAllText(vocabularyFile);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or ArgumentException)
        {
            throw new DataException($"{vocabularyFile}: the vocabulary cannot be read: {e.Message} Right would be a vocab.txt with one piece a line.");
        }

        return Create(ParsePieces(text, vocabularyFile), vocabularyFile);
    }

    /// <summary>A tokenizer over pieces in order of ids.</summary>
    /// <param name="pieces">With ## before pieces that go on a word.</param>
    /// <param name="source">Where they come from, for messages.</param>
    public static WordPieceTokenizer Create(IReadOnlyList<string> pieces, string source)
    {
        var seen = new Dictionary<string, int>(pieces.Count, StringComparer.Ordinal);
        for (var i = 0; i < pieces.Count; i++)
        {
            if (pieces[i].Length == 0 || pieces[i].Contains('\n') || !seen.TryAdd(pieces[i], i))
            {
                throw new DataException(pieces[i].Length == 0
                    ? $"{source}: piece {i} is empty; every piece must be a text."
                    : $"{source}: piece {i}, \"{pieces[i].ReplaceLineEndings(" ")}\", is there twice or has a line break.");
            }
        }

        var missing = new[] { "[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]" }.Where(special => !seen.ContainsKey(special)).ToList();
        if (missing.Count > 0)
        {
            throw new DataException($"{source}: lacks {string.Join(", ", missing)}; a WordPiece vocabulary has [PAD], [UNK], [CLS], [SEP] and [MASK].");
        }

        using var stream = new MemoryStream(Encoding.UTF8.GetBytes(string.Join('\n', pieces) + "\n"));
        var options = new BertOptions
        {
            LowerCaseBeforeTokenization = true,
            IndividuallyTokenizeCjk = true,
            RemoveNonSpacingMarks = true,
            SplitOnSpecialTokens = false,
        };
        return new WordPieceTokenizer(BertTokenizer.Create(stream, options), pieces);
    }

    /// <inheritdoc/>
    public int[] Encode(string text, int length)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(length, 3);
        var ids = _tokenizer.EncodeToIds(Fold(text), addSpecialTokens: false);
        var encoded = new int[length];
        var kept = Math.Min(ids.Count, length - 2);
        encoded[0] = ClassId;
        for (var i = 0; i < kept; i++)
        {
            encoded[i + 1] = ids[i];
        }

        encoded[kept + 1] = SeparatorId;
        encoded.AsSpan(kept + 2).Fill(PadId);
        return encoded;
    }

    /// <inheritdoc/>
    public int[] EncodePair(string first, string second, int length)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(length, 4);
        IReadOnlyList<int> question = _tokenizer.EncodeToIds(Fold(first), addSpecialTokens: false), answer = _tokenizer.EncodeToIds(
            Fold(second), addSpecialTokens: false);
        var answered = Math.Min(answer.Count, length - 3);
        int[] ids = [ClassId, .. question.Take(length - 3 - answered), SeparatorId, .. answer.Take(answered), SeparatorId];
        var encoded = new int[length];
        encoded.AsSpan(ids.Length).Fill(PadId);
        ids.CopyTo(encoded, 0);
        return encoded;
    }

    /// <inheritdoc/>
    public string Decode(ReadOnlySpan<int> ids)
    {
        var text = new StringBuilder();
        foreach (var id in ids)
        {
            if (id == PadId || id == ClassId || id == SeparatorId || id == MaskId)
            {
                continue;
            }

            var piece = Pieces[id];
            var goesOn = piece.StartsWith("##", StringComparison.Ordinal) && text.Length > 0;
            text.Append(goesOn || text.Length == 0 ? "" : " ").Append(goesOn ? piece[2..] : piece);
        }

        return text.ToString();
    }

    private static List<string> ParsePieces(string text, string source)
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

            return pieces.ConvertAll(piece => piece.StartsWith(WordStart) ? piece[1..] : IsSpecial(piece) ? piece : "##" + piece);
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

    private static string Fold(string text)
    {
        if (System.Text.Ascii.IsValid(text))
        {
            return text;
        }

        var folded = new StringBuilder(text.Length);
        foreach (var rune in text.EnumerateRunes())
        {
            var lower = Rune.ToLowerInvariant(rune);
            if (lower.Value is >= 0x300 and <= 0x36F)
            {
                continue;
            }

            var at = lower.Value < 0xE0 ? -1 : Array.FindIndex(Accented, range => lower.Value >= range.First && lower.Value <= range.Last);
            folded.Append(at >= 0 ? Accented[at].Base.ToString() : lower.ToString());
        }

        return folded.ToString();
    }
}
