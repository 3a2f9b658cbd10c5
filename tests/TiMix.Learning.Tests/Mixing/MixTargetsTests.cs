using TiMix.Learning.Mixing;
using TorchSharp;
using static TorchSharp.torch;

namespace TiMix.Learning.Tests.Mixing;

public sealed class MixTargetsTests
{
    private static readonly int[] Pairs = [1, 0, 3, 2];
    private static readonly float[] Shares = [0.75f, 0.75f, 0.25f, 0.25f];

    private static (double[] Rows, double[] Columns) Build(MixLabels labels, int[] pairing, float[] lambda)
    {
        using var scope = torch.NewDisposeScope();
        var logits = torch.tensor((double[])[1, -2, 0.5, 3, 0, 2, -1, 1, 1.5, 0.3, -0.7, 2.2, -3, 1, 0, 0.1], 4, 4);
        var (rows, columns) = MixTargets.Build(labels, 0.3, pairing, lambda, logits.softmax(1), logits.t().softmax(1));
        return (rows.data<double>().ToArray(), columns.contiguous().data<double>().ToArray());
    }

    private static double[] RowSums(double[] matrix) => [.. matrix.Chunk(4).Select(row => row.Sum())];

    [Fact]
    public void Hard_targets_are_the_shares_of_both_captions_both_ways()
    {
        var (rows, columns) = Build(MixLabels.Hard, Pairs, Shares);
        double[] expected = [
            0.75, 0.25, 0, 0,
            0.25, 0.75, 0, 0,
            0, 0, 0.25, 0.75,
            0, 0, 0.75, 0.25];
        Assert.Equal(expected, rows);
        Assert.Equal(expected, columns);
    }

    [Theory]
    [InlineData(MixLabels.Hard)]
    [InlineData(MixLabels.Self)]
    [InlineData(MixLabels.Blend)]
    public void Every_row_sums_to_one_when_micro_batches_have_their_own_share(MixLabels labels)
    {
        var (rows, columns) = Build(labels, Pairs, Shares);
        Assert.All(RowSums(rows), sum => Assert.Equal(1, sum, 1e-12));
        Assert.All(RowSums(columns), sum => Assert.Equal(1, sum, 1e-12));
    }

    [Theory]
    [InlineData(MixLabels.Hard)]
    [InlineData(MixLabels.Self)]
    [InlineData(MixLabels.Blend)]
    public void Every_row_sums_to_one_when_partners_differ_in_share(MixLabels labels)
    {
        // A cycle over the whole batch with four different shares.
        var (rows, columns) = Build(labels, [1, 2, 3, 0], [0.75f, 0.5f, 0.125f, 0.9375f]);
        Assert.All(RowSums(rows), sum => Assert.Equal(1, sum, 1e-12));
        Assert.All(RowSums(columns), sum => Assert.Equal(1, sum, 1e-12));
    }

    [Fact]
    public void Hard_rows_of_unequal_partners_keep_the_proportions()
    {
        // Caption 1 is 0.5 of mixed image 1 and 1 - 0.75 of mixed image 0: 2 to 1.
        var (_, columns) = Build(MixLabels.Hard, [1, 2, 3, 0], [0.75f, 0.5f, 0.125f, 0.9375f]);
        Assert.Equal(1 / 3.0, columns[1 * 4 + 0], 1e-12);
        Assert.Equal(2 / 3.0, columns[1 * 4 + 1], 1e-12);
    }

    [Fact]
    public void A_caption_that_no_mixed_image_shows_takes_no_part()
    {
        var (_, columns) = Build(MixLabels.Hard, Pairs, [1, 0, 0.5f, 0.5f]);
        Assert.Equal([1, 0, 1, 1], RowSums(columns));
    }

    [Fact]
    public void Self_targets_permute_rows_one_way_and_columns_the_other()
    {
        // λ = 0: a mixed image is its partner, so its targets are the partner's predictions.
        var (clean, cleanColumns) = Build(MixLabels.Self, [0, 1, 2, 3], [1, 1, 1, 1]);
        var (rows, columns) = Build(MixLabels.Self, Pairs, [0, 0, 0, 0]);
        for (int i = 0; i < 4; i++)
            for (int j = 0; j < 4; j++)
            {
                Assert.Equal(clean[Pairs[i] * 4 + j], rows[i * 4 + j], 1e-15);
                Assert.Equal(cleanColumns[i * 4 + Pairs[j]], columns[i * 4 + j], 1e-15);
            }
    }
}
