using TiMix.Learning.Objectives;
using TorchSharp;
using static TorchSharp.torch;

namespace TiMix.Learning.Tests.Objectives;

public sealed class AlignmentObjectiveTests
{
    private static readonly double[] Logits = [2, 1, 0, 3, -1, -1, 0.5, 0.25, -3, 4, 1, 1.5];
    private static readonly float[] Mask = [0, 1, 1, 1, 1, 0];

    [Fact]
    public void Loss_gradient_and_counts_equal_the_reference()
    {
        using var logits = torch.tensor(Logits, 2, 3, 2).requires_grad_();
        using var mask = torch.tensor(Mask, 2, 3);
        var result = AlignmentObjective.Loss(logits, mask);

        double loss = 0;
        var gradient = new double[Logits.Length];
        for (int i = 0; i < Mask.Length; i++)
        {
            double a = Math.Exp(Logits[2 * i]), b = Math.Exp(Logits[2 * i + 1]);
            loss -= Math.Log((Mask[i] == 1 ? b : a) / (a + b));
            gradient[2 * i] = a / (a + b) - (1 - Mask[i]);
            gradient[2 * i + 1] = b / (a + b) - Mask[i];
        }

        Assert.Equal(loss, result.Sum.ToDouble(), 1e-12);
        result.Sum.backward();
        var actual = logits.grad!.data<double>().ToArray();
        for (int i = 0; i < gradient.Length; i++)
            Assert.Equal(gradient[i], actual[i], 1e-12);

        // Predicted classes 0 1 0 | 0 1 1 against 0 1 1 | 1 1 0; the tie is class 0.
        Assert.Equal((6L, 3L), (result.Count, result.Correct));
        result.Sum.Dispose();
    }

    [Fact]
    public void The_sum_of_micro_batches_is_that_of_the_whole()
    {
        using var logits = torch.tensor(Logits, 2, 3, 2);
        using var mask = torch.tensor(Mask, 2, 3);
        var whole = AlignmentObjective.Loss(logits, mask);
        var first = AlignmentObjective.Loss(logits.narrow(0, 0, 1), mask.narrow(0, 0, 1));
        var second = AlignmentObjective.Loss(logits.narrow(0, 1, 1), mask.narrow(0, 1, 1));
        Assert.Equal(whole.Sum.ToDouble(), first.Sum.ToDouble() + second.Sum.ToDouble(), 1e-12);
        Assert.Equal(whole.Correct, first.Correct + second.Correct);
    }

    [Fact]
    public void No_regions_are_no_pairs()
    {
        using var logits = torch.zeros(0, 4, 2).requires_grad_();
        using var mask = torch.zeros(0, 4);
        var result = AlignmentObjective.Loss(logits, mask);
        Assert.Equal(0, result.Sum.ToDouble());
        Assert.Equal((0L, 0L), (result.Count, result.Correct));
        result.Sum.backward();
    }

    [Fact]
    public void Shapes_that_do_not_fit_are_refused()
    {
        using var logits = torch.zeros(2, 4, 2);
        Assert.Throws<ArgumentException>(() => AlignmentObjective.Loss(logits, torch.zeros(2, 3)));
        Assert.Throws<ArgumentException>(() => AlignmentObjective.Loss(logits, torch.zeros(8)));
        Assert.Throws<ArgumentException>(() => AlignmentObjective.Loss(torch.zeros(2, 4, 3), torch.zeros(2, 4)));
    }
}
