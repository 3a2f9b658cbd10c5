namespace TiMix.Base;

/// <summary>Text from elsewhere inside a message of one line: a library's reason may quote half of the file that it is about.</summary>
public static class OneLine
{
    private const int Most = 200;

    /// <summary>The same on one line, with its middle left out where it is long: what was expected and where stands at the end.</summary>
    public static string Of(string text)
    {
        text = string.Join(' ', text.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries));
        return text.Length <= Most ? text : $"{text[..(Most / 4)]} … {text[^(Most * 3 / 4)..]}";
    }
}
