using TiMix.Learning.Mixing;
using TiMix.Learning.Model;
using TorchSharp;
using static TorchSharp.torch;

namespace TiMix.Learning.Tests.Mixing;

public sealed class MixApplyTests
{
    private const int Samples = 4, Channels = 3, Size = 24, Patch = 4, Grid = Size / Patch;

    private static readonly float[] Values = [.. Enumerable.Range(0, Samples * Channels * Size * Size).Select(i => (float)i)];

    private static Tensor Pixels() => torch.tensor(Values, Samples, Channels, Size, Size);

    /// <summary>Pixel by pixel, from the definition.</summary>
    private static float[] Expected(MixPlan plan)
    {
        var mixed = (float[])Values.Clone();
        int places = Grid - plan.Side + 1;
        for (int i = 0; i < Samples; i++)
            for (int c = 0; c < Channels; c++)
                for (int y = 0; y < Size; y++)
                    for (int x = 0; x < Size; x++)
                    {
                        int dy = y - plan.Target[i] / places * Patch, dx = x - plan.Target[i] % places * Patch;
                        if (dy < 0 || dx < 0 || dy >= plan.Side * Patch || dx >= plan.Side * Patch)
                            continue;
                        int sy = plan.Source[i] / places * Patch + dy, sx = plan.Source[i] % places * Patch + dx;
                        mixed[((i * Channels + c) * Size + y) * Size + x] = Values[((plan.Pairing[i] * Channels + c) * Size + sy) * Size + sx];
                    }
        return mixed;
    }

    private static float[] Array(Tensor tensor) => tensor.contiguous().data<float>().ToArray();

    [Fact]
    public void Windows_are_translated_from_the_clean_partner()
    {
        using var pixels = Pixels();
        for (ulong seed = 0; seed < 12; seed++)
        {
            var plan = MixPlanner.Plan(new RandomWindow(), [], Samples, Grid, seed, new MixOptions(0.2, 1));
            using var mixed = MixApply.Apply(plan, pixels, Patch);
            Assert.Equal(Expected(plan), Array(mixed));
        }

        Assert.Equal(Values, Array(pixels));
    }

    [Fact]
    public void The_path_of_other_devices_and_types_gives_the_same()
    {
        using var pixels = Pixels();
        using var doubles = pixels.to(ScalarType.Float64);
        for (ulong seed = 0; seed < 6; seed++)
        {
            var plan = MixPlanner.Plan(new RandomWindow(), [], Samples, Grid, seed);
            using var patches = WindowMethod.GatherPatches(plan, pixels, Patch, Grid);
            Assert.Equal(Expected(plan), Array(patches));
            using var mixed = MixApply.Apply(plan, doubles, Patch);
            Assert.Equal(ScalarType.Float64, mixed.dtype);
            using var floats = mixed.to(ScalarType.Float32);
            Assert.Equal(Expected(plan), Array(floats));
        }
    }

    [Fact]
    public void Pixels_that_are_not_contiguous_or_need_a_gradient_are_mixed_alike()
    {
        var plan = MixPlanner.Plan(new RandomWindow(), [], Samples, Grid, 2);
        using var pixels = Pixels();
        using var turned = pixels.transpose(2, 3).contiguous().transpose(2, 3);
        using var mixed = MixApply.Apply(plan, turned, Patch);
        Assert.Equal(Expected(plan), Array(mixed));

        using var leaf = Pixels().requires_grad_();
        using var tracked = MixApply.Apply(plan, leaf, Patch);
        tracked.sum().backward();
        Assert.Equal(Values.Length, leaf.grad!.sum().ToSingle()); // every pixel of the result comes from one of the input
        Assert.Equal(2f, leaf.grad!.max().ToSingle()); // copied ones count twice
    }

    [Fact]
    public void A_window_of_the_whole_image_is_the_partner()
    {
        using var pixels = Pixels();
        using var mixed = MixApply.Apply(MixPlanner.Plan(new CutMix(), [], Samples, Grid, 1, new MixOptions(1, 1)), pixels, Patch);
        using var flipped = pixels.flip(0);
        Assert.Equal(Array(flipped), Array(mixed));
    }

    [Fact]
    public void Mixup_blends_and_none_copies()
    {
        using var pixels = Pixels();
        var plan = MixPlanner.Plan(new Mixup(), [], Samples, Grid, 1);
        using var blended = MixApply.Apply(plan, pixels, Patch);
        var actual = Array(blended);
        int image = Channels * Size * Size;
        for (int i = 0; i < actual.Length; i++)
        {
            double partner = Values[(Samples - 1 - i / image) * image + i % image];
            Assert.Equal(plan.Lambda * (double)Values[i] + (1 - (double)plan.Lambda) * partner, actual[i], 0.01);
        }

        using var clean = MixApply.Apply(MixPlanner.Plan(new NoMixing(), [], Samples, Grid, 1), pixels, Patch);
        Assert.Equal(Values, Array(clean));
        clean.zero_();
        Assert.Equal(Values, Array(pixels));
    }

    public static TheoryData<string> Mixing => [.. MixMethods.All.Where(method => method is not NoMixing && !method.SecondView).Select(method => method.Name)];

    [Theory]
    [MemberData(nameof(Mixing))]
    public void Pixels_and_labels_of_one_plan_hold_the_same_shares(string method)
    {
        // Each image is its own index everywhere in one-hot channels: the mean of the mixed image is its hard label.
        using var pixels = torch.eye(Samples).reshape(Samples, Samples, 1, 1).expand(Samples, Samples, Size, Size).contiguous();
        var maps = Enumerable.Range(0, Samples * Grid * Grid).Select(i => -(float)(i * 7919 % 101)).ToArray();
        var plan = MixPlanner.Plan(MixMethods.Find(method)!, maps, Samples, Grid, 4);
        using var mixed = MixApply.Apply(plan, pixels, Patch);
        var lambda = Enumerable.Repeat(plan.Lambda, Samples).ToArray();
        using var uniform = torch.full(Samples, Samples, 1f / Samples);
        var (rows, columns) = MixTargets.Build(MixLabels.Hard, 0.5, plan.Pairing, lambda, uniform, uniform);
        var shares = Array(mixed.mean([2, 3]));
        var labels = Array(rows);
        for (int i = 0; i < shares.Length; i++)
            Assert.Equal(labels[i], shares[i], 1e-5f);
        Assert.Equal(labels, Array(columns));
    }

    [Fact]
    public void A_plan_that_does_not_fit_is_refused()
    {
        using var pixels = Pixels();
        var plan = MixPlanner.Plan(new CutMix(), [], Samples, Grid, 1);
        Assert.Throws<ArgumentException>(() => MixApply.Apply(plan, pixels, 5));
        Assert.Throws<ArgumentException>(() => MixApply.Apply(plan, pixels.narrow(0, 0, 2), Patch));
        Assert.Throws<ArgumentException>(() => MixApply.Apply(plan, pixels.narrow(3, 0, 12), Patch));
        Assert.Throws<ArgumentException>(() => MixApply.Apply(plan with { Side = Grid + 1 }, pixels, Patch));
        Assert.Throws<ArgumentException>(() => MixApply.Apply(plan with { Source = [0, 0, 0, 9999] }, pixels, Patch));
        Assert.Throws<ArgumentException>(() => MixApply.Apply(plan with { Pairing = [0, 1, 2, 4] }, pixels, Patch));
    }
}
