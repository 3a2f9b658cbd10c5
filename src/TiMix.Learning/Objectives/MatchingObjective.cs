using TiMix.Learning.Runtime;
using TorchSharp;
using static TorchSharp.torch;

namespace TiMix.Learning.Objectives;

/// <summary>Image–text matching: two-way cross-entropy over pairs, of which one in three belongs together (timix.md, losses, 3).</summary>
public static class MatchingObjective
{
    /// <summary>The SUM over pairs: the caller divides by the number of pairs of the global batch.</summary>
    /// <param name="logits">float [P, 2]; class 1 = the pair belongs together.</param>
    /// <param name="positives">The first so many pairs belong together, the rest does not.</param>
    /// <returns>The differentiable sum in nats, which the caller disposes; pairs, and pairs judged right (a tie counts as class 0).</returns>
    /// <exception cref="ArgumentException">Shapes that do not fit.</exception>
    public static (Tensor LossSum, long Count, long Correct) Compute(Tensor logits, int positives)
    {
        if (logits.dim() != 2 || logits.size(1) != 2 || positives < 0 || positives > logits.size(0))
        {
            throw new ArgumentException($"Logits are [P, 2] with at least {positives} pairs; got [{string.Join(", ", logits.shape)}].", nameof(logits));
        }

        using var scope = NewDisposeScope();
        var classes = new long[logits.size(0)];
        classes.AsSpan(0, positives).Fill(1);
        var loss = nn.functional.cross_entropy(logits, tensor(classes, device: logits.device), reduction: nn.Reduction.Sum);
        var scores = HostFloats.Of(logits);
        var correct = classes.Index().LongCount(pair => (scores[(2 * pair.Index) + 1] > scores[2 * pair.Index] ? 1 : 0) == pair.Item);
        return (loss.MoveToOuterDisposeScope(), classes.Length, correct);
    }
}
