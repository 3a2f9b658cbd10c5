namespace TiMix.Actors.Runs;

/// <summary>Small files that several processes may want to write at once.</summary>
internal static class AtomicFile
{
    /// <summary>Makes a file that is not there yet: whole or not at all, and by one of those who try at once.</summary>
    /// <returns>False: another was first.</returns>
    public static bool TryCreate(string path, string text)
    {
        var unfinished = $"{path}.{Guid.NewGuid():N}.unfinished";
        File.WriteAllText(unfinished, text);
        try
        {
            File.Move(unfinished, path, overwrite: false);
            return true;
        }
        catch (IOException) when (File.Exists(path))
        {
            File.Delete(unfinished);
            return false;
        }
    }
}
