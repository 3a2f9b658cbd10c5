namespace TiMix.Base;

/// <summary>Sizes as people read them.</summary>
public static class ByteText
{
    /// <summary>Rounded up to a tenth, as in "2.1 MB".</summary>
    public static string Megabytes(long bytes) => FormattableString.Invariant($"{Math.Ceiling(bytes / 1e5) / 10:0.#} MB");
}
