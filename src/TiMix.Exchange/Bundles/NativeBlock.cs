using System.Runtime.InteropServices;

namespace TiMix.Exchange.Bundles;

/// <summary>A block of native memory, 64-byte aligned and zeroed, so that no large array weighs on the garbage collector.</summary>
public sealed unsafe class NativeBlock : IDisposable
{
    private const nuint Alignment = 64;
    private byte* _pointer;

    /// <param name="length">Bytes, at least 0 and below 2 GiB.</param>
    public NativeBlock(long length)
        : this(length, clear: true)
    {
    }

    /// <param name="length">Bytes, at least 0 and below 2 GiB.</param>
    /// <param name="clear">False leaves whatever was there: for memory that is written before it is read.</param>
    internal NativeBlock(long length, bool clear)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(length);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(length, int.MaxValue);
        Length = (int)length;
        _pointer = (byte*)NativeMemory.AlignedAlloc((nuint)Math.Max(length, 1), Alignment);
        if (clear)
        {
            NativeMemory.Clear(_pointer, (nuint)length);
        }

        GC.AddMemoryPressure(Math.Max(length, 1));
    }

    ~NativeBlock() => Free();

    /// <summary>Bytes.</summary>
    public int Length { get; }

    /// <summary>The bytes. Not to be used after <see cref="Dispose"/>.</summary>
    /// <exception cref="ObjectDisposedException">The block was released.</exception>
    public Span<byte> Span
    {
        get
        {
            ObjectDisposedException.ThrowIf(_pointer is null, this);
            return new Span<byte>(_pointer, Length);
        }
    }

    /// <summary>The block seen as floats.</summary>
    public Span<float> Floats => MemoryMarshal.Cast<byte, float>(Span);

    /// <summary>The first byte, for threads that cannot hold a span.</summary>
    internal byte* Pointer
    {
        get
        {
            ObjectDisposedException.ThrowIf(_pointer is null, this);
            return _pointer;
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        Free();
        GC.SuppressFinalize(this);
    }

    private void Free()
    {
        if (_pointer is null)
        {
            return;
        }

        NativeMemory.AlignedFree(_pointer);
        _pointer = null;
        GC.RemoveMemoryPressure(Math.Max(Length, 1));
    }
}
