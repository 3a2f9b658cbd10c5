using TiMix.Learning.Objectives;
using TiMix.Learning.Runtime;
using TorchSharp;
using static TorchSharp.torch;

namespace TiMix.Learning.Tests.Objectives;

public sealed class WordObjectivesTests
{
    [Fact]
    public void Words_are_held_against_what_stood_there_and_against_the_teacher()
    {
        using var scope = NewDisposeScope();
        float[] logits = [1, 2, 0, 0.5f, -1, 3];
        float[] teacher = [0.2f, 0.5f, 0.3f, 0.1f, 0.1f, 0.8f];
        int[] words = [0, 2];
        double[] log = [.. new[] { 0, 1 }.SelectMany(row =>
        {
            double[] own = [.. logits.Skip(3 * row).Take(3).Select(value => (double)value)];
            var sum = Math.Log(own.Sum(Math.Exp));
            return own.Select(value => value - sum);
        })];
        var hard = -(log[0] + log[5]);
        var soft = -log.Zip(teacher, (value, share) => value * share).Sum();
        var leaf = tensor(logits, [2, 3]).requires_grad_(true);
        var (loss, count, correct) = WordObjective.Loss(leaf, words, teacher, 0.4);
        Assert.Equal((0.6 * hard) + (0.4 * soft), loss.item<float>(), 1e-5);
        Assert.Equal((2L, 1L), (count, correct));
        loss.backward();
        var gradient = HostFloats.Of(leaf.grad!);
        for (var i = 0; i < 6; i++)
        {
            var target = (0.6 * (words[i / 3] == i % 3 ? 1 : 0)) + (0.4 * teacher[i]);
            Assert.Equal(Math.Exp(log[i]) - target, gradient[i], 1e-5);
        }

        Assert.Equal(hard, WordObjective.Loss(leaf, words, [], 0).Sum.item<float>(), 1e-5);
        Assert.Throws<ArgumentException>(() => WordObjective.Loss(leaf, words, [], 0.4));
        Assert.Throws<ArgumentException>(() => WordObjective.Loss(leaf, [0], [], 0));
    }

    [Fact]
    public void The_first_pairs_belong_together_and_the_others_do_not()
    {
        using var scope = NewDisposeScope();
        var logits = tensor(new float[] { 0, 2, 1, 1, 3, 0 }, [3, 2]);
        var (loss, count, correct) = MatchingObjective.Loss(logits, 1);
        static double Log(double own, double other) => own - Math.Log(Math.Exp(own) + Math.Exp(other));
        Assert.Equal(-(Log(2, 0) + Log(1, 1) + Log(3, 0)), loss.item<float>(), 1e-5);
        // A tie counts as not belonging together, which is right for the second pair.
        Assert.Equal((3L, 3L), (count, correct));
        Assert.Throws<ArgumentException>(() => MatchingObjective.Loss(logits, 4));
    }
}
