namespace TiMix.Learning.Model;

/// <summary>Ids of the vocabulary that are no words. Padding is always 0.</summary>
/// <param name="Class">[CLS], before the first word; also what the decoder begins with.</param>
/// <param name="Separator">[SEP], after the last word.</param>
/// <param name="Mask">[MASK], in place of a word that is to be guessed.</param>
public sealed record SpecialTokens(int Class, int Separator, int Mask)
{
    /// <summary>Fills rows up to their length.</summary>
    public const int Padding = 0;

    /// <summary>Whether an id stands for a word or a part of one.</summary>
    public bool IsWord(int id) => id != Padding && id != Class && id != Separator && id != Mask;
}
