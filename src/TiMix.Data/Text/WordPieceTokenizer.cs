using System.Text;

namespace TiMix.Data.Text;

/// <summary>
/// BERT's uncased WordPiece over <see cref="BertWords"/>: of a word the longest piece that begins it, then the longest that goes on,
/// and so forth; a word that cannot be put together so, or that has more than a hundred characters, is [UNK].
/// </summary>
public sealed class WordPieceTokenizer : ITokenizer
{
    private const int LongestWord = 100;
    private const string GoesOn = "##";
    private readonly Dictionary<string, int> _begin;
    private readonly Dictionary<string, int> _goOn;
    private readonly int _longestPiece;

    private WordPieceTokenizer(IReadOnlyList<string> pieces, Dictionary<string, int> ids)
    {
        (Pieces, _begin) = (pieces, ids);
        _goOn = ids.Where(piece => piece.Key.Length > GoesOn.Length && piece.Key.StartsWith(GoesOn, StringComparison.Ordinal))
            .ToDictionary(piece => piece.Key[GoesOn.Length..], piece => piece.Value, StringComparer.Ordinal);
        _longestPiece = pieces.Max(piece => piece.Length);
        (PadId, UnknownId, ClassId, SeparatorId, MaskId) = (ids["[PAD]"], ids["[UNK]"], ids["[CLS]"], ids["[SEP]"], ids["[MASK]"]);
    }

    /// <summary>All pieces in order of ids, with ## before those that go on a word; empty where no word has the id.</summary>
    public IReadOnlyList<string> Pieces { get; }

    /// <inheritdoc/>
    public int VocabularySize => Pieces.Count;

    /// <inheritdoc/>
    public int PadId { get; }

    /// <inheritdoc/>
    public int ClassId { get; }

    /// <summary>Id of [SEP].</summary>
    public int SeparatorId { get; }

    /// <summary>Id of [UNK].</summary>
    public int UnknownId { get; }

    /// <summary>Id of [MASK].</summary>
    public int MaskId { get; }

    /// <summary>
    /// Reads a vocabulary: one piece a line (<c>vocab.txt</c>), or a json list in order of ids, in either case with ## before
    /// pieces that go on a word, or in the other style with U+2581 before pieces that begin one. An empty piece is an id that no word has.
    /// </summary>
    /// <exception cref="DataException">The file is missing, is no vocabulary, lacks [PAD], [UNK], [CLS], [SEP] or [MASK], or has a piece twice.</exception>
    public static WordPieceTokenizer Open(string vocabularyFile) => Create(VocabularyFile.Read(vocabularyFile), vocabularyFile);

    /// <summary>A tokenizer over pieces in order of ids.</summary>
    /// <param name="pieces">With ## before pieces that go on a word.</param>
    /// <param name="source">Where they come from, for messages.</param>
    /// <exception cref="DataException">[PAD], [UNK], [CLS], [SEP] or [MASK] is missing, or a piece is there twice.</exception>
    public static WordPieceTokenizer Create(IReadOnlyList<string> pieces, string source)
    {
        var ids = new Dictionary<string, int>(pieces.Count, StringComparer.Ordinal);
        for (var i = 0; i < pieces.Count; i++)
        {
            if (pieces[i].Contains('\n', StringComparison.Ordinal) || (pieces[i].Length > 0 && !ids.TryAdd(pieces[i], i)))
            {
                throw new DataException($"{source}: piece {i}, \"{pieces[i].ReplaceLineEndings(" ")}\", is there twice or has a line break.");
            }
        }

        var missing = new[] { "[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]" }.Where(special => !ids.ContainsKey(special)).ToList();
        return missing.Count == 0 ? new WordPieceTokenizer(pieces, ids) : throw new DataException(
            $"{source}: lacks {string.Join(", ", missing)}; a WordPiece vocabulary has [PAD], [UNK], [CLS], [SEP] and [MASK].");
    }

    /// <summary>Whether anything in a text is not in the vocabulary.</summary>
    public bool HasUnknown(string text) => Ids(text).Contains(UnknownId);

    /// <inheritdoc/>
    public int[] Encode(string text, int length)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(length, 3);
        var ids = Ids(text);
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
        var (question, answer) = (Ids(first), Ids(second));
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
            if (piece.Length == 0)
            {
                continue;
            }

            var goesOn = piece.StartsWith(GoesOn, StringComparison.Ordinal) && text.Length > 0;
            text.Append(goesOn || text.Length == 0 ? "" : " ").Append(goesOn ? piece[GoesOn.Length..] : piece);
        }

        return text.ToString();
    }

    private List<int> Ids(string text)
    {
        List<int> ids = [];
        foreach (var word in BertWords.Of(text))
        {
            AddWord(word, ids);
        }

        return ids;
    }

    private void AddWord(string word, List<int> ids)
    {
        var (first, at) = (ids.Count, 0);
        var fits = word.Length <= LongestWord || word.EnumerateRunes().Count() <= LongestWord;
        while (fits && at < word.Length)
        {
            var pieces = (at == 0 ? _begin : _goOn).GetAlternateLookup<ReadOnlySpan<char>>();
            var (length, id) = (Math.Min(_longestPiece, word.Length - at), 0);
            while (length > 0 && !pieces.TryGetValue(word.AsSpan(at, length), out id))
            {
                length--;
            }

            ids.Add(id);
            at += length;
            fits = length > 0;
        }

        if (!fits)
        {
            ids.RemoveRange(first, ids.Count - first);
            ids.Add(UnknownId);
        }
    }
}
