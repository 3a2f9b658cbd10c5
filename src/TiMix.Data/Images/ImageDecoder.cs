using System.Buffers;
using SkiaSharp;

namespace TiMix.Data.Images;

/// <summary>A decoded picture; its bytes are borrowed from a pool until it is disposed.</summary>
public sealed class DecodedImage : IDisposable
{
    private byte[]? _pixels;

    internal DecodedImage(int width, int height, byte[] pixels) => (Width, Height, _pixels) = (width, height, pixels);

    /// <summary>Pixels.</summary>
    public int Width { get; }

    /// <summary>Pixels.</summary>
    public int Height { get; }

    /// <summary>uint8 [Height, Width, 4]: red, green, blue and a byte without meaning.</summary>
    public ReadOnlySpan<byte> Pixels => (_pixels ?? throw new ObjectDisposedException(nameof(DecodedImage))).AsSpan(0, Width * Height * 4);

    /// <summary>Gives the bytes back.</summary>
    public void Dispose()
    {
        if (_pixels is { } pixels)
        {
            _pixels = null;
            ArrayPool<byte>.Shared.Return(pixels);
        }
    }
}

/// <summary>
/// JPEG, PNG and WebP (and whatever else Skia reads) to RGB. The size in the header is looked at before anything is allocated.
/// Grey and CMYK become RGB, transparency is laid on white. Colour profiles and EXIF orientation are left alone, as in the
/// trainers that this one is compared with: boxes are in pixels as stored.
/// </summary>
public static class ImageDecoder
{
    /// <summary>jpg, png or webp by the first bytes, whatever the file is called; null for anything else.</summary>
    public static string? ExtensionOf(ReadOnlySpan<byte> encoded) =>
        encoded.StartsWith((ReadOnlySpan<byte>)[0xFF, 0xD8, 0xFF]) ? "jpg"
        : encoded.StartsWith((ReadOnlySpan<byte>)[0x89, (byte)'P', (byte)'N', (byte)'G']) ? "png"
        : encoded.Length >= 12 && encoded.StartsWith("RIFF"u8) && encoded.Slice(8, 4).SequenceEqual("WEBP"u8) ? "webp"
        : null;

    /// <summary>Decodes one picture.</summary>
    /// <param name="encoded">The file's bytes.</param>
    /// <param name="maxPixels">Most pixels that are accepted.</param>
    /// <exception cref="SampleException">It is empty, no picture, too large or broken.</exception>
    public static unsafe DecodedImage Decode(ReadOnlySpan<byte> encoded, long maxPixels)
    {
        if (encoded.IsEmpty)
        {
            throw new SampleException("has no picture");
        }

        fixed (byte* start = encoded)
        {
            using var data = SKData.Create((nint)start, encoded.Length);
            using var codec = SKCodec.Create(data) ?? throw new SampleException(
                "its picture cannot be decoded: not a JPEG, PNG or WebP, or its header is broken");
            var info = codec.Info;
            if (info.Width < 1 || info.Height < 1 || (long)info.Width * info.Height > Math.Min(maxPixels, Array.MaxLength / 4))
            {
                throw new SampleException($"its picture of {info.Width} x {info.Height} pixels is refused; at most {maxPixels} pixels are accepted");
            }

            var opaque = info.AlphaType == SKAlphaType.Opaque;
            var length = info.Width * info.Height * 4;
            var pixels = ArrayPool<byte>.Shared.Rent(length);
            var wanted = new SKImageInfo(info.Width, info.Height, SKColorType.Rgba8888, opaque ? SKAlphaType.Opaque : SKAlphaType.Unpremul);
            SKCodecResult result;
            fixed (byte* target = pixels)
            {
                result = codec.GetPixels(wanted, (nint)target);
            }

            if (result != SKCodecResult.Success)
            {
                ArrayPool<byte>.Shared.Return(pixels);
                throw new SampleException(result == SKCodecResult.IncompleteInput
                    ? "its picture is cut off"
                    : $"its picture is broken ({result})");
            }

            if (!opaque)
            {
                LayOnWhite(pixels.AsSpan(0, length));
            }

            return new DecodedImage(info.Width, info.Height, pixels);
        }
    }

    private static void LayOnWhite(Span<byte> pixels)
    {
        for (var i = 0; i + 3 < pixels.Length; i += 4)
        {
            int alpha = pixels[i + 3];
            if (alpha == 255)
            {
                continue;
            }

            var white = (255 - alpha) * 255;
            pixels[i] = (byte)(((pixels[i] * alpha) + white + 127) / 255);
            pixels[i + 1] = (byte)(((pixels[i + 1] * alpha) + white + 127) / 255);
            pixels[i + 2] = (byte)(((pixels[i + 2] * alpha) + white + 127) / 255);
        }
    }
}
