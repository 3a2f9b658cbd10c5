using TiMix.Learning.Mixing;
using TiMix.Learning.Objectives;
using TiMix.Learning.Steps;
using TiMix.Protocol.Values;
using TiMix.Work.Training;

namespace TiMix.Actors.Tests.Training;

/// <summary>What a peer gives to a gather, before anything is computed with it.</summary>
public sealed class PartCheckTests
{
    private const int Samples = 2;
    private const int Width = 3;
    private static readonly View View = new(4, 7, [new Share("a~1", "a", "h:1", 0, 1), new Share("b~1", "b", "h:2", 1, 2)]);
    private static readonly StepSettings Settings = new(8, 1e-3, 0.5, 1, Mixing: true, MixLabels.Hard, 0);

    public static TheoryData<string, Func<StepPart, StepPart>> Malformed => new()
    {
        { "no micro-batch", part => part with { MicroBatches = [] } },
        { "one too many", part => part with { MicroBatches = [.. part.MicroBatches, One(3)] } },
        { "another's", part => part with { MicroBatches = [One(0), One(1)] } },
        { "one twice", part => part with { MicroBatches = [One(1), One(1)] } },
        { "out of order", part => part with { MicroBatches = [One(2), One(1)] } },
        { "image too short", part => Change(part, batch => batch with { Features = batch.Features with { Image = batch.Features.Image[1..] } }) },
        { "text too long", part => Change(part, batch => batch with { Features = batch.Features with { Text = [.. batch.Features.Text, 0] } }) },
        { "not mixed", part => Change(part, batch => batch with { Features = batch.Features with { Mixed = [] } }) },
        { "no teacher", part => Change(part, batch => batch with { TeacherText = [] }) },
        { "other sample count", part => Change(part, batch => batch with { Count = 1 }) },
        { "partner elsewhere", part => Change(part, batch => batch with { Pairing = [0, Samples] }) },
        { "partner below 0", part => Change(part, batch => batch with { Pairing = [-1, 0] }) },
        { "partners lacking", part => Change(part, batch => batch with { Pairing = [0] }) },
        { "λ above 1", part => Change(part, batch => batch with { Lambda = 1.5f }) },
        { "too large", part => Change(part, batch => batch with { Features = batch.Features with { Text = [.. batch.TeacherText.Select(_ => 3e30f)] } }) },
        { "samples lacking", part => part with { MicroBatches = [(part.MicroBatches[0].Batch, new MicroBatchOrigin(1, 0, [4], [])), part.MicroBatches[1]] } },
        { "origin of another", part => part with { MicroBatches = [(part.MicroBatches[0].Batch, One(2).Item2), part.MicroBatches[1]] } },
    };

    [Fact]
    public void Parts_that_are_right_are_held_against_nobody() => Assert.Empty(WrongIn(Right("b~1", 1, 2)));

    [Theory]
    [MemberData(nameof(Malformed))]
    public void A_part_that_cannot_be_is_held_against_its_sender(string what, Func<StepPart, StepPart> change)
    {
        var accused = Assert.Single(WrongIn(change(Right("b~1", 1, 2))));
        Assert.True((accused.Trainer, accused.Kind, accused.Step) == ("b~1", OffenceKind.Malformed, 8), what);
        Assert.StartsWith("step 9: the part of b cannot be: ", accused.What, StringComparison.Ordinal);
    }

    [Fact]
    public void Numbers_that_are_not_finite_are_held_against_the_sender_with_the_micro_batches()
    {
        foreach (var bad in new[] { float.NaN, float.PositiveInfinity })
        {
            var part = Right("b~1", 1, 2);
            part.MicroBatches[1].Batch.Features.Mixed[4] = bad;
            var accused = Assert.Single(WrongIn(part));
            Assert.Equal(("b~1", OffenceKind.NotFinite), (accused.Trainer, accused.Kind));
            Assert.Equal([2], accused.MicroBatches);
        }

        var loss = Right("b~1", 1, 2);
        Assert.Equal(OffenceKind.NotFinite, Assert.Single(WrongIn(Change(
            loss, batch => batch with { Features = batch.Features with { Sums = new(("itm", new ObjectiveSum(double.NaN, 1, 0))) } }))).Kind);
    }

    [Fact]
    public void Whatever_bytes_come_they_are_a_part_or_refused()
    {
        var random = new Random(7);
        var whole = StepPartFormat.Write(Right("b~1", 1, 2));
        var refused = 0;
        for (var i = 0; i < 20_000; i++)
        {
            var bytes = whole.ToArray();
            for (var change = random.Next(1, 4); change > 0; change--)
            {
                bytes[random.Next(bytes.Length)] = (byte)random.Next(256);
            }

            try
            {
                WrongIn(StepPartFormat.Read("b~1", false, bytes));
            }
            catch (InvalidDataException)
            {
                refused++;
            }
        }

        Assert.InRange(refused, 1, 19_999);
    }

    private static IReadOnlyList<Accusation> WrongIn(StepPart part) => new PartCheck(Settings, Samples, Width).WrongIn(View, [Right("a~1", 0), part]);

    private static StepPart Right(string trainer, params int[] microBatches) => new(trainer, 77, false, [.. microBatches.Select(One)]);

    private static StepPart Change(StepPart part, Func<GatheredMicroBatch, GatheredMicroBatch> change) =>
        part with { MicroBatches = [(change(part.MicroBatches[0].Batch), part.MicroBatches[0].Origin), .. part.MicroBatches.Skip(1)] };

    private static (GatheredMicroBatch, MicroBatchOrigin) One(int index)
    {
        float[] Features() => [.. Enumerable.Repeat(0.5f, Samples * Width)];
        return (
            new GatheredMicroBatch(
                new MicroBatchFeatures(index, Features(), Features(), Features(), new(("itm", new ObjectiveSum(1.5, 4, 3)))), Samples, 0.75f, [1, 0],
                Features(), Features()),
            new MicroBatchOrigin(index, 0, [4, 5], []));
    }
}
