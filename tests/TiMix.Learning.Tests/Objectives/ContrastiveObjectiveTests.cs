using TiMix.Learning.Mixing;
using TiMix.Learning.Objectives;
using TorchSharp;
using static TorchSharp.torch;

namespace TiMix.Learning.Tests.Objectives;

public sealed class ContrastiveObjectiveTests
{
    private const int Batch = 8, Width = 5;

    /// <summary>Four micro-batches of two, pairs inside each, a λ for each.</summary>
    private static readonly int[] Pairing = [1, 0, 3, 2, 5, 4, 7, 6];
    private static readonly float[] Lambda = [0.75f, 0.75f, 0.4375f, 0.4375f, 0.859375f, 0.859375f, 0, 0];

    private static Tensor Leaf(double[] values, ScalarType type = ScalarType.Float64) =>
        torch.tensor(values, Batch, Width).to(type).requires_grad_();

    private static GlobalFeatures Features(ContrastiveReference r, ScalarType type = ScalarType.Float64) => new()
    {
        Image = Leaf(r.Image, type),
        Text = Leaf(r.Text, type),
        Mixed = Leaf(r.Mixed, type),
        TeacherImage = torch.tensor(r.TeacherImage, Batch, Width).to(type),
        TeacherText = torch.tensor(r.TeacherText, Batch, Width).to(type),
        LogitScale = torch.tensor(r.LogitScale).to(type).requires_grad_(),
        Pairing = r.Pairing,
        Lambda = r.Lambda,
    };

    [Theory]
    [InlineData(MixLabels.Hard, 0, 1, 1)]
    [InlineData(MixLabels.Hard, 0.4, 0.7, 1)]
    [InlineData(MixLabels.Self, 0.4, 1, 0.5)]
    [InlineData(MixLabels.Blend, 0.3, 0.5, 1)]
    [InlineData(MixLabels.Blend, 1, 0, 1)]
    [InlineData(MixLabels.Hard, 0, 1, 0)]
    public void Losses_and_gradients_equal_the_reference_in_double(MixLabels labels, double alpha, double weight, double itc)
    {
        var options = new ObjectiveOptions { Labels = labels, DistillAlpha = alpha, MixWeight = weight, ItcWeight = itc, Beta = 0.3 };
        var reference = new ContrastiveReference(Batch, Width, options, Pairing, Lambda, 11);
        var features = Features(reference);
        using var losses = ContrastiveObjective.Compute(features, options);

        Assert.Equal(reference.Itc(), losses.Itc, 1e-12);
        Assert.Equal(reference.Mix(), losses.Mix, 1e-12);
        Assert.Equal(reference.Regulariser(), losses.Regulariser, 1e-12);
        Assert.True(losses.Regulariser > 0);
        Assert.Equal(reference.Total(), losses.Total.ToDouble(), 1e-12);

        losses.Total.backward();
        foreach (var (leaf, values) in new[] { (features.Image, reference.Image), (features.Text, reference.Text), (features.Mixed!, reference.Mixed) })
        {
            var gradient = leaf.grad!.data<double>().ToArray();
            for (int k = 0; k < values.Length; k++)
                Assert.Equal(reference.Slope(by => values[k] += by), gradient[k], 1e-8);
        }

        Assert.Equal(reference.Slope(by => reference.LogitScale += by), features.LogitScale.grad!.ToDouble(), 1e-8);
    }

    [Fact]
    public void Single_precision_agrees()
    {
        var options = new ObjectiveOptions { Labels = MixLabels.Blend, DistillAlpha = 0.4, MixWeight = 1 };
        var reference = new ContrastiveReference(Batch, Width, options, Pairing, Lambda, 12);
        using var losses = ContrastiveObjective.Compute(Features(reference, ScalarType.Float32), options);
        Assert.Equal(reference.Itc(), losses.Itc, 1e-5);
        Assert.Equal(reference.Mix(), losses.Mix, 1e-5);
    }

    [Fact]
    public void Targets_and_teacher_receive_no_gradient()
    {
        var options = new ObjectiveOptions { Labels = MixLabels.Self, DistillAlpha = 0.4, MixWeight = 1 };
        var reference = new ContrastiveReference(Batch, Width, options, Pairing, Lambda, 13);
        var features = Features(reference);
        features = features with { TeacherImage = Leaf(reference.TeacherImage), TeacherText = Leaf(reference.TeacherText) };
        using var losses = ContrastiveObjective.Compute(features, options);
        losses.Total.backward();
        Assert.True(features.TeacherImage!.grad is null);
        Assert.True(features.TeacherText!.grad is null);
    }

    [Fact]
    public void Without_mixed_images_the_total_is_itc()
    {
        var options = new ObjectiveOptions { MixWeight = 1 };
        var reference = new ContrastiveReference(Batch, Width, options, Pairing, Lambda, 14);
        using var losses = ContrastiveObjective.Compute(Features(reference) with { Mixed = null, Pairing = [], Lambda = [] }, options);
        Assert.Equal(reference.Itc(), losses.Total.ToDouble(), 1e-12);
        Assert.Equal(0, losses.Mix);
    }

    [Fact]
    public void Gathered_micro_batches_give_the_gradient_of_one_big_batch()
    {
        var options = new ObjectiveOptions { Labels = MixLabels.Blend, DistillAlpha = 0.4, MixWeight = 0.8 };
        var reference = new ContrastiveReference(Batch, Width, options, Pairing, Lambda, 15);
        const int inputs = 6;
        var random = new Random(1);
        Tensor Random(int rows, int columns) =>
            torch.tensor(Enumerable.Range(0, rows * columns).Select(_ => random.NextDouble() * 2 - 1).ToArray(), rows, columns);
        Tensor[] data = [Random(Batch, inputs), Random(Batch, inputs), Random(Batch, inputs)];
        Tensor visual = Random(inputs, Width), textual = Random(inputs, Width);
        static Tensor Encode(Tensor x, Tensor weights)
        {
            var y = x.mm(weights).tanh();
            return y / y.norm(1, keepdim: true);
        }

        GlobalFeatures Of(Tensor image, Tensor text, Tensor mixed, Tensor scale) =>
            Features(reference) with { Image = image, Text = text, Mixed = mixed, LogitScale = scale };

        // One piece: the graph runs through loss and encoders at once.
        Tensor v = visual.clone().requires_grad_(), t = textual.clone().requires_grad_(), s = torch.tensor(1.2, ScalarType.Float64).requires_grad_();
        using var whole = ContrastiveObjective.Compute(Of(Encode(data[0], v), Encode(data[1], t), Encode(data[2], v), s), options);
        whole.Total.backward();

        // Four micro-batches: forward each, gather, loss on leaves, hand each its rows back, sum the gradients in order.
        Tensor v4 = visual.clone().requires_grad_(), t4 = textual.clone().requires_grad_(), s4 = torch.tensor(1.2, ScalarType.Float64).requires_grad_();
        var parts = Enumerable.Range(0, 4).Select(m => new[]
        {
            Encode(data[0].narrow(0, 2 * m, 2), v4), Encode(data[1].narrow(0, 2 * m, 2), t4), Encode(data[2].narrow(0, 2 * m, 2), v4),
        }).ToArray();
        Tensor Gather(int kind) => torch.cat([.. parts.Select(p => p[kind].detach())]).requires_grad_();
        Tensor[] leaves = [Gather(0), Gather(1), Gather(2)];
        using var gathered = ContrastiveObjective.Compute(Of(leaves[0], leaves[1], leaves[2], s4), options);
        gathered.Total.backward();
        for (int m = 0; m < 4; m++)
            for (int kind = 0; kind < 3; kind++)
                parts[m][kind].backward([leaves[kind].grad!.narrow(0, 2 * m, 2)]);

        Assert.Equal(whole.Itc, gathered.Itc, 1e-14);
        Assert.Equal(whole.Mix, gathered.Mix, 1e-14);
        Assert.Equal(s.grad!.ToDouble(), s4.grad!.ToDouble(), 1e-14);
        foreach (var (one, four) in new[] { (v, v4), (t, t4) })
        {
            var expected = one.grad!.data<double>().ToArray();
            var actual = four.grad!.data<double>().ToArray();
            Assert.Contains(expected, g => Math.Abs(g) > 1e-3);
            for (int k = 0; k < expected.Length; k++)
                Assert.Equal(expected[k], actual[k], 1e-13);
        }
    }

    [Fact]
    public void What_does_not_fit_is_refused_by_name()
    {
        var options = new ObjectiveOptions { MixWeight = 1 };
        var f = Features(new ContrastiveReference(Batch, Width, options, Pairing, Lambda, 16));
        string Refused(GlobalFeatures features, ObjectiveOptions? with = null) =>
            Assert.Throws<ArgumentException>(() => ContrastiveObjective.Compute(features, with ?? options)).Message;

        Assert.Contains("Text features are [7, 5]", Refused(f with { Text = f.Text.narrow(0, 0, 7) }));
        Assert.Contains("Mixed features are [8, 4]", Refused(f with { Mixed = f.Mixed!.narrow(1, 0, 4) }));
        Assert.Contains("Float32", Refused(f with { Text = f.Text.to(ScalarType.Float32) }));
        Assert.Contains("teacher's features are missing", Refused(f with { TeacherText = null }, options with { DistillAlpha = 0.1 }));
        Assert.Contains("entry 1 is 1", Refused(f with { Pairing = [1, 1, 3, 2, 5, 4, 7, 6] }));
        Assert.Contains("Lambda[2]", Refused(f with { Lambda = [1, 1, float.NaN, 0, 0, 0, 0, 0] }));
        Assert.Contains("λ (got 2)", Refused(f with { Lambda = [1, 1] }));
        Assert.Contains("DistillAlpha", Refused(f, options with { DistillAlpha = 1.5 }));
        Assert.Contains("MixWeight", Refused(f, options with { MixWeight = double.NaN }));
        Assert.Contains("LogitScale", Refused(f with { LogitScale = torch.zeros(2, ScalarType.Float64) }));
    }
}
