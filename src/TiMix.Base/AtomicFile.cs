using System.Runtime.InteropServices;

namespace TiMix.Base;

/// <summary>Small files that several processes may want to make at once.</summary>
public static partial class AtomicFile
{
    private const int Exists = 17;

    /// <summary>
    /// Makes a file that is not there yet: whole or not at all, and by one of those who try at once. A second name for a file
    /// that is written already is the only way in which the system promises that; moving looks first and moves then.
    /// </summary>
    /// <returns>False: another was first.</returns>
    /// <exception cref="IOException">The disk does not take it.</exception>
    public static bool TryCreate(string path, string text)
    {
        var unfinished = $"{path}.{Guid.NewGuid():N}.unfinished";
        try
        {
            File.WriteAllText(unfinished, text);
            if (link(unfinished, path) == 0)
            {
                return true;
            }

            var error = Marshal.GetLastPInvokeError();
            return error == Exists ? false : throw new IOException($"{path} cannot be made: {Marshal.GetPInvokeErrorMessage(error)}");
        }
        finally
        {
            File.Delete(unfinished);
        }
    }

    [LibraryImport("libc", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int link(string file, string name);
}
