namespace TiMix.Data;

/// <summary>A picture of anybody's to pixels, just as the evaluation makes them: nothing is varied, the centre is taken.</summary>
public static class PictureReader
{
    /// <summary>Reads one file.</summary>
    /// <param name="file">Full path.</param>
    /// <param name="options">Shapes.</param>
    /// <param name="pixels">uint8 [3, S, S], planar RGB; written.</param>
    /// <exception cref="SampleException">It cannot be read or is no whole picture.</exception>
    public static void Read(string file, LoaderOptions options, Span<byte> pixels)
    {
        using var image = ImageDecoder.Decode(Bytes(file), options.MaxPixels);
        View.Centre(image.Width, image.Height).Render(image, options.ImageSize, pixels);
    }

    private static byte[] Bytes(string file)
    {
        try
        {
            return File.ReadAllBytes(file);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new SampleException($"cannot be read: {error.Message}");
        }
    }
}
