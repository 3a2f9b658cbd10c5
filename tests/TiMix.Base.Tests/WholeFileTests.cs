using System.Runtime.InteropServices;

namespace TiMix.Base.Tests;

/// <summary>Whole or not at all: with writers that fail, disks that are full, and several at once.</summary>
public sealed partial class WholeFileTests : IDisposable
{
    private readonly string _directory = Directory.CreateTempSubdirectory("timix-whole-").FullName;

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    [Fact]
    public void What_is_written_replaces_what_was_there_and_leaves_nothing_beside_it()
    {
        WholeFile.Write(In("a.json"), "first, and longer");
        WholeFile.Write(In("a.json"), "größer");
        Assert.Equal("größer"u8.ToArray(), File.ReadAllBytes(In("a.json")));
        Assert.Equal(["a.json"], Names());
    }

    [Fact]
    public void A_writer_that_fails_half_way_leaves_what_was_there()
    {
        WholeFile.Write(In("a.json"), "before");
        Assert.Throws<InvalidOperationException>(() => WholeFile.Write(In("a.json"), file =>
        {
            file.Write("half"u8);
            throw new InvalidOperationException("the other half does not come");
        }));
        Assert.Equal("before", File.ReadAllText(In("a.json")));
        Assert.Equal(["a.json"], Names());
    }

    [Fact]
    [System.Runtime.Versioning.UnsupportedOSPlatform("windows")]
    public void A_secret_is_for_its_owner_alone()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "Windows has no such modes.");
        WholeFile.Write(In("open"), "for others");
        WholeFile.Write(In("open"), file => file.Write("token"u8), secret: true);
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(In("open")));
    }

    [Fact]
    public void A_file_that_another_wrote_is_put_in_place()
    {
        File.WriteAllText(In("drawn"), "picture");
        WholeFile.Write(In("mix.png"), "older");
        WholeFile.Put(In("drawn"), In("mix.png"));
        Assert.Equal("picture", File.ReadAllText(In("mix.png")));
        Assert.Equal(["mix.png"], Names());
    }

    [Fact]
    public async Task Whoever_reads_while_several_write_sees_one_of_them_whole()
    {
        const int writers = 4, times = 40, length = 100_000;
        var path = In("shared");
        WholeFile.Write(path, new byte[length]);
        var writing = Task.WhenAll(Enumerable.Range(1, writers).Select(writer => Task.Run(
            () =>
            {
                var content = Enumerable.Repeat((byte)writer, length).ToArray();
                for (var i = 0; i < times; i++)
                {
                    WholeFile.Write(path, content);
                }
            },
            TestContext.Current.CancellationToken)));
        while (!writing.IsCompleted)
        {
            var seen = await File.ReadAllBytesAsync(path, TestContext.Current.CancellationToken);
            Assert.Equal(length, seen.Length);
            Assert.Single(seen.Distinct());
        }

        await writing;
        Assert.Equal(["shared"], Names());
    }

    [Fact]
    public async Task Of_several_who_make_the_same_file_at_once_exactly_one_succeeds()
    {
        for (var round = 0; round < 20; round++)
        {
            var path = In($"recipe-{round}");
            using var together = new Barrier(4);
            var made = await Task.WhenAll(Enumerable.Range(0, 4).Select(writer => Task.Factory.StartNew(
                () =>
                {
                    together.SignalAndWait();
                    return WholeFile.TryCreate(path, $"by {writer}");
                },
                TestContext.Current.CancellationToken, TaskCreationOptions.LongRunning, TaskScheduler.Default)));
            var winner = Assert.Single(Enumerable.Range(0, 4), writer => made[writer]);
            Assert.Equal($"by {winner}", File.ReadAllText(path));
        }

        Assert.Equal(20, Names().Length);
    }

    [Fact]
    public void A_directory_replaces_the_one_before_it_or_leaves_it_alone()
    {
        var (target, unfinished) = (In("step-1"), In("step-1" + WholeFile.Unfinished));
        Directory.CreateDirectory(unfinished);
        File.WriteAllText(Path.Combine(unfinished, "left"), "by a process that died");
        WholeDirectory.Write(target, unfinished, path => File.WriteAllText(Path.Combine(path, "model"), "1"));
        Assert.Throws<IOException>(() => WholeDirectory.Write(target, unfinished, path =>
        {
            File.WriteAllText(Path.Combine(path, "model"), "2");
            throw new IOException("full");
        }));
        Assert.Equal("1", File.ReadAllText(Path.Combine(target, "model")));
        WholeDirectory.Write(
            target, unfinished, path => File.WriteAllText(Path.Combine(Directory.CreateDirectory(Path.Combine(path, "inner")).FullName, "model"), "3"));
        Assert.Equal([Path.Combine(target, "inner", "model")], Directory.GetFiles(target, "*", SearchOption.AllDirectories));
        Assert.Equal(["step-1"], Names());
    }

    [Fact]
    public void A_full_disk_leaves_what_was_there()
    {
        var disk = Directory.CreateDirectory(In("disk")).FullName;
        Assert.SkipUnless(OperatingSystem.IsLinux() && mount("tmpfs", disk, "tmpfs", 0, "size=64k") == 0, "Mounting a small disk is not permitted here.");
        try
        {
            var path = Path.Combine(disk, "summary.json");
            WholeFile.Write(path, "before");
            Assert.Throws<IOException>(() => WholeFile.Write(path, new byte[200_000]));
            Assert.Throws<IOException>(() => WholeFile.TryCreate(Path.Combine(disk, "new"), new string('x', 200_000)));
            Assert.Throws<IOException>(() => WholeDirectory.Write(
                Path.Combine(disk, "step"), Path.Combine(disk, "step" + WholeFile.Unfinished), inner => File.WriteAllBytes(
                    Path.Combine(inner, "model"), new byte[200_000])));
            Assert.Equal("before", File.ReadAllText(path));
            Assert.Equal([path], Directory.GetFileSystemEntries(disk));
            WholeFile.Write(path, "and there is room again");
        }
        finally
        {
            Assert.Equal(0, umount(disk));
        }
    }

    private string In(string name) => Path.Combine(_directory, name);

    private string[] Names() => [.. Directory.GetFileSystemEntries(_directory).Select(path => Path.GetFileName(path)).Order(StringComparer.Ordinal)];

    [LibraryImport("libc", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int mount(string source, string target, string kind, ulong flags, string options);

    [LibraryImport("libc", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int umount(string target);
}
