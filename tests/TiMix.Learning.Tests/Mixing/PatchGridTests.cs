using TiMix.Learning.Mixing;
using TorchSharp;

namespace TiMix.Learning.Tests.Mixing;

public sealed class PatchGridTests
{
    /// <summary>32 px in patches of 8: 4×4. Boxes worked by hand.</summary>
    [Theory]
    [InlineData(8, 8, 8, 8, 1, 2, 1, 2)] // exactly one patch: touching edges do not count
    [InlineData(7.9f, 8, 8, 8, 0, 2, 1, 2)] // just over the left edge
    [InlineData(8, 8, 8.1f, 8, 1, 3, 1, 2)] // just over the right edge
    [InlineData(0, 0, 32, 32, 0, 4, 0, 4)] // the whole image
    [InlineData(-10, -10, 100, 100, 0, 4, 0, 4)] // larger than the image
    [InlineData(10, 20, 0.01f, 0.01f, 1, 2, 2, 3)] // tiny
    [InlineData(16, 16, 0, 0, 2, 3, 2, 3)] // empty: at least one
    [InlineData(40, 3, 5, 5, 3, 4, 0, 1)] // right of the image: the nearest patch
    [InlineData(-20, -20, 5, 5, 0, 1, 0, 1)] // above and left of it
    [InlineData(32, 32, 4, 4, 3, 4, 3, 4)] // starts at the end
    [InlineData(3, 5, 14, 20, 0, 3, 0, 4)] // columns 0–2 (3…17), rows 0–3 (5…25)
    public void A_box_covers_the_patches_it_touches(
        float x, float y, float width, float height, int firstColumn, int endColumn, int firstRow, int endRow)
    {
        var mask = new float[16];
        mask.AsSpan().Fill(7);
        PatchGrid.Cover([x, y, width, height], 32, 8, mask);
        for (int row = 0; row < 4; row++)
            for (int column = 0; column < 4; column++)
            {
                bool inside = column >= firstColumn && column < endColumn && row >= firstRow && row < endRow;
                Assert.Equal(inside ? 1f : 0f, mask[row * 4 + column]);
            }
    }

    [Fact]
    public void Masks_are_the_covers_one_after_the_other()
    {
        var masks = PatchGrid.Masks([0, 0, 8, 8, 24, 24, 8, 8], 32, 8);
        Assert.Equal(32, masks.Length);
        Assert.Equal([0, 31], masks.Index().Where(m => m.Item == 1).Select(m => m.Index));
    }

    [Fact]
    public void Bad_boxes_are_refused()
    {
        Assert.Throws<ArgumentException>(() => PatchGrid.Cover([0, 0, -1, 5], 32, 8, new float[16]));
        Assert.Throws<ArgumentException>(() => PatchGrid.Cover([float.NaN, 0, 1, 5], 32, 8, new float[16]));
        Assert.Throws<ArgumentException>(() => PatchGrid.Cover([0, 0, 1], 32, 8, new float[16]));
        Assert.Throws<ArgumentException>(() => PatchGrid.Cover([0, 0, 1, 5], 32, 8, new float[15]));
        Assert.Throws<ArgumentException>(() => PatchGrid.Cover([0, 0, 1, 5], 30, 8, new float[16]));
    }

    [Fact]
    public void Oracle_saliency_is_the_union_of_the_boxes_that_count()
    {
        float[] boxes = [0, 0, 8, 8, 4, 0, 8, 8, 0, 0, 32, 32, 24, 24, 8, 8];
        var maps = OracleSaliency.FromBoxes(2, [0, 0, 0, 1], boxes, [1, 1, 0, 1], 32, 8);
        Assert.Equal([0, 1, 31], maps.Index().Where(m => m.Item == 1).Select(m => m.Index));
        Assert.Equal(29, maps.Count(m => m == 0));
        Assert.Equal(17, OracleSaliency.FromBoxes(2, [0, 0, 0, 1], boxes, [], 32, 8).Count(m => m == 1));
        Assert.Throws<ArgumentException>(() => OracleSaliency.FromBoxes(1, [0, 0, 0, 1], boxes, [], 32, 8));
        Assert.Throws<ArgumentException>(() => OracleSaliency.FromBoxes(2, [0, 0, 1], boxes, [], 32, 8));
    }

    [Fact]
    public void Saliency_is_the_log_probability_of_class_one()
    {
        float[] logits = [0, 0, 1, 3, -2, 5, 40, -40];
        using var tensor = torch.tensor(logits, 2, 2, 2);
        var maps = Saliency.FromLogits(tensor);
        Assert.Equal(4, maps.Length);
        for (int i = 0; i < 4; i++)
        {
            double a = logits[2 * i], b = logits[2 * i + 1], max = Math.Max(a, b);
            Assert.Equal(b - max - Math.Log(Math.Exp(a - max) + Math.Exp(b - max)), maps[i], 1e-5);
        }

        Assert.Throws<ArgumentException>(() => Saliency.FromLogits(tensor.reshape(4, 2)));
    }
}
