using System.Security.Cryptography;
using TiMix.Data.Shards;

namespace TiMix.Data.Tests.Shards;

public sealed class DataFileTests : IDisposable
{
    private readonly string _root = Directory.CreateTempSubdirectory("timix-files-").FullName;

    public void Dispose() => Directory.Delete(_root, recursive: true);

    [Fact]
    public void Files_are_what_their_bytes_are_in_the_order_that_was_asked_for()
    {
        string[] paths = [.. Enumerable.Range(0, 9).Select(i => Write($"{9 - i}.tar", new byte[i * 3_000_000]))];
        var files = DataFile.Of(paths, In("cache"));
        Assert.Equal(
            paths.Select(path => new DataFile(
                Path.GetFileName(path), new FileInfo(path).Length, Convert.ToHexStringLower(SHA256.HashData(File.ReadAllBytes(path))))),
            files);
        Assert.Contains(In("none.tar"), Assert.Throws<DataException>(() => DataFile.Of([paths[0], In("none.tar")], null)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void What_was_read_is_remembered_until_the_file_is_another_one_whatever_its_name_length_and_time()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "Only Linux tells when a file was last changed.");
        var (a, b, time) = (Write("a.tar", [1, 2, 3, 4]), Write("b.tar", [5, 6, 7, 8]), new DateTime(2026, 1, 1, 0, 0, 0, DateTimeKind.Utc));
        File.SetLastWriteTimeUtc(a, time);
        File.SetLastWriteTimeUtc(b, time);
        var before = DataFile.Of([a, b], In("cache"), TimeSpan.Zero);
        foreach (var cache in Directory.GetFiles(In("cache")))
        {
            File.WriteAllLines(cache, [File.ReadAllLines(cache)[0], new string('0', 64)]);
        }

        Assert.All(DataFile.Of([a, b], In("cache"), TimeSpan.Zero), file => Assert.Equal(new string('0', 64), file.Sha256));
        var aside = In("aside");
        File.Copy(a, aside);
        File.Delete(a);
        File.Copy(b, a);
        File.Delete(b);
        File.Copy(aside, b);
        File.SetLastWriteTimeUtc(a, time);
        File.SetLastWriteTimeUtc(b, time);
        Assert.Equal([before[1].Sha256, before[0].Sha256], DataFile.Of([a, b], In("cache"), TimeSpan.Zero).Select(file => file.Sha256));
    }

    [Fact]
    public void A_file_that_was_changed_a_moment_ago_is_not_remembered()
    {
        DataFile.Of([Write("a.tar", [1])], In("cache"));
        Assert.False(Directory.Exists(In("cache")));
    }

    private string In(string name) => Path.Combine(_root, name);

    private string Write(string name, byte[] bytes)
    {
        File.WriteAllBytes(In(name), bytes);
        return In(name);
    }
}
