using System.Buffers;
using SkiaSharp;
using TiMix.Base;

namespace TiMix.Data.Images;

/// <summary>
/// The <see cref="PictureKinds"/> to RGB, of an animation the first picture. The size in the header is looked at before anything is allocated.
/// Grey and CMYK become RGB, transparency is laid on white. Colour profiles and EXIF orientation are left alone, as in the
/// trainers that this one is compared with: boxes are in pixels as stored.
/// </summary>
public static class ImageDecoder
{
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

        if (PictureKinds.ExtensionOf(encoded) is not { } kind)
        {
            throw new SampleException("its picture cannot be decoded: "
                + (ForeignFile.Describe(encoded) is { } foreign ? $"it {foreign}" : $"not a {PictureKinds.Names}"));
        }

        fixed (byte* start = encoded)
        {
            using var data = SKData.Create((nint)start, encoded.Length);
            using var codec = SKCodec.Create(data) ?? throw new SampleException(
                "its picture cannot be decoded: its header is broken");
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

            if (result == SKCodecResult.Success && kind == "jpg" && JpegScans.IsCutOff(encoded))
            {
                result = SKCodecResult.IncompleteInput;
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

            return new DecodedImage(info.Width, info.Height, (int)codec.EncodedOrigin, pixels);
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
