using System.Runtime.ExceptionServices;
using TiMix.Base;

namespace TiMix.Data.Sample;

/// <summary>A directory that is there whole or not at all, made by one process while others wait.</summary>
internal static class ComposedDirectory
{
    /// <param name="directory">Absent, empty, or holding an earlier one of its kind, which is replaced.</param>
    /// <param name="isComplete">Whether a directory is what is wanted: then nothing is done.</param>
    /// <param name="isOfKind">Whether a directory holds an earlier one.</param>
    /// <param name="kind">For messages.</param>
    /// <param name="write">Fills the directory it is given.</param>
    /// <param name="ct">Gives up and leaves nothing behind.</param>
    /// <exception cref="DataException">The directory holds something else; it is left alone.</exception>
    public static void Make(
        string directory, Func<string, bool> isComplete, Func<string, bool> isOfKind, string kind, Action<string> write, CancellationToken ct)
    {
        directory = Path.TrimEndingDirectorySeparator(Path.GetFullPath(directory));
        Directory.CreateDirectory(Path.GetDirectoryName(directory)!);
        using var alone = WaitForLock(directory + ".lock", ct);
        var unfinished = directory + ".composing";
        WholeDirectory.DeleteIfThere(unfinished);
        if (isComplete(directory)) return; // another process has just made it
        if (Directory.Exists(directory) && Directory.EnumerateFileSystemEntries(directory).Any() && !isOfKind(directory))
            throw new DataException($"{directory} holds something that is not {kind}; name another directory or empty it.");

        try
        {
            WholeDirectory.Write(directory, unfinished, write);
        }
        catch (AggregateException e)
        {
            ExceptionDispatchInfo.Throw(e.InnerExceptions[0]); // one full disk is one error, whatever the number of threads
        }
    }

    /// <summary>The file is held open exclusively while composing; the system lets go of it even after a kill.</summary>
    private static FileStream WaitForLock(string path, CancellationToken ct)
    {
        while (true)
        {
            ct.ThrowIfCancellationRequested();
            try
            {
                return new FileStream(path, FileMode.OpenOrCreate, FileAccess.Write, FileShare.None, 1, FileOptions.DeleteOnClose);
            }
            catch (IOException e) when (e.HResult is 11 or 35 or unchecked((int)0x80070020)) // held: Linux, macOS, Windows
            {
                ct.WaitHandle.WaitOne(TimeSpan.FromMilliseconds(200));
            }
        }
    }
}
