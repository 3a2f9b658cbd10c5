using System.Text;
using TiMix.Base;
using TiMix.Data.Text;

namespace TiMix.Data.Formats;

/// <summary>Opens files of the user's that are text, for reading from front to end.</summary>
internal static class SourceFile
{
    private const int Buffer = 1 << 16;

    /// <summary>The text in UTF-8, whatever its mark says that the file is in.</summary>
    /// <exception cref="DataException">It is not there, may not be read, or is a file of another kind.</exception>
    public static Stream Open(string path)
    {
        FileStream? file = null;
        try
        {
            file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete, Buffer, FileOptions.SequentialScan);
            Span<byte> head = stackalloc byte[ForeignFile.Looked];
            head = head[..file.ReadAtLeast(head, head.Length, throwOnEndOfStream: false)];
            file.Position = 0;
            if (ForeignFile.Describe(head) is { } foreign)
            {
                throw new DataException($"{path}: {foreign}.");
            }

            var encoding = StoredText.EncodingOf(head);
            return encoding is UTF8Encoding ? file : Encoding.CreateTranscodingStream(file, encoding, Encoding.UTF8);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or NotSupportedException)
        {
            file?.Dispose();
            throw new DataException(Directory.Exists(path) ? $"{path}: is a directory; name a file in it." : $"{path}: cannot be read: {e.Message}");
        }
        catch (DataException)
        {
            file?.Dispose();
            throw;
        }
    }

    /// <summary>The same for JSON, with the numbers that are none as null (<see cref="PythonJson"/>).</summary>
    /// <exception cref="DataException">It is not there, may not be read, or is a file of another kind.</exception>
    public static Stream OpenJson(string path) => new PythonJsonStream(Open(path));
}
