using TiMix.Exchange.Groups;
using TiMix.Learning.Steps;
using TiMix.Testing;
using TiMix.Work.Training;

namespace TiMix.Actors.Tests.Training;

[CollectionDefinition(nameof(StepPartFormatTests), DisableParallelization = true)]
[Collection(nameof(StepPartFormatTests))]
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

    [Theory]
    [InlineData(0, 1_000)]
    [InlineData(1_000, 200_000, Traits = ["suite", "deep"])]
    public void A_damaged_part_is_read_or_refused(int first, int count)
    {
        var whole = StepPartFormat.Write(Part);
        var read = Fuzz.Run(
            first, count, seed => Damages.Of(whole, seed), bytes => StepPartFormat.Read("trainer-1~a", true, bytes), typeof(InvalidDataException));
        Assert.InRange(read, 1, count - 1);
    }

    [Theory]
    [InlineData("null")]
    [InlineData("[null]")]
    [InlineData("""[{"SampleIndex": 1, "ReplacedBy": 2, "Key": null, "Reason": "x"}]""")]
    public void Replacements_that_say_nothing_are_refused(string json)
    {
        var whole = StepPartFormat.Write(Part).ToArray();
        byte[] bytes = [.. whole[..^1], (byte)json.Length, .. System.Text.Encoding.UTF8.GetBytes(json)];
        Assert.Throws<InvalidDataException>(() => StepPartFormat.Read("trainer-1~a", true, bytes));
    }
}
