using TiMix.Data.Images;

namespace TiMix.Data.Tests.Images;

public sealed class PictureKindsTests
{
    private const long Most = 1 << 20;

    [Theory]
    [InlineData("progressive.jpg")]
    [InlineData("scans.jpg")]
    public void A_JPEG_of_several_scans_that_is_cut_anywhere_is_cut_off(string name)
    {
        var whole = TestImages.Fixture(name);
        Assert.Equal(96, Decoded(whole));
        Assert.Equal(96, Decoded([.. whole, .. "trailing bytes"u8]));
        for (var length = whole.Length - 1; length > 700; length -= 37)
        {
            Assert.Matches("^its picture is (cut off|broken)", Assert.Throws<SampleException>(() => Decoded(whole[..length])).Message);
        }
    }

    [Fact]
    public void A_thumbnail_that_is_whole_does_not_make_the_picture_so()
    {
        var whole = TestImages.Fixture("progressive.jpg");
        byte[] segment = [0xFF, 0xE1, .. (byte[])[(byte)((whole.Length + 2) >> 8), (byte)(whole.Length + 2)], .. whole];
        byte[] inside = [.. whole[..2], .. segment, .. whole[2..]];
        Assert.Equal(96, Decoded(inside));
        Assert.Throws<SampleException>(() => Decoded(inside[..^2]));
    }

    [Fact]
    public void Gif_and_bmp_are_read_and_cut_ones_are_not()
    {
        foreach (var (whole, extension) in new[] { (TestImages.Gif(16), "gif"), (TestImages.Bmp(16), "bmp") })
        {
            Assert.Equal(extension, PictureKinds.ExtensionOf(whole));
            using (var image = ImageDecoder.Decode(whole, Most))
            {
                Assert.Equal((16, 16), (image.Width, image.Height));
                Assert.Equal([200, 100, 50], image.Pixels[..3].ToArray());
                Assert.Equal([200, 100, 50], image.Pixels[^4..^1].ToArray());
            }

            Assert.Equal("its picture is cut off", Assert.Throws<SampleException>(() => Decoded(whole[..(whole.Length * 2 / 3)])).Message);
        }
    }

    [Fact]
    public void What_the_library_might_read_and_nobody_asked_for_is_refused()
    {
        // Skia takes an icon, and anything that begins with two zeros as a bitmap of WAP.
        foreach (var bytes in new[] { TestImages.Icon(16), [0, 0, 8, 8, 1, 2, 3, 4, 5, 6, 7, 8] })
        {
            Assert.Null(PictureKinds.ExtensionOf(bytes));
            Assert.Equal(
                "its picture cannot be decoded: not a JPEG, PNG, WebP, GIF or BMP", Assert.Throws<SampleException>(() => Decoded(bytes)).Message);
        }

        Assert.Contains(
            "it is a pointer of Git LFS", Assert.Throws<SampleException>(() => Decoded([.. "version https://git-lfs.github.com/spec/v1\noid"u8])).Message,
            StringComparison.Ordinal);
    }

    [Fact]
    public void A_box_of_a_scaled_or_turned_picture_is_carried_to_the_picture_as_stored()
    {
        using var plain = ImageDecoder.Decode(TestImages.Encode(100, 50), Most);
        Assert.Equal(new Box(1, 2, 3, 4), BoxFit.ToStored(new Box(1, 2, 3, 4), null, plain));
        Assert.Equal(new Box(1, 2, 3, 4), BoxFit.ToStored(new Box(1, 2, 3, 4), new PictureSize(100, 50), plain));
        Assert.Equal(new Box(5, 4, 10, 2), BoxFit.ToStored(new Box(10, 8, 20, 4), new PictureSize(200, 100), plain));
        Assert.Equal(new Box(5, 8, 10, 4), BoxFit.ToStored(new Box(10, 8, 20, 4), new PictureSize(200, 50), plain));

        // The left upper corner of the shown picture, 10 wide and 5 high: where it lies in the stored one of 100 x 50, by orientation.
        (int Orientation, Box Stored)[] corners =
            [(5, new Box(0, 0, 5, 10)), (6, new Box(0, 40, 5, 10)), (7, new Box(95, 40, 5, 10)), (8, new Box(95, 0, 5, 10)), (1, new Box(0, 0, 20, 2.5f))];
        foreach (var (orientation, stored) in corners)
        {
            using var image = ImageDecoder.Decode(TestImages.Turned(100, 50, orientation), Most);
            Assert.Equal((100, orientation), (image.Width, image.Orientation));
            Assert.Equal(stored, BoxFit.ToStored(new Box(0, 0, 10, 5), new PictureSize(50, 100), image));
            Assert.Equal(new Box(3, 4, 5, 6), BoxFit.ToStored(new Box(3, 4, 5, 6), new PictureSize(100, 50), image));
        }

        using var turned = ImageDecoder.Decode(TestImages.Turned(100, 50, 6), Most);
        Assert.Equal(new Box(0, 40, 5, 10), BoxFit.ToStored(new Box(0, 0, 40, 20), new PictureSize(200, 400), turned));
    }

    private static int Decoded(byte[] bytes)
    {
        using var image = ImageDecoder.Decode(bytes, Most);
        return image.Width;
    }
}
