namespace TiMix.Data;

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
}
