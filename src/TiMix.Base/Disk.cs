using System.Runtime.InteropServices;

namespace TiMix.Base;

/// <summary>Makes what is written outlast a loss of power.</summary>
internal static partial class Disk
{
    private const int ReadOnly = 0;

    /// <summary>The bytes of a file that is closed.</summary>
    /// <exception cref="IOException">The disk does not take them.</exception>
    public static void Flush(string file)
    {
        using var handle = File.OpenHandle(file, FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite | FileShare.Delete);
        RandomAccess.FlushToDisk(handle);
    }

    /// <summary>
    /// The names in a directory. .NET opens no directories, so the system is asked; some network file systems refuse, and keep
    /// names by themselves.
    /// </summary>
    public static void FlushNames(string directory)
    {
        if (!OperatingSystem.IsLinux())
        {
            return;
        }

        var handle = open(directory, ReadOnly);
        if (handle >= 0)
        {
            _ = fsync(handle);
            _ = close(handle);
        }
    }

    [LibraryImport("libc", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int open(string path, int flags);

    [LibraryImport("libc")]
    private static partial int fsync(int handle);

    [LibraryImport("libc")]
    private static partial int close(int handle);
}
