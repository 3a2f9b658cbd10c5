namespace TiMix.Base;

/// <summary>How nodes may be called: their names stand in files' names, in addresses and on the screen.</summary>
public static class NodeNames
{
    /// <summary>Characters of the longest one.</summary>
    public const int Longest = 128;

    /// <summary>Whether a text is the name of a node.</summary>
    public static bool IsName(string text) =>
        text.Length is > 0 and <= Longest && text[0] != '.' && text.All(letter => char.IsAsciiLetterOrDigit(letter) || letter is '-' or '_' or '.');
}
