using TiMix.Exchange.Groups;
using TiMix.Learning.Steps;
using TiMix.Work.Training;

namespace TiMix.Actors.Tests.Training;

public sealed class StepPartFormatTests
{
    private static readonly MicroBatchFeatures Features = new(
        1, [1, 2], [3, 4], [5, 6], new(
            ("alignment", new ObjectiveSum(0.25, 8, 7)), ("itm", new ObjectiveSum(1.5, 12, 9)), ("mlm", new ObjectiveSum(2.5, 4, 1))));

    private static readonly StepPart Part = new(
        "trainer-1~a", 77, true, [(new GatheredMicroBatch(Features, 2, 0.75f, [1, 0], [7, 8], [9, 10]), new MicroBatchOrigin(1, 3, [4, 5], []))]);

    [Fact]
    public void A_part_comes_back_as_it_was()
    {
        var read = StepPartFormat.Read("trainer-1~a", true, StepPartFormat.Write(Part));
        var (batch, origin) = read.MicroBatches.Single();
        Assert.Equal((77UL, true, "trainer-1~a"), (read.StateHash, read.Last, read.Trainer));
        Assert.Equal((Features.Index, Features.Sums), (batch.Features.Index, batch.Features.Sums));
        Assert.Equal(
            [1, 2, 3, 4, 5, 6, 7, 8, 9, 10],
            [.. batch.Features.Image, .. batch.Features.Text, .. batch.Features.Mixed, .. batch.TeacherImage, .. batch.TeacherText]);
        Assert.Equal((2, 0.75f, 3), (batch.Count, batch.Lambda, origin.Epoch));
        Assert.Equal([1, 0, 4, 5], [.. batch.Pairing, .. origin.Samples]);
    }

    [Fact]
    public void A_part_that_is_cut_off_anywhere_is_refused()
    {
        var whole = StepPartFormat.Write(Part);
        for (var length = 0; length < whole.Length; length++)
        {
            Assert.Throws<InvalidDataException>(() => StepPartFormat.Read("trainer-1~a", true, whole.AsSpan(0, length)));
        }
    }

    [Fact]
    public void A_part_with_something_behind_it_is_refused() =>
        Assert.Contains(
            "1 bytes too many", Assert.Throws<InvalidDataException>(() => StepPartFormat.Read("trainer-1~a", true, [.. StepPartFormat.Write(Part), 0])).Message,
            StringComparison.Ordinal);
}
