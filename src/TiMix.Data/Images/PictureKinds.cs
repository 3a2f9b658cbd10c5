namespace TiMix.Data.Images;

/// <summary>The kinds of pictures that are read, by training, evaluation, packing and search alike.</summary>
public static class PictureKinds
{
    /// <summary>In words, for messages.</summary>
    public const string Names = "JPEG, PNG, WebP, GIF or BMP";

    /// <summary>Ends of file names, without dot, in lower case.</summary>
    public static IReadOnlyList<string> Extensions { get; } = ["jpg", "jpeg", "png", "webp", "gif", "bmp"];

    /// <summary>What the first bytes are, whatever the file is called; null: no picture that is read.</summary>
    /// <returns>One of <see cref="Extensions"/>.</returns>
    public static string? ExtensionOf(ReadOnlySpan<byte> encoded) =>
        encoded.StartsWith((ReadOnlySpan<byte>)[0xFF, 0xD8, 0xFF]) ? "jpg"
        : encoded.StartsWith((ReadOnlySpan<byte>)[0x89, (byte)'P', (byte)'N', (byte)'G']) ? "png"
        : encoded.Length >= 12 && encoded.StartsWith("RIFF"u8) && encoded.Slice(8, 4).SequenceEqual("WEBP"u8) ? "webp"
        : encoded.StartsWith("GIF87a"u8) || encoded.StartsWith("GIF89a"u8) ? "gif"
        : encoded.Length >= 26 && encoded.StartsWith("BM"u8) && encoded.Slice(6, 4).SequenceEqual((ReadOnlySpan<byte>)[0, 0, 0, 0]) ? "bmp"
        : null;
}
