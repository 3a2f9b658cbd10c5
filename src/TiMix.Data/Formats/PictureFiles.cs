namespace TiMix.Data.Formats;

/// <summary>The directory that pictures are in. A name never leads out of it, whatever it says.</summary>
internal sealed class PictureFiles
{
    private const long Largest = 256L << 20;
    private readonly string _root;
    private readonly string _inside;

    /// <exception cref="DataException">There is no such directory.</exception>
    public PictureFiles(string directory)
    {
        _root = Path.GetFullPath(directory);
        _inside = Path.TrimEndingDirectorySeparator(_root) is var root && root.EndsWith('/') ? root : root + Path.DirectorySeparatorChar;
        if (!Directory.Exists(_root))
        {
            throw new DataException($"{directory}: there is no such directory; --images names the one that the names of pictures start from.");
        }
    }

    /// <summary>One way to write a name: so that two ways to write it are one picture.</summary>
    public static string Normalize(string name)
    {
        name = name.Replace('\\', '/').Trim();
        while (name.StartsWith("./", StringComparison.Ordinal))
        {
            name = name[2..];
        }

        return name;
    }

    /// <summary>The bytes of a picture.</summary>
    /// <exception cref="PictureException">They cannot be had.</exception>
    public byte[] Read(string name)
    {
        string path;
        try
        {
            path = Path.GetFullPath(Normalize(name), _root);
        }
        catch (ArgumentException)
        {
            throw new PictureException(ProblemKind.OutsideDirectory, $"\"{Visible(name)}\" is no name of a file");
        }

        if (!path.StartsWith(_inside, StringComparison.Ordinal))
        {
            throw new PictureException(
                ProblemKind.OutsideDirectory, $"{Visible(name)} is not below {_root}; --images names the directory that pictures are in");
        }

        try
        {
            var file = new FileInfo(path);
            if (!file.Exists || file.Length == 0)
            {
                throw new PictureException(ProblemKind.MissingPicture, file.Exists ? $"{path} is empty" : $"there is no {path}");
            }

            return file.Length > Largest
                ? throw new PictureException(ProblemKind.BrokenPicture, $"{path} has {file.Length} bytes; at most {Largest} are read")
                : File.ReadAllBytes(path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new PictureException(ProblemKind.MissingPicture, $"{path} cannot be read: {e.Message}");
        }
    }

    private static string Visible(string name) => string.Concat(name.Take(200).Select(c => char.IsControl(c) ? '\uFFFD' : c));
}

/// <summary>A picture cannot be used.</summary>
internal sealed class PictureException(ProblemKind kind, string reason) : Exception(reason)
{
    public ProblemKind Kind => kind;
}
