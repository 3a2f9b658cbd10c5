namespace TiMix.Actors.Journals;

/// <summary>Text inside the quotes of a HOCON string.</summary>
internal static class Hocon
{
    /// <summary>With quotes and backslashes escaped.</summary>
    public static string Quoted(string text) => text.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("\"", "\\\"", StringComparison.Ordinal);
}
