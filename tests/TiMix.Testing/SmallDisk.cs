using System.Runtime.InteropServices;

namespace TiMix.Testing;

/// <summary>A disk of its own for a test, in memory, which can be filled to its last page and freed again.</summary>
public sealed partial class SmallDisk : IDisposable
{
    private const int Page = 4096, Detach = 2;
    private const string Ballast = "ballast";

    private SmallDisk(string path) => Root = path;

    /// <summary>Where it is.</summary>
    public string Root { get; }

    /// <summary>Mounts one over a directory; the test is skipped where that is not permitted.</summary>
    public static SmallDisk Mount(string path, string size = "8m")
    {
        Directory.CreateDirectory(path);
        Assert.SkipUnless(OperatingSystem.IsLinux() && mount("tmpfs", path, "tmpfs", 0, $"size={size}") == 0, "Mounting a small disk is not permitted here.");
        return new SmallDisk(path);
    }

    /// <summary>Pages that a file of so many bytes takes.</summary>
    public static int PagesOf(long bytes) => (int)((bytes + Page - 1) / Page);

    /// <summary>Takes all that is free, but for so many pages.</summary>
    public void Fill(int leave = 0)
    {
        using var file = new FileStream(Path.Combine(Root, Ballast), FileMode.Create, FileAccess.Write, FileShare.None, bufferSize: 0);
        var page = new byte[Page];
        try
        {
            while (true)
            {
                file.Write(page);
            }
        }
        catch (IOException)
        {
            file.SetLength(Math.Max(0, ((file.Length / Page) - leave) * Page));
        }
    }

    /// <summary>There is room again.</summary>
    public void Free() => File.Delete(Path.Combine(Root, Ballast));

    /// <summary>Also while files on it are still open.</summary>
    public void Dispose() => umount2(Root, Detach);

    [LibraryImport("libc", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int mount(string source, string target, string kind, ulong flags, string options);

    [LibraryImport("libc", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int umount2(string target, int flags);
}
