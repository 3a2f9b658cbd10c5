using TiMix.Data.Augmentation;
using TiMix.Data.Images;
using TiMix.Data.Loading;

namespace TiMix.Data.Pictures;

/// <summary>A picture of anybody's to pixels, just as the evaluation makes them: nothing is varied, the centre is taken.</summary>
public static class PictureReader
{
    /// <summary>Files of more bytes are refused before they are read.</summary>
    public const long MaxBytes = 256L << 20;

    /// <summary>Reads one file.</summary>
    /// <param name="file">Full path.</param>
    /// <param name="options">Shapes.</param>
    /// <param name="pixels">uint8 [3, S, S], planar RGB; written.</param>
    /// <exception cref="SampleException">It cannot be read or is no whole picture.</exception>
    public static void Read(string file, LoaderOptions options, Span<byte> pixels)
    {
        using var image = ImageDecoder.Decode(Bytes(file), options.MaxPixels);
        AugmentedView.Centre(image.Width, image.Height).Render(image, options.ImageSize, pixels);
    }

    /// <summary>The bytes of a picture file that is not too large to be one.</summary>
    /// <exception cref="SampleException">It cannot be read.</exception>
    public static byte[] Bytes(string file)
    {
        try
        {
            // What is no plain file (a pipe, a device) has no length, and opening it might never end.
            var info = new FileInfo(file);
            var length = (info.ResolveLinkTarget(returnFinalTarget: true) as FileInfo ?? info).Length;
            return length switch
            {
                0 => throw new SampleException("is empty"),
                > MaxBytes => throw new SampleException($"is refused for its {length} bytes; at most {MaxBytes} are accepted"),
                _ => File.ReadAllBytes(file),
            };
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException or ArgumentException)
        {
            throw new SampleException($"cannot be read: {error.Message}");
        }
    }
}
