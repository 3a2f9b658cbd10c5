using System.IO.Enumeration;

namespace TiMix.Data;

/// <summary>A picture file as it is now; another size or another time means another picture.</summary>
/// <param name="Path">Below the folder, with forward slashes.</param>
/// <param name="Length">Bytes.</param>
/// <param name="Modified">When it was changed last, ticks, UTC.</param>
public sealed record PictureFile(string Path, long Length, long Modified);

/// <summary>Pictures in a folder and the folders below it.</summary>
public static class PictureFolder
{
    private static readonly string[] Extensions = [".jpg", ".jpeg", ".png", ".webp", ".gif", ".bmp"];

    /// <summary>All of them by their path, in order of bytes; hidden files are left out, and links to folders are not followed.</summary>
    /// <exception cref="DataException">There is no such folder, no picture in it, or a part of it cannot be read.</exception>
    public static IReadOnlyList<PictureFile> List(string folder)
    {
        if (!Directory.Exists(folder))
        {
            throw new DataException($"{folder}: there is no such folder; right would be one with pictures ({string.Join(", ", Extensions)}).");
        }

        var root = Path.GetFullPath(folder);
        try
        {
            var found = new FileSystemEnumerable<PictureFile>(
                root,
                (ref FileSystemEntry entry) => Describe(root, entry.ToFullPath()),
                new EnumerationOptions { RecurseSubdirectories = true, IgnoreInaccessible = false, AttributesToSkip = FileAttributes.Hidden })
            {
                ShouldIncludePredicate = (ref FileSystemEntry entry) => !entry.IsDirectory && IsPicture(entry.FileName),
                ShouldRecursePredicate = (ref FileSystemEntry entry) => (entry.Attributes & FileAttributes.ReparsePoint) == 0,
            }.OrderBy(file => file.Path, StringComparer.Ordinal).ToList();
            return found.Count > 0 ? found : throw new DataException($"{folder}: there is no picture in it ({string.Join(", ", Extensions)}).");
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new DataException($"{folder}: cannot be read: {error.Message}");
        }
    }

    /// <summary>A link counts as the file that it leads to; one that leads nowhere has no bytes.</summary>
    private static PictureFile Describe(string root, string path)
    {
        var file = new FileInfo(path);
        file = file.ResolveLinkTarget(returnFinalTarget: true) as FileInfo ?? file;
        return new PictureFile(Path.GetRelativePath(root, path).Replace('\\', '/'), file.Exists ? file.Length : 0, file.Exists ? file.LastWriteTimeUtc.Ticks : 0);
    }

    private static bool IsPicture(ReadOnlySpan<char> name)
    {
        var extension = Path.GetExtension(name);
        foreach (var known in Extensions)
        {
            if (extension.Equals(known, StringComparison.OrdinalIgnoreCase))
            {
                return true;
            }
        }

        return false;
    }
}
