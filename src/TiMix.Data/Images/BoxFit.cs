namespace TiMix.Data.Images;

/// <summary>
/// Boxes are used in pixels of the picture as it is stored. Where the data say what size of the picture a box was drawn on, and
/// that is another, the picture was scaled since: the box is scaled alike, each side for itself. Was it drawn on the picture as
/// its EXIF turns it, which the sizes tell where the turn swaps the sides, it is turned back first.
/// </summary>
internal static class BoxFit
{
    /// <summary>Whether boxes of that size are to be changed.</summary>
    public static bool Differs(PictureSize? of, DecodedImage image) => of is { } size && (size.Width != image.Width || size.Height != image.Height);

    /// <summary>Whether boxes of that size were drawn on the picture as its EXIF turns it.</summary>
    public static bool IsTurned(PictureSize of, DecodedImage image) =>
        image.Orientation is >= 5 and <= 8
        && Math.Abs(Shape(of.Width, of.Height) - Shape(image.Height, image.Width)) < Math.Abs(Shape(of.Width, of.Height) - Shape(image.Width, image.Height));

    /// <summary>The box in pixels of the picture as stored.</summary>
    /// <param name="box">As the data have it.</param>
    /// <param name="of">Size of the picture that it was drawn on; null: as stored.</param>
    /// <param name="image">The picture.</param>
    public static Box ToStored(Box box, PictureSize? of, DecodedImage image)
    {
        if (of is not { } size || !Differs(of, image))
        {
            return box;
        }

        if (!IsTurned(size, image))
        {
            return Scaled(box, image.Width / size.Width, image.Height / size.Height);
        }

        var (left, top, width, height) = Scaled(box, image.Height / size.Width, image.Width / size.Height);
        var (fromRight, fromBottom) = (image.Width - (top + height), image.Height - (left + width));
        return image.Orientation switch
        {
            5 => new Box(top, left, height, width),
            6 => new Box(top, fromBottom, height, width),
            7 => new Box(fromRight, fromBottom, height, width),
            _ => new Box(fromRight, left, height, width),
        };
    }

    private static Box Scaled(Box box, float x, float y) => new(box.X * x, box.Y * y, box.Width * x, box.Height * y);

    private static double Shape(float width, float height) => Math.Log(width / height);
}
