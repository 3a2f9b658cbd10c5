using System.IO.Hashing;
using System.Security.Cryptography;
using System.Text;
using TiMix.Base;

namespace TiMix.Data.Shards;

/// <summary>What a file is, wherever it lies.</summary>
/// <param name="Name">Without its directory.</param>
/// <param name="Bytes">Its length.</param>
/// <param name="Sha256">Of its bytes, in hexadecimal.</param>
public sealed record DataFile(string Name, long Bytes, string Sha256)
{
    /// <summary>A file that was changed so lately may be changed again without another time of its last change.</summary>
    private static readonly TimeSpan Lately = TimeSpan.FromSeconds(5);

    /// <summary>Reads files through; what has been read is remembered as long as the system says that the file is the one it was.</summary>
    /// <param name="paths">Which; read side by side.</param>
    /// <param name="cacheDirectory">Where hashes are remembered; null for nowhere.</param>
    /// <returns>In the order of the paths.</returns>
    /// <exception cref="DataException">One cannot be read; one line.</exception>
    public static IReadOnlyList<DataFile> Of(IReadOnlyList<string> paths, string? cacheDirectory) => Of(paths, cacheDirectory, Lately);

    internal static IReadOnlyList<DataFile> Of(IReadOnlyList<string> paths, string? cacheDirectory, TimeSpan lately)
    {
        var files = new DataFile[paths.Count];
        var error = (Exception?)null;
        Parallel.For(0, paths.Count, (i, loop) =>
        {
            try
            {
                files[i] = Of(Path.GetFullPath(paths[i]), cacheDirectory, lately);
            }
            catch (Exception failed) when (failed is IOException or UnauthorizedAccessException)
            {
                Interlocked.CompareExchange(ref error, new DataException($"{paths[i]}: cannot be read: {failed.Message}"), null);
                loop.Stop();
            }
        });
        return error is null ? files : throw error;
    }

    private static DataFile Of(string path, string? cacheDirectory, TimeSpan lately)
    {
        var (name, identity) = (Path.GetFileName(path), FileIdentity.Of(path));
        var cache = cacheDirectory is null || identity is null ? null
            : Path.Combine(cacheDirectory, Convert.ToHexStringLower(XxHash128.Hash(Encoding.UTF8.GetBytes(path))) + ".sha256");
        if (cache is not null && TryLoad(cache, identity!.Text) is { } known)
        {
            return new DataFile(name, new FileInfo(path).Length, known);
        }

        using var file = new FileStream(path, new FileStreamOptions { BufferSize = 1 << 20, Options = FileOptions.SequentialScan });
        var hash = Convert.ToHexStringLower(SHA256.HashData(file));
        if (cache is not null && identity == FileIdentity.Of(path) && TimeProvider.System.GetUtcNow() - identity!.ChangedAt >= lately)
        {
            TrySave(cache, identity.Text, hash);
        }

        return new DataFile(name, file.Position, hash);
    }

    private static string? TryLoad(string cache, string identity)
    {
        try
        {
            return File.Exists(cache) && File.ReadAllLines(cache) is [var of, { Length: 64 } hash] && of == identity ? hash : null;
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    private static void TrySave(string cache, string identity, string hash)
    {
        try
        {
            Directory.CreateDirectory(Path.GetDirectoryName(cache)!);
            WholeFile.Write(cache, $"{identity}\n{hash}\n");
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            // It is read through again next time.
        }
    }
}
