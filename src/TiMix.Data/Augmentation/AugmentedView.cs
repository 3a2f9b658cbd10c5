using TiMix.Base;
using TiMix.Data.Images;

namespace TiMix.Data.Augmentation;

/// <summary>
/// How a picture becomes S×S: the part that is taken, the shift of the resized part (its edge repeated), and the flip. A small
/// value of its own; pixels and boxes both come from it.
/// </summary>
/// <param name="Crop">Part of the picture, stored pixels.</param>
/// <param name="ShiftX">Pixels of the result, to the right.</param>
/// <param name="ShiftY">Pixels of the result, downwards.</param>
/// <param name="Flip">Left and right exchanged, after the shift.</param>
public readonly record struct AugmentedView(Crop Crop, int ShiftX, int ShiftY, bool Flip)
{
    private const int CropAttempts = 10;

    // ln(4/3): the ratio of sides is log-uniform on [3/4, 4/3].
    private const double LogRatio = 0.28768207245178093;

    /// <summary>Draws a training view.</summary>
    /// <param name="width">Of the picture.</param>
    /// <param name="height">Of the picture.</param>
    /// <param name="options">What may vary.</param>
    /// <param name="mayFlip">False if the words name a side.</param>
    /// <param name="random">Where the choice comes from.</param>
    public static AugmentedView Draw(int width, int height, AugmentationOptions options, bool mayFlip, ref SeededRandom random)
    {
        // Drawn whether or not it may be used, so that what follows does not depend on the words.
        var flip = random.NextDouble() < options.Flip && mayFlip;
        if (options.MaxShift > 0)
        {
            var x = random.NextInt((2 * options.MaxShift) + 1) - options.MaxShift;
            var y = random.NextInt((2 * options.MaxShift) + 1) - options.MaxShift;
            return new AugmentedView(new Crop(0, 0, width, height), x, y, flip);
        }

        return new AugmentedView(DrawCrop(width, height, options.MinScale, ref random), 0, 0, flip);
    }

    /// <summary>The view for evaluation: the largest square in the middle, which is the shorter side resized to S and the centre taken.</summary>
    public static AugmentedView Centre(int width, int height)
    {
        var side = Math.Min(width, height);
        return new AugmentedView(new Crop((width - side) / 2, (height - side) / 2, side, side), 0, 0, false);
    }

    /// <summary>
    /// The box in the S×S result, or null if no more than half of its area can still be seen: clipped to what is visible,
    /// scaled, shifted, flipped.
    /// </summary>
    public Box? Carry(Box box, int imageSize)
    {
        // The part of the crop that is still inside after the shift, in stored pixels.
        double scaleX = (double)imageSize / Crop.Width, scaleY = (double)imageSize / Crop.Height;
        var seenLeft = Crop.X + Math.Max(0, -ShiftX / scaleX);
        var seenTop = Crop.Y + Math.Max(0, -ShiftY / scaleY);
        var seenRight = Crop.X + Crop.Width - Math.Max(0, ShiftX / scaleX);
        var seenBottom = Crop.Y + Crop.Height - Math.Max(0, ShiftY / scaleY);
        double left = Math.Max(box.X, seenLeft), top = Math.Max(box.Y, seenTop);
        double right = Math.Min((double)box.X + box.Width, seenRight), bottom = Math.Min((double)box.Y + box.Height, seenBottom);
        var whole = (double)box.Width * box.Height;
        if (!(box.Width > 0 && box.Height > 0 && right > left && bottom > top && (right - left) * (bottom - top) > whole / 2))
        {
            return null;
        }

        var width = (right - left) * scaleX;
        var x = ((left - Crop.X) * scaleX) + ShiftX;
        x = Flip ? imageSize - x - width : x;
        return new Box((float)x, (float)(((top - Crop.Y) * scaleY) + ShiftY), (float)width, (float)((bottom - top) * scaleY));
    }

    /// <summary>Makes the pixels of the view.</summary>
    /// <param name="image">The picture that the view was made for.</param>
    /// <param name="imageSize">S.</param>
    /// <param name="target">uint8 [3, S, S], planar RGB.</param>
    public void Render(DecodedImage image, int imageSize, Span<byte> target)
    {
        Resizer.Resize(image, Crop, imageSize, imageSize, target);
        for (var row = 0; Flip && row < 3 * imageSize; row++)
        {
            target.Slice(row * imageSize, imageSize).Reverse();
        }

        if (ShiftX != 0 || ShiftY != 0)
        {
            // The flip is already in the pixels: a shift to the right has become one to the left.
            Shift(target, imageSize, Flip ? -ShiftX : ShiftX, ShiftY);
        }
    }

    private static void Shift(Span<byte> planes, int size, int shiftX, int shiftY)
    {
        var copy = planes.ToArray();
        for (var plane = 0; plane < 3; plane++)
        {
            for (var y = 0; y < size; y++)
            {
                var from = copy.AsSpan((plane * size * size) + (Math.Clamp(y - shiftY, 0, size - 1) * size), size);
                var to = planes.Slice((plane * size * size) + (y * size), size);
                var begin = Math.Clamp(shiftX, 0, size);
                var end = Math.Clamp(size + shiftX, 0, size);
                to[..begin].Fill(from[0]);
                if (end > begin)
                {
                    from.Slice(begin - shiftX, end - begin).CopyTo(to[begin..]);
                }

                to[end..].Fill(from[^1]);
            }
        }
    }

    private static Crop DrawCrop(int width, int height, double minScale, ref SeededRandom random)
    {
        if (minScale >= 1)
        {
            return new Crop(0, 0, width, height);
        }

        var area = (double)width * height;
        for (var attempt = 0; attempt < CropAttempts; attempt++)
        {
            var part = area * random.NextDouble(minScale, 1);
            var ratio = Portable.Exp(random.NextDouble(-LogRatio, LogRatio));
            var w = Math.Max(1, (int)(Math.Sqrt(part * ratio) + 0.5));
            var h = Math.Max(1, (int)(Math.Sqrt(part / ratio) + 0.5));
            if (w <= width && h <= height)
            {
                return new Crop(random.NextInt(width - w + 1), random.NextInt(height - h + 1), w, h);
            }
        }

        // As torchvision does: the middle, with the ratio brought into bounds.
        var (cw, ch) = (width, height);
        if (width * 4L < height * 3L)
        {
            ch = Math.Max(1, (int)(width * 4L / 3));
        }
        else if (width * 3L > height * 4L)
        {
            cw = Math.Max(1, (int)(height * 4L / 3));
        }

        return new Crop((width - cw) / 2, (height - ch) / 2, cw, ch);
    }
}
