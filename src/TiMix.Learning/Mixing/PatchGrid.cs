namespace TiMix.Learning.Mixing;

/// <summary>Boxes in pixels on the grid of n×n patches: the labels of the patch–text alignment loss.</summary>
public static class PatchGrid
{
    /// <summary>
    /// Writes 1 for each patch the box touches and 0 elsewhere: columns floor(x/p) to ceil((x+w)/p) exclusive, rows
    /// alike, clamped to the grid, at least one patch (the nearest, when the box lies outside the image).
    /// </summary>
    /// <param name="box">x, y, width, height in pixels.</param>
    /// <param name="imageSize">S, pixels a side.</param>
    /// <param name="patchSize">p, pixels a side; divides S.</param>
    /// <param name="mask">[n, n] with n = S/p, row by row; overwritten.</param>
    /// <exception cref="ArgumentException">A box that is not four finite numbers or has a negative side; a mask of another size.</exception>
    public static void Cover(ReadOnlySpan<float> box, int imageSize, int patchSize, Span<float> mask)
    {
        mask.Clear();
        Add(box, imageSize, patchSize, mask);
    }

    /// <summary>The masks of many boxes, one after the other.</summary>
    /// <param name="boxes">[R, 4], as for <see cref="Cover"/>.</param>
    /// <param name="imageSize">S, pixels a side.</param>
    /// <param name="patchSize">p, pixels a side; divides S.</param>
    /// <returns>[R, n, n].</returns>
    public static float[] Masks(ReadOnlySpan<float> boxes, int imageSize, int patchSize)
    {
        int grid = Side(imageSize, patchSize), patches = grid * grid, count = BoxCount(boxes);
        var masks = new float[count * patches];
        for (int r = 0; r < count; r++)
            Add(boxes.Slice(4 * r, 4), imageSize, patchSize, masks.AsSpan(r * patches, patches));
        return masks;
    }

    /// <summary>n = S/p.</summary>
    /// <exception cref="ArgumentException">p does not divide S.</exception>
    public static int Side(int imageSize, int patchSize)
    {
        if (imageSize <= 0 || patchSize <= 0 || imageSize % patchSize != 0)
            throw new ArgumentException($"Patches of {patchSize} px do not tile an image of {imageSize} px.");
        return imageSize / patchSize;
    }

    /// <summary>As <see cref="Cover"/>, but leaves what is already 1: for unions.</summary>
    internal static void Add(ReadOnlySpan<float> box, int imageSize, int patchSize, Span<float> mask)
    {
        int grid = Side(imageSize, patchSize);
        if (mask.Length != grid * grid)
            throw new ArgumentException($"The mask has {mask.Length} patches; {imageSize} px in patches of {patchSize} px has {grid * grid}.");
        CheckBox(box);
        var (firstColumn, endColumn) = Range(box[0], box[2], patchSize, grid);
        var (firstRow, endRow) = Range(box[1], box[3], patchSize, grid);
        for (int row = firstRow; row < endRow; row++)
            mask.Slice(row * grid + firstColumn, endColumn - firstColumn).Fill(1);
    }

    internal static int BoxCount(ReadOnlySpan<float> boxes) => boxes.Length % 4 == 0
        ? boxes.Length / 4
        : throw new ArgumentException($"Boxes are four numbers each; got {boxes.Length} numbers.");

    internal static void CheckBox(ReadOnlySpan<float> box)
    {
        if (box.Length != 4)
            throw new ArgumentException($"A box is x, y, width, height; got {box.Length} numbers.");
        if (!float.IsFinite(box[0]) || !float.IsFinite(box[1]) || !(float.IsFinite(box[2]) && box[2] >= 0) || !(float.IsFinite(box[3]) && box[3] >= 0))
            throw new ArgumentException($"A box needs finite numbers and no negative side; got {box[0]}, {box[1]}, {box[2]}, {box[3]}.");
    }

    private static (int First, int End) Range(double start, double length, int patchSize, int grid)
    {
        int first = (int)Math.Clamp(Math.Floor(start / patchSize), 0, grid - 1);
        int end = (int)Math.Clamp(Math.Ceiling((start + length) / patchSize), first + 1, grid);
        return (first, end);
    }
}
