using System.Buffers;

namespace TiMix.Data.Images;

/// <summary>A decoded picture; its bytes are borrowed from a pool until it is disposed.</summary>
public sealed class DecodedImage : IDisposable
{
    private byte[]? _pixels;

    internal DecodedImage(int width, int height, int orientation, byte[] pixels) =>
        (Width, Height, Orientation, _pixels) = (width, height, orientation, pixels);

    /// <summary>Pixels.</summary>
    public int Width { get; }

    /// <summary>Pixels.</summary>
    public int Height { get; }

    /// <summary>How its EXIF says that it is to be shown, 1 (as it is) to 8; from 5 on its sides are swapped. It is not applied.</summary>
    public int Orientation { get; }

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
