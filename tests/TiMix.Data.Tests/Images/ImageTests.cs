using SkiaSharp;
using TiMix.Base;
using TiMix.Data.Augmentation;
using TiMix.Data.Images;

namespace TiMix.Data.Tests.Images;

public sealed class ImageTests
{
    private const long Enough = 64L << 20;

    [Theory]
    [InlineData(SKEncodedImageFormat.Png, 0)]
    [InlineData(SKEncodedImageFormat.Jpeg, 6)]
    [InlineData(SKEncodedImageFormat.Webp, 12)]
    public void Png_jpeg_and_webp_are_decoded(SKEncodedImageFormat format, int tolerance)
    {
        using var image = ImageDecoder.Decode(TestImages.Encode(40, 20, format), Enough);
        Assert.Equal((40, 20), (image.Width, image.Height));
        var pixel = image.Pixels.Slice(((10 * 40) + 30) * 4, 3);
        Assert.InRange(pixel[0], 150 - tolerance, 150 + tolerance);
        Assert.InRange(pixel[1], 100 - tolerance, 100 + tolerance);
        Assert.InRange(pixel[2], 0, tolerance);
    }

    [Fact]
    public void Grey_pictures_become_rgb()
    {
        using var bitmap = new SKBitmap(new SKImageInfo(8, 8, SKColorType.Gray8, SKAlphaType.Opaque));
        bitmap.Erase(new SKColor(90, 90, 90));
        using var data = bitmap.Encode(SKEncodedImageFormat.Png, 100);
        using var image = ImageDecoder.Decode(data.ToArray(), Enough);
        Assert.Equal([90, 90, 90], image.Pixels[..3].ToArray());
    }

    [Fact]
    public void Transparency_is_laid_on_white()
    {
        using var half = ImageDecoder.Decode(TestImages.Solid(100, 0, 200, alpha: 128), Enough);
        // (100·128 + 255·127 + 127) / 255 and so on.
        Assert.Equal([177, 127, 227], half.Pixels[..3].ToArray());
        using var none = ImageDecoder.Decode(TestImages.Solid(0, 0, 0, alpha: 0), Enough);
        Assert.Equal([255, 255, 255], none.Pixels[..3].ToArray());
    }

    [Fact]
    public void A_picture_of_100000_by_100000_is_refused_by_its_header()
    {
        var before = GC.GetAllocatedBytesForCurrentThread();
        var error = Assert.Throws<SampleException>(() => ImageDecoder.Decode(TestImages.PngHeader(100_000, 100_000), Enough));
        Assert.Contains("100000 x 100000 pixels is refused", error.Message, StringComparison.Ordinal);
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 1 << 20);
        Assert.Contains("refused", Assert.Throws<SampleException>(() => ImageDecoder.Decode(TestImages.Encode(40, 20), 799)).Message, StringComparison.Ordinal);
        ImageDecoder.Decode(TestImages.Encode(40, 20), 800).Dispose();
    }

    [Theory]
    [InlineData(SKEncodedImageFormat.Png)]
    [InlineData(SKEncodedImageFormat.Jpeg)]
    [InlineData(SKEncodedImageFormat.Webp)]
    public void A_picture_that_is_cut_off_or_noise_is_refused_with_a_reason(SKEncodedImageFormat format)
    {
        var good = TestImages.Encode(64, 64, format);
        Assert.Throws<SampleException>(() => ImageDecoder.Decode(good.AsSpan(0, good.Length / 2), Enough));
        Assert.Throws<SampleException>(() => ImageDecoder.Decode(good.AsSpan(0, 10), Enough));
        Assert.Throws<SampleException>(() => ImageDecoder.Decode("no picture at all"u8, Enough));
        Assert.Equal("has no picture", Assert.Throws<SampleException>(() => ImageDecoder.Decode([], Enough)).Message);
    }

    [Fact]
    public void Bytes_turned_over_anywhere_never_crash_the_decoder()
    {
        var random = new SeededRandom(3);
        foreach (var format in new[] { SKEncodedImageFormat.Png, SKEncodedImageFormat.Jpeg, SKEncodedImageFormat.Webp })
        {
            var good = TestImages.Encode(24, 24, format);
            var (read, refused) = (0, 0);
            for (var n = 0; n < 300; n++)
            {
                var bad = good.ToArray();
                bad[random.NextInt(bad.Length)] = (byte)random.NextInt(256);
                try
                {
                    ImageDecoder.Decode(bad, 1 << 20).Dispose();
                    read++;
                }
                catch (SampleException e)
                {
                    Assert.NotEmpty(e.Message);
                    refused++;
                }
            }

            Assert.Equal(300, read + refused);
        }
    }

    [Theory]
    [InlineData(128, 128, 0, 0, 128, 128, 64, 64)]
    [InlineData(100, 75, 13, 7, 61, 53, 64, 64)]
    [InlineData(20, 30, 0, 0, 20, 30, 64, 64)]
    [InlineData(300, 200, 17, 0, 250, 200, 33, 7)]
    [InlineData(64, 64, 0, 0, 64, 64, 64, 64)]
    [InlineData(500, 3, 0, 0, 500, 3, 16, 16)]
    [InlineData(9, 9, 4, 4, 1, 1, 5, 5)]
    public void Resizing_is_within_one_level_of_a_reference_in_double_precision(
        int width, int height, int x, int y, int cropWidth, int cropHeight, int toWidth, int toHeight)
    {
        using var image = Noise(width, height);
        var crop = new Crop(x, y, cropWidth, cropHeight);
        var result = new byte[3 * toWidth * toHeight];
        Resizer.Resize(image, crop, toWidth, toHeight, result);
        var difference = 0.0;
        for (var channel = 0; channel < 3; channel++)
        {
            for (var row = 0; row < toHeight; row++)
            {
                for (var column = 0; column < toWidth; column++)
                {
                    var expected = Reference(image, crop, toWidth, toHeight, row, column, channel);
                    difference = Math.Max(difference, Math.Abs(expected - result[(((channel * toHeight) + row) * toWidth) + column]));
                }
            }
        }

        Assert.InRange(difference, 0, 0.51);
    }

    [Fact]
    public void A_picture_of_the_right_size_stays_as_it_is()
    {
        using var image = Noise(16, 16);
        var result = new byte[3 * 256];
        Resizer.Resize(image, new Crop(0, 0, 16, 16), 16, 16, result);
        for (var i = 0; i < 256; i++)
        {
            Assert.Equal(image.Pixels[(4 * i) + 1], result[256 + i]);
        }
    }

    [Fact]
    public void A_picture_of_one_pixel_fills_the_square()
    {
        using var image = ImageDecoder.Decode(TestImages.Solid(10, 20, 30), Enough);
        var result = new byte[3 * 64];
        AugmentedView.Centre(1, 1).Render(image, 8, result);
        Assert.Equal([10, 20, 30], new[] { result[..64], result[64..128], result[128..] }.Select(plane => (int)Assert.Single(plane.Distinct())));
    }

    [Fact]
    public void A_crop_outside_the_picture_is_an_error()
    {
        using var image = Noise(8, 8);
        var result = new byte[3];
        Assert.Throws<ArgumentOutOfRangeException>(() => Resizer.Resize(image, new Crop(1, 0, 8, 8), 1, 1, result));
        Assert.Throws<ArgumentOutOfRangeException>(() => Resizer.Resize(image, new Crop(0, 0, 8, 0), 1, 1, result));
    }

    private static DecodedImage Noise(int width, int height)
    {
        using var bitmap = new SKBitmap(new SKImageInfo(width, height, SKColorType.Rgba8888, SKAlphaType.Opaque));
        var random = new SeededRandom((ulong)(width * 1000) + (ulong)height);
        for (var i = 0; i < width * height; i++)
        {
            var bits = random.NextUInt64();
            bitmap.SetPixel(i % width, i / width, new SKColor((byte)bits, (byte)(bits >> 8), (byte)(bits >> 16)));
        }

        using var data = bitmap.Encode(SKEncodedImageFormat.Png, 100);
        return ImageDecoder.Decode(data.ToArray(), Enough);
    }

    /// <summary>The definition: every pixel of the crop weighted by the product of two triangles around the centre.</summary>
    private static double Reference(DecodedImage image, Crop crop, int toWidth, int toHeight, int row, int column, int channel)
    {
        static double Weight(int k, int i, int from, int to)
        {
            var scale = (double)from / to;
            return Math.Max(0, 1 - (Math.Abs(k + 0.5 - ((i + 0.5) * scale)) / Math.Max(1, scale)));
        }

        double sum = 0, weights = 0;
        for (var y = 0; y < crop.Height; y++)
        {
            var down = Weight(y, row, crop.Height, toHeight);
            for (var x = 0; down > 0 && x < crop.Width; x++)
            {
                var weight = down * Weight(x, column, crop.Width, toWidth);
                sum += weight * image.Pixels[((((crop.Y + y) * image.Width) + crop.X + x) * 4) + channel];
                weights += weight;
            }
        }

        return sum / weights;
    }
}
