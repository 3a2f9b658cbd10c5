using TiMix.Data.Loading;
using TiMix.Data.Pictures;

namespace TiMix.Data.Tests.Pictures;

public sealed class PictureFolderTests : IDisposable
{
    private static readonly LoaderOptions Options = new() { ImageSize = 2, ContextLength = 5 };
    private readonly TemporaryDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Fact]
    public void Pictures_at_any_depth_are_listed_by_path_with_size_and_time()
    {
        var time = new DateTime(2026, 3, 4, 5, 6, 7, DateTimeKind.Utc);
        foreach (var name in new[] { "b.PNG", "a/z.jpg", "a/b/c.webp", "B.gif", "猫.jpeg", "note.txt", "jpg", ".hidden.jpg", ".cache/x.jpg",
            "folder.jpg/x.bmp" })
        {
            Write(name, [1, 2, 3]);
        }

        File.SetLastWriteTimeUtc(_directory.File("b.PNG"), time);
        var listing = PictureFolder.List(_directory.Path);
        Assert.Equal(_directory.Path, listing.Folder);
        Assert.Equal(["B.gif", "a/b/c.webp", "a/z.jpg", "b.PNG", "folder.jpg/x.bmp", "猫.jpeg"], listing.Files.Select(file => file.Path));
        Assert.Equal(new PictureFile("b.PNG", 3, time.Ticks), listing.Files[3]);
        Assert.Empty(listing.Problems);
    }

    [Fact]
    public void Links_to_files_are_followed_and_circles_end()
    {
        Write("real/a.jpg", [1, 2, 3, 4]);
        File.CreateSymbolicLink(_directory.File("link.jpg"), _directory.File("real/a.jpg"));
        File.CreateSymbolicLink(_directory.File("loop.jpg"), _directory.File("loop.jpg"));
        File.CreateSymbolicLink(_directory.File("dead.jpg"), _directory.File("nowhere.jpg"));
        Directory.CreateSymbolicLink(_directory.File("real/up"), _directory.Path);
        var listing = PictureFolder.List(_directory.Path);
        Assert.Equal([("dead.jpg", 0), ("link.jpg", 4), ("loop.jpg", 0), ("real/a.jpg", 4)], listing.Files.Select(file => (file.Path, file.Length)));
        Assert.Equal(listing.Files[3].Modified, listing.Files[1].Modified);
        Assert.All(["dead.jpg", "loop.jpg"], name => Assert.StartsWith("cannot be read: ", Refusal(name), StringComparison.Ordinal));
    }

    [Fact]
    public void A_folder_that_is_missing_or_has_no_picture_is_refused()
    {
        Write("note.txt", [1]);
        Assert.Contains(
            "there is no such folder", Assert.Throws<DataException>(() => PictureFolder.List(_directory.File("absent"))).Message, StringComparison.Ordinal);
        Assert.Contains(
            "there is no such folder", Assert.Throws<DataException>(() => PictureFolder.List(_directory.File("note.txt"))).Message, StringComparison.Ordinal);
        Assert.Contains(
            "there is no picture in it (.jpg, ", Assert.Throws<DataException>(() => PictureFolder.List(_directory.Path)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void The_middle_of_a_picture_is_taken_and_a_single_pixel_fills_it()
    {
        // Four columns of red 0, 50, 100, 150 and two rows of green 0 and 100: the middle two columns are left.
        Write("wide.png", TestImages.Encode(4, 2));
        Write("dot.png", TestImages.Solid(10, 20, 30));
        Assert.Equal([50, 100, 50, 100, 0, 0, 100, 100, 0, 0, 0, 0], Pixels("wide.png"));
        Assert.Equal([10, 10, 10, 10, 20, 20, 20, 20, 30, 30, 30, 30], Pixels("dot.png"));
    }

    [Fact]
    public void Gif_and_bmp_are_read_too()
    {
        // One pixel of (9, 8, 7) each: GIF's codes 4 (clear), 0, 5 (end) of three bits; BMP's bytes in the order blue, green, red.
        Write("dot.gif", [.. "GIF89a"u8, 1, 0, 1, 0, 0x80, 0, 0, 9, 8, 7, 0, 0, 0, 0x2C, 0, 0, 0, 0, 1, 0, 1, 0, 0, 2, 2, 0x44, 1, 0, 0x3B]);
        Write("dot.bmp", [.. "BM"u8, 58, 0, 0, 0, 0, 0, 0, 0, 54, 0, 0, 0, 40, 0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0, 1, 0, 24, 0, .. new byte[24], 7, 8, 9, 0]);
        Assert.All(["dot.gif", "dot.bmp"], name => Assert.Equal([9, 9, 9, 9, 8, 8, 8, 8, 7, 7, 7, 7], Pixels(name)));
    }

    [Fact]
    public void What_is_no_whole_picture_is_refused_with_the_reason()
    {
        Write("empty.jpg", []);
        Write("text.jpg", "no picture"u8.ToArray());
        Write("torn.jpg", TestImages.Encode(64, 64, SkiaSharp.SKEncodedImageFormat.Jpeg)[..^100]);
        Write("huge.png", TestImages.PngHeader(20_000, 20_000));
        using (var large = File.Create(_directory.File("large.png")))
        {
            large.SetLength(PictureReader.MaxBytes + 1);
        }

        Assert.Equal("is empty", Refusal("empty.jpg"));
        Assert.Contains("cannot be decoded", Refusal("text.jpg"), StringComparison.Ordinal);
        Assert.Contains("cut off", Refusal("torn.jpg"), StringComparison.Ordinal);
        Assert.Contains("20000 x 20000 pixels is refused", Refusal("huge.png"), StringComparison.Ordinal);
        Assert.Contains($"refused for its {PictureReader.MaxBytes + 1} bytes", Refusal("large.png"), StringComparison.Ordinal);
        Assert.Contains("cannot be read", Refusal("absent.png"), StringComparison.Ordinal);
        Assert.Contains("cannot be read", Refusal("."), StringComparison.Ordinal);
    }

    private void Write(string name, byte[] content)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(_directory.File(name))!);
        File.WriteAllBytes(_directory.File(name), content);
    }

    private byte[] Pixels(string name)
    {
        var pixels = new byte[3 * Options.ImageSize * Options.ImageSize];
        PictureReader.Read(_directory.File(name), Options, pixels);
        return pixels;
    }

    private string Refusal(string name) => Assert.Throws<SampleException>(() => Pixels(name)).Message;
}
