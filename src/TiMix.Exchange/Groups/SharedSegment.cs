using System.ComponentModel;
using System.Runtime.InteropServices;

namespace TiMix.Exchange.Groups;

/// <summary>
/// Memory of this process that others on the host can read. It has no name anywhere: peers find it as a handle of this process, and it
/// is gone with the last process that uses it, however that ends. It is sealed against shrinking, so that no reader can fall off its end.
/// One segment belongs to one generation of a group; nobody but its maker ever writes to it.
/// </summary>
internal sealed unsafe partial class SharedSegment : IDisposable
{
    /// <summary>What lies before the data: the random number that proves a peer has opened the right memory.</summary>
    public const int HeaderBytes = 4096;
    private const uint CloseOnExec = 1;
    private const uint AllowSealing = 2;
    private const int AddSeals = 1033;
    private const int NoMoreSealsAndNoShrinking = 1 | 2;
    private readonly Lock _lock = new();
    private int _handle;

    private SharedSegment(int handle, Guid nonce) => (_handle, Offer) = (handle, new MemoryOffer(Environment.ProcessId, handle, nonce));

    ~SharedSegment() => Free();

    public MemoryOffer Offer { get; }

    /// <summary>The first byte, header included; null before <see cref="TryGrow"/>.</summary>
    public byte* Pointer { get; private set; }

    public long Length { get; private set; }

    /// <summary>Null where the system has no such memory.</summary>
    public static SharedSegment? TryCreate()
    {
        try
        {
            var handle = Native.MemoryFile("timix", CloseOnExec | AllowSealing);
            if (handle < 0)
            {
                return null;
            }

            var nonce = Guid.NewGuid();
            if (Native.Truncate(handle, HeaderBytes) == 0
                && Native.WriteAt(handle, nonce.ToByteArray(), 16, 0) == 16
                && Native.Control(handle, AddSeals, NoMoreSealsAndNoShrinking) == 0)
            {
                return new SharedSegment(handle, nonce);
            }

            _ = Native.Close(handle);
            return null;
        }
        catch (Exception error) when (error is EntryPointNotFoundException or DllNotFoundException)
        {
            return null;
        }
    }

    /// <summary>Makes room for at least so many bytes, header included. False when there is none.</summary>
    public bool TryGrow(long bytes)
    {
        if (bytes <= Length)
        {
            return true;
        }

        // Asked for now: a page that cannot be had later would end the process.
        var length = (bytes + HeaderBytes - 1) / HeaderBytes * HeaderBytes;
        lock (_lock)
        {
            if (_handle < 0 || Native.Allocate(_handle, 0, length) != 0)
            {
                return false;
            }

            Unmap();
            var mapped = Native.Map(0, (nuint)length, Native.ReadAndWrite, Native.Shared, _handle, 0);
            if (mapped == Native.Failed)
            {
                return false;
            }

            Pointer = (byte*)mapped;
            Length = length;
            return true;
        }
    }

    /// <summary>No peer can open it any more; what is mapped stays.</summary>
    public void CloseHandle()
    {
        lock (_lock)
        {
            if (_handle >= 0)
            {
                _ = Native.Close(_handle);
                _handle = -1;
            }
        }
    }

    public void Dispose()
    {
        Free();
        GC.SuppressFinalize(this);
    }

    private void Free()
    {
        CloseHandle();
        lock (_lock)
        {
            Unmap();
        }
    }

    private void Unmap()
    {
        if (Pointer is not null)
        {
            _ = Native.Unmap((nint)Pointer, (nuint)Length);
            Pointer = null;
            Length = 0;
        }
    }

    internal static partial class Native
    {
        public const int Read = 1;
        public const int ReadAndWrite = 3;
        public const int Shared = 1;
        public const int OpenToRead = 0;
        public const int OpenCloseOnExec = 0x80000;
        public const int OpenWithoutWaiting = 0x800;
        public const nint Failed = -1;

        [LibraryImport("libc", EntryPoint = "memfd_create", StringMarshalling = StringMarshalling.Utf8)]
        public static partial int MemoryFile(string name, uint flags);

        [LibraryImport("libc", EntryPoint = "ftruncate")]
        public static partial int Truncate(int handle, long length);

        [LibraryImport("libc", EntryPoint = "posix_fallocate")]
        public static partial int Allocate(int handle, long offset, long length);

        [LibraryImport("libc", EntryPoint = "pwrite")]
        public static partial nint WriteAt(int handle, byte[] bytes, nuint count, long offset);

        [LibraryImport("libc", EntryPoint = "pread")]
        public static partial nint ReadAt(int handle, byte[] bytes, nuint count, long offset);

        [LibraryImport("libc", EntryPoint = "lseek")]
        public static partial long Seek(int handle, long offset, int from);

        [LibraryImport("libc", EntryPoint = "fcntl")]
        public static partial int Control(int handle, int command, int argument);

        [LibraryImport("libc", EntryPoint = "open", StringMarshalling = StringMarshalling.Utf8)]
        public static partial int Open(string path, int flags);

        [LibraryImport("libc", EntryPoint = "close")]
        public static partial int Close(int handle);

        [LibraryImport("libc", EntryPoint = "mmap")]
        public static partial nint Map(nint at, nuint length, int protection, int flags, int handle, long offset);

        [LibraryImport("libc", EntryPoint = "munmap")]
        public static partial int Unmap(nint at, nuint length);
    }
}

/// <summary>A peer's <see cref="SharedSegment"/>, read-only.</summary>
internal sealed unsafe class PeerSegment : IDisposable
{
    private const int GetSeals = 1034;
    private const int NoShrinking = 2;
    private const int FromEnd = 2;
    private int _handle;
    private byte* _pointer;
    private long _length;

    private PeerSegment(int handle) => _handle = handle;

    ~PeerSegment() => Free();

    /// <summary>Null when the offered memory cannot be opened here, or is not the memory that was offered: another host, another user, a container.</summary>
    public static PeerSegment? TryOpen(MemoryOffer offer, string processDirectory)
    {
        int handle;
        try
        {
            handle = SharedSegment.Native.Open(
                $"{processDirectory}/{offer.Process}/fd/{offer.Handle}",
                SharedSegment.Native.OpenToRead | SharedSegment.Native.OpenCloseOnExec | SharedSegment.Native.OpenWithoutWaiting);
        }
        catch (Exception error) when (error is EntryPointNotFoundException or DllNotFoundException)
        {
            return null;
        }

        if (handle < 0)
        {
            return null;
        }

        var nonce = new byte[16];
        var seals = SharedSegment.Native.Control(handle, GetSeals, 0);
        if (seals >= 0 && (seals & NoShrinking) != 0 && SharedSegment.Native.ReadAt(handle, nonce, 16, 0) == 16 && new Guid(nonce) == offer.Nonce)
        {
            return new PeerSegment(handle);
        }

        _ = SharedSegment.Native.Close(handle);
        return null;
    }

    /// <summary>The first byte, header included.</summary>
    /// <param name="bytes">How many have to be there.</param>
    /// <exception cref="IOException">They are not, or cannot be mapped.</exception>
    public byte* Map(long bytes)
    {
        if (bytes <= _length)
        {
            return _pointer;
        }

        ObjectDisposedException.ThrowIf(_handle < 0, this);
        if (SharedSegment.Native.Seek(_handle, 0, FromEnd) < bytes)
        {
            throw new IOException($"a shared segment is shorter than {bytes} bytes");
        }

        Unmap();
        var mapped = SharedSegment.Native.Map(0, (nuint)bytes, SharedSegment.Native.Read, SharedSegment.Native.Shared, _handle, 0);
        if (mapped == SharedSegment.Native.Failed)
        {
            throw new IOException($"{bytes} bytes of a shared segment cannot be mapped: {new Win32Exception(Marshal.GetLastSystemError()).Message}");
        }

        _pointer = (byte*)mapped;
        _length = bytes;
        return _pointer;
    }

    public void Dispose()
    {
        Free();
        GC.SuppressFinalize(this);
    }

    private void Free()
    {
        Unmap();
        if (_handle >= 0)
        {
            _ = SharedSegment.Native.Close(_handle);
            _handle = -1;
        }
    }

    private void Unmap()
    {
        if (_pointer is not null)
        {
            _ = SharedSegment.Native.Unmap((nint)_pointer, (nuint)_length);
            _pointer = null;
            _length = 0;
        }
    }
}
