#pragma warning disable RS0030 // Files and directories are moved here and nowhere else.
using System.Runtime.InteropServices;
using System.Text;

namespace TiMix.Base;

/// <summary>
/// Files that are there whole or not at all, whenever power fails or a process is killed: written beside their final name, flushed
/// to the disk, renamed, and the name flushed too. Each writer has an unfinished file of its own, so several may write at once and
/// the last one's stays.
/// </summary>
public static partial class WholeFile
{
    /// <summary>How the names of files and directories end that are being written, or were when their process died.</summary>
    public const string Unfinished = ".unfinished";

    private const int AlreadyThere = 17;

    /// <summary>Puts a text, as UTF-8, in the place of whatever the file held.</summary>
    /// <exception cref="IOException">The disk does not take it; what was there stays, and nothing is left beside it.</exception>
    public static void Write(string path, string text) => Write(path, Encoding.UTF8.GetBytes(text));

    /// <summary>Puts bytes in the place of whatever the file held.</summary>
    /// <exception cref="IOException">The disk does not take it; what was there stays, and nothing is left beside it.</exception>
    public static void Write(string path, byte[] bytes) => Write(path, file => file.Write(bytes));

    /// <summary>Puts what is written in the place of whatever the file held.</summary>
    /// <param name="path">The file.</param>
    /// <param name="write">Writes, in one go or in pieces; what it throws leaves everything as it was.</param>
    /// <param name="secret">Only the owner may read it.</param>
    /// <exception cref="IOException">The disk does not take it; what was there stays, and nothing is left beside it.</exception>
    public static void Write(string path, Action<FileStream> write, bool secret = false)
    {
        var unfinished = NameBeside(path);
        try
        {
            Fill(unfinished, write, secret);
            Rename(unfinished, path);
        }
        catch
        {
            TryDelete(unfinished);
            throw;
        }
    }

    /// <summary>
    /// Makes a file that is not there yet: by one of those who try at once. A second name for a file that is written already is
    /// the only way in which the system promises that; moving looks first and moves then.
    /// </summary>
    /// <returns>False: another was first.</returns>
    /// <exception cref="IOException">The disk does not take it; nothing is left behind.</exception>
    public static bool TryCreate(string path, string text)
    {
        var unfinished = NameBeside(path);
        try
        {
            Fill(unfinished, file => file.Write(Encoding.UTF8.GetBytes(text)), secret: false);
            if (link(unfinished, path) == 0)
            {
                Disk.FlushNames(DirectoryOf(path));
                return true;
            }

            var error = Marshal.GetLastPInvokeError();
            return error == AlreadyThere ? false : throw new IOException($"{path} cannot be made: {Marshal.GetPInvokeErrorMessage(error)}");
        }
        finally
        {
            TryDelete(unfinished);
        }
    }

    /// <summary>Gives its final name to a file that somebody has written beside it and closed; what had the name is replaced.</summary>
    /// <exception cref="IOException">The disk does not take it.</exception>
    public static void Put(string unfinished, string path)
    {
        Disk.Flush(unfinished);
        Rename(unfinished, path);
    }

    private static void Fill(string unfinished, Action<FileStream> write, bool secret)
    {
        var options = new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write, Share = FileShare.None };
        if (secret && !OperatingSystem.IsWindows())
        {
            options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        }

        using var file = new FileStream(unfinished, options);
        write(file);
        file.Flush(flushToDisk: true);
    }

    private static void Rename(string unfinished, string path)
    {
        File.Move(unfinished, path, overwrite: true);
        Disk.FlushNames(DirectoryOf(path));
    }

    private static string NameBeside(string path) => $"{path}.{Guid.NewGuid():N}{Unfinished}";

    private static string DirectoryOf(string path) => Path.GetDirectoryName(Path.GetFullPath(path))!;

    private static void TryDelete(string unfinished)
    {
        try
        {
            File.Delete(unfinished);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            // Why it could not be written says more than why it cannot be deleted.
        }
    }

    [LibraryImport("libc", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int link(string file, string name);
}
