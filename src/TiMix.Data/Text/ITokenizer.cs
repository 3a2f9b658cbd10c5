namespace TiMix.Data.Text;

/// <summary>Text to token ids. Thread-safe.</summary>
public interface ITokenizer
{
    /// <summary>Ids are 0 … size-1.</summary>
    int VocabularySize { get; }

    /// <summary>Id that fills up to the length.</summary>
    int PadId { get; }

    /// <summary>Id of [CLS].</summary>
    int ClassId { get; }

    /// <summary>[CLS] … [SEP], filled with <see cref="PadId"/> or cut (keeping [SEP]) to exactly <paramref name="length"/> ids, at least 3.</summary>
    int[] Encode(string text, int length);

    /// <summary>
    /// [CLS] first text [SEP] second text [SEP], filled to exactly <paramref name="length"/> ids, at least 4: a question and its
    /// answer. Of what is too long the end of the first text goes, and of the second only when it alone is too long.
    /// </summary>
    int[] EncodePair(string first, string second, int length);

    /// <summary>The text of ids: pieces that go on a word joined, special ids left out.</summary>
    string Decode(ReadOnlySpan<int> ids);
}
