using TiMix.Data.Images;

namespace TiMix.Data.Pictures;

/// <summary>A picture file as it is now; another size or another time means another picture.</summary>
/// <param name="Path">Below the folder, with forward slashes.</param>
/// <param name="Length">Bytes.</param>
/// <param name="Modified">When it was changed last, ticks, UTC.</param>
public sealed record PictureFile(string Path, long Length, long Modified);

/// <summary>What is in a folder.</summary>
/// <param name="Folder">Full path.</param>
/// <param name="Files">Pictures by their path, one at least.</param>
/// <param name="Problems">Folders below it that cannot be read.</param>
public sealed record PictureListing(string Folder, IReadOnlyList<PictureFile> Files, IReadOnlyList<DataProblem> Problems);

/// <summary>Pictures in a folder and the folders below it.</summary>
public static class PictureFolder
{
    private static readonly string[] Extensions = [.. PictureKinds.Extensions.Select(extension => "." + extension)];
    private static readonly EnumerationOptions Shown = new() { AttributesToSkip = FileAttributes.Hidden, IgnoreInaccessible = false };

    /// <summary>
    /// All pictures, known by the end of their name, in ordinal order of their paths. Hidden files are left out; links to
    /// folders are not followed, so that none is listed twice and a circle ends.
    /// </summary>
    /// <exception cref="DataException">There is no such folder, it cannot be read, or no picture is in it.</exception>
    public static PictureListing List(string folder)
    {
        if (!Directory.Exists(folder))
        {
            throw new DataException($"{folder}: there is no such folder; right would be one with pictures ({string.Join(", ", Extensions)}).");
        }

        var root = Path.GetFullPath(folder);
        var (files, problems) = (new List<PictureFile>(), new List<DataProblem>());
        var open = new Stack<DirectoryInfo>([new DirectoryInfo(root)]);
        while (open.TryPop(out var directory))
        {
            try
            {
                foreach (var entry in directory.EnumerateFileSystemInfos("*", Shown))
                {
                    if (entry is DirectoryInfo below)
                    {
                        if ((below.Attributes & FileAttributes.ReparsePoint) == 0)
                        {
                            open.Push(below);
                        }
                    }
                    else if (Extensions.Contains(entry.Extension, StringComparer.OrdinalIgnoreCase))
                    {
                        files.Add(Describe(NameOf(root, entry), (FileInfo)entry));
                    }
                }
            }
            catch (Exception error) when (error is IOException or UnauthorizedAccessException)
            {
                if (directory.FullName == root)
                {
                    throw new DataException($"{folder}: cannot be read: {error.Message}");
                }

                problems.Add(new DataProblem(NameOf(root, directory), $"cannot be read: {error.Message}"));
            }
        }

        return files.Count > 0
            ? new PictureListing(
                root, [.. files.OrderBy(file => file.Path, StringComparer.Ordinal)], [.. problems.OrderBy(problem => problem.Where, StringComparer.Ordinal)])
            : throw new DataException($"{folder}: there is no picture in it ({string.Join(", ", Extensions)}).");
    }

    private static string NameOf(string root, FileSystemInfo entry) => Path.GetRelativePath(root, entry.FullName).Replace('\\', '/');

    /// <summary>A link counts as the file that it leads to; one that leads nowhere has no bytes.</summary>
    private static PictureFile Describe(string name, FileInfo file)
    {
        try
        {
            file = file.ResolveLinkTarget(returnFinalTarget: true) as FileInfo ?? file;
            return file.Exists ? new PictureFile(name, file.Length, file.LastWriteTimeUtc.Ticks) : new PictureFile(name, 0, 0);
        }
        catch (IOException)
        {
            // A link to itself, or gone since it was seen; reading it will say so.
            return new PictureFile(name, 0, 0);
        }
    }
}
