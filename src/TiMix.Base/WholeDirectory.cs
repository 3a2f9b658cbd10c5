#pragma warning disable RS0030 // Files and directories are moved here and nowhere else.
using System.Runtime.InteropServices;

namespace TiMix.Base;

/// <summary>Directories that are there whole or not at all, like a <see cref="WholeFile"/>.</summary>
public static partial class WholeDirectory
{
    private const int AlreadyThere = 17;
    private const uint Everybody = 0b111_111_111;

    /// <summary>Makes an empty directory that is not there yet: one of those who try at once does.</summary>
    /// <returns>False: there is something of that name.</returns>
    /// <exception cref="IOException">The disk does not take it.</exception>
    public static bool TryCreate(string directory)
    {
        if (mkdir(directory, Everybody) == 0)
        {
            return true;
        }

        var error = Marshal.GetLastPInvokeError();
        return error == AlreadyThere ? false : throw new IOException($"{directory} cannot be made: {Marshal.GetPInvokeErrorMessage(error)}");
    }

    /// <summary>Fills a directory beside its final name and puts it there; what had the name is replaced.</summary>
    /// <param name="directory">Its final name.</param>
    /// <param name="unfinished">Where it is filled, on the same disk; what a dead process left there is deleted.</param>
    /// <param name="fill">Writes the files into the directory that it is given; what it throws leaves everything as it was.</param>
    /// <exception cref="IOException">The disk does not take it; what was there stays, and nothing is left beside it.</exception>
    public static void Write(string directory, string unfinished, Action<string> fill)
    {
        try
        {
            DeleteIfThere(unfinished);
            Directory.CreateDirectory(unfinished);
            fill(unfinished);
            Put(unfinished, directory);
        }
        catch
        {
            TryDelete(unfinished);
            throw;
        }
    }

    /// <summary>Gives its final name to a directory that is filled: every file in it is on the disk before. What had the name is replaced.</summary>
    /// <exception cref="IOException">The disk does not take it; what had the name is still there.</exception>
    public static void Put(string unfinished, string directory)
    {
        foreach (var file in Directory.EnumerateFiles(unfinished, "*", SearchOption.AllDirectories))
        {
            Disk.Flush(file);
        }

        foreach (var inner in Directory.EnumerateDirectories(unfinished, "*", SearchOption.AllDirectories).Append(unfinished))
        {
            Disk.FlushNames(inner);
        }

        var replaced = $"{directory}.{Guid.NewGuid():N}{WholeFile.Unfinished}";
        var replaces = Directory.Exists(directory);
        if (replaces)
        {
            Directory.Move(directory, replaced);
        }

        try
        {
            Directory.Move(unfinished, directory);
        }
        catch when (replaces)
        {
            Directory.Move(replaced, directory);
            throw;
        }

        Disk.FlushNames(Path.GetDirectoryName(Path.GetFullPath(directory))!);
        TryDelete(replaced);
    }

    /// <summary>Deletes a directory with all that is in it, if there is one.</summary>
    /// <exception cref="IOException">It does not go.</exception>
    public static void DeleteIfThere(string directory)
    {
        if (Directory.Exists(directory))
        {
            Directory.Delete(directory, recursive: true);
        }
    }

    /// <summary>The same; one that does not go stays, and is known by its name.</summary>
    public static void TryDelete(string directory)
    {
        try
        {
            DeleteIfThere(directory);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            // It stays until the next time.
        }
    }

    [LibraryImport("libc", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int mkdir(string directory, uint mode);
}
