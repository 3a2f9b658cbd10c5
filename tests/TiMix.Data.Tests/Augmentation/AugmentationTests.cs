using TiMix.Base;
using TiMix.Data.Augmentation;
using TiMix.Data.Images;
using TiMix.Data.Loading;

namespace TiMix.Data.Tests.Augmentation;

public sealed class AugmentationTests
{
    private static readonly AugmentedView WholeHalved = new(new Crop(0, 0, 100, 100), 0, 0, false);

    [Fact]
    public void A_box_is_shifted_and_scaled_with_the_crop()
    {
        var view = new AugmentedView(new Crop(10, 20, 100, 50), 0, 0, false);
        // Across 100 pixels become 50, down 50 become 50.
        Assert.Equal(new Box(5, 10, 10, 20), view.Carry(new Box(20, 30, 20, 20), 50));
    }

    [Fact]
    public void A_flipped_box_is_the_mirror_image()
        => Assert.Equal(new Box(50 - 5 - 10, 10, 10, 20), (new AugmentedView(new Crop(10, 20, 100, 50), 0, 0, true)).Carry(new Box(20, 30, 20, 20), 50));

    [Theory]
    [InlineData(-9f, true)]
    [InlineData(-10f, false)]
    [InlineData(-11f, false)]
    [InlineData(89f, true)]
    [InlineData(90f, false)]
    public void A_box_is_kept_if_more_than_half_of_it_can_be_seen(float x, bool kept)
    {
        var carried = WholeHalved.Carry(new Box(x, 0, 20, 20), 50);
        Assert.Equal(kept, carried.HasValue);
    }

    [Fact]
    public void A_kept_box_is_clipped() => Assert.Equal(new Box(0, 0, 7, 10), WholeHalved.Carry(new Box(-6, 0, 20, 20), 50));

    [Theory]
    [InlineData(0f, 5f)]
    [InlineData(5f, -5f)]
    [InlineData(float.NaN, 5f)]
    public void A_box_without_area_is_dropped(float width, float height) => Assert.Null(WholeHalved.Carry(new Box(1, 1, width, height), 50));

    [Fact]
    public void A_shifted_view_carries_boxes_and_pixels_alike()
    {
        // 100 pixels become 50; 4 to the right and 3 up in the result.
        var view = new AugmentedView(new Crop(0, 0, 100, 100), 4, -3, false);
        Assert.Equal(new Box(14, 17, 10, 10), view.Carry(new Box(20, 40, 20, 20), 50));
        // The upper 6 stored rows are out of sight, and so is more than half of this one.
        Assert.Null(view.Carry(new Box(20, 0, 20, 10), 50));
        // Of this one 6 of 14 rows are gone.
        Assert.Equal(new Box(14, 0, 10, 4), view.Carry(new Box(20, 0, 20, 14), 50));
        Assert.Equal(new Box(50 - 14 - 10, 17, 10, 10), (view with { Flip = true }).Carry(new Box(20, 40, 20, 20), 50));
    }

    [Theory]
    [InlineData(2, 1, false)]
    [InlineData(-3, 0, false)]
    [InlineData(2, -1, true)]
    [InlineData(40, -40, false)]
    [InlineData(-40, 40, true)]
    public void A_shift_moves_the_picture_and_repeats_its_edge(int shiftX, int shiftY, bool flip)
    {
        const int size = 16;
        using var image = ImageDecoder.Decode(TestImages.Encode(size, size), 1 << 20);
        var plain = new byte[3 * size * size];
        var shifted = new byte[3 * size * size];
        new AugmentedView(new Crop(0, 0, size, size), 0, 0, false).Render(image, size, plain);
        new AugmentedView(new Crop(0, 0, size, size), shiftX, shiftY, flip).Render(image, size, shifted);
        for (var i = 0; i < shifted.Length; i++)
        {
            var (plane, y, x) = (i / (size * size), i / size % size, i % size);
            var before = flip ? size - 1 - x : x;
            var expected = plain[(plane * size * size) + (Math.Clamp(y - shiftY, 0, size - 1) * size) + Math.Clamp(before - shiftX, 0, size - 1)];
            Assert.Equal(expected, shifted[i]);
        }
    }

    [Fact]
    public void Crops_keep_within_the_picture_the_scale_and_the_ratio()
    {
        var random = new SeededRandom(1);
        var options = new AugmentationOptions { MinScale = 0.3 };
        double smallest = 1, largest = 0;
        for (var n = 0; n < 2000; n++)
        {
            var crop = AugmentedView.Draw(400, 300, options, true, ref random).Crop;
            Assert.True(crop.X >= 0 && crop.Y >= 0 && crop.X + crop.Width <= 400 && crop.Y + crop.Height <= 300);
            var ratio = (double)crop.Width / crop.Height;
            Assert.InRange(ratio, 0.74, 1.35);
            var scale = crop.Width * crop.Height / 120000.0;
            (smallest, largest) = (Math.Min(smallest, scale), Math.Max(largest, scale));
        }

        Assert.InRange(smallest, 0.29, 0.33);
        Assert.InRange(largest, 0.9, 1.001);
    }

    [Theory]
    [InlineData(1, 1)]
    [InlineData(1, 1000)]
    [InlineData(1000, 1)]
    public void The_oddest_pictures_have_a_crop(int width, int height)
    {
        var random = new SeededRandom(2);
        for (var n = 0; n < 50; n++)
        {
            var crop = AugmentedView.Draw(width, height, new AugmentationOptions(), true, ref random).Crop;
            Assert.InRange(crop.Width, 1, width);
            Assert.InRange(crop.Height, 1, height);
            Assert.InRange(crop.X + crop.Width, 1, width);
            Assert.InRange(crop.Y + crop.Height, 1, height);
        }
    }

    [Fact]
    public void Shifts_take_every_value_up_to_the_most_and_no_crop()
    {
        var random = new SeededRandom(4);
        var seen = new HashSet<(int, int)>();
        for (var n = 0; n < 2000; n++)
        {
            var view = AugmentedView.Draw(40, 30, new AugmentationOptions { MaxShift = 2 }, false, ref random);
            Assert.Equal(new Crop(0, 0, 40, 30), view.Crop);
            Assert.False(view.Flip);
            seen.Add((view.ShiftX, view.ShiftY));
        }

        Assert.Equal(25, seen.Count);
        Assert.All(seen, s => Assert.True(Math.Abs(s.Item1) <= 2 && Math.Abs(s.Item2) <= 2));
    }

    [Fact]
    public void Evaluation_takes_the_square_in_the_middle()
    {
        Assert.Equal(new Crop(50, 0, 100, 100), AugmentedView.Centre(200, 100).Crop);
        Assert.Equal(new Crop(0, 50, 100, 100), AugmentedView.Centre(100, 200).Crop);
        Assert.Equal(new Box(0, 5, 15, 10), AugmentedView.Centre(200, 100).Carry(new Box(40, 10, 40, 20), 50));
    }

    [Fact]
    public void Photometric_operations_have_the_values_worked_out_by_hand()
    {
        byte[] planes = [10, 60, 110, 10, 5, 5, 5, 5, 0, 255, 0, 255];
        RandAugment.AutoContrast(planes, 2);
        Assert.Equal([0, 128, 255, 0, 5, 5, 5, 5, 0, 255, 0, 255], planes);
        byte[] bright = [0, 100, 200, 255];
        RandAugment.Brightness(bright, 1.5);
        Assert.Equal([0, 150, 255, 255], bright);
        var spot = new byte[27];
        spot[4] = 130;
        RandAugment.Sharpness(spot, 3, 0);
        Assert.Equal(50, spot[4]);
        Assert.Equal(50, spot.Sum(v => v));
        var levels = Enumerable.Range(0, 3 * 1024).Select(i => (byte)(100 + (i % 4))).ToArray();
        RandAugment.Equalize(levels, 32);
        // 256 of each level, the last left out: steps of 3, sums 1, 257, 513, 769 thirds.
        Assert.Equal([0, 85, 171, 255], levels[..4]);
    }

    [Fact]
    public void Transforms_take_pixels_from_where_they_say()
    {
        var planes = Enumerable.Range(0, 27).Select(i => (byte)i).ToArray();
        var moved = planes.ToArray();
        RandAugment.Transform(moved, 3, 1, 0, 0, 1, 1, 0);
        Assert.Equal([1, 2, 128, 4, 5, 128, 7, 8, 128], moved[..9]);
        var turned = planes.ToArray();
        RandAugment.Transform(turned, 3, 0, 1, -1, 0, 0, 0);
        Assert.Equal([6, 3, 0, 7, 4, 1, 8, 5, 2], turned[..9]);
        var half = planes.ToArray();
        RandAugment.Transform(half, 3, 1, 0, 0, 1, 0, 0.5);
        Assert.Equal([2, 3, 4], half[..3].Select(v => (int)v));
    }

    [Fact]
    public void Series_agree_with_the_library()
    {
        for (var x = -1.0; x <= 1; x += 0.01)
        {
            Assert.Equal(Math.Exp(x), Portable.Exp(x), 1e-14);
            Assert.Equal(Math.Sin(x), Portable.SinCos(x).Sin, 1e-14);
            Assert.Equal(Math.Cos(x), Portable.SinCos(x).Cos, 1e-14);
        }
    }

    [Fact]
    public void Wrong_options_are_refused_by_name()
    {
        Assert.Contains(
            "augmentation.minScale is 0", Assert.Throws<DataException>(() => new AugmentationOptions { MinScale = 0 }.Validate()).Message,
            StringComparison.Ordinal);
        Assert.Contains(
            "augmentation.flip is NaN", Assert.Throws<DataException>(() => new AugmentationOptions { Flip = double.NaN }.Validate()).Message,
            StringComparison.Ordinal);
        Assert.Contains(
            "imageSize is 0", Assert.Throws<DataException>(() => new LoaderOptions { ImageSize = 0, ContextLength = 8 }.Validate()).Message,
            StringComparison.Ordinal);
    }
}
