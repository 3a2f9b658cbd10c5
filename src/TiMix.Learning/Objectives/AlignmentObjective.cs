using System.Runtime.InteropServices;
using TiMix.Learning.Mixing;
using TorchSharp;
using static TorchSharp.torch;

namespace TiMix.Learning.Objectives;

/// <summary>Patch–text alignment: which patches of an image does a phrase talk about? Two classes a (region, patch) pair.</summary>
public static class AlignmentObjective
{
    /// <summary>
    /// The SUM of the two-class cross-entropies: the caller divides by the number of pairs of the global batch, so that
    /// micro-batches with few regions weigh no more than they should.
    /// </summary>
    /// <param name="logits">float [R, N, 2]; class 1 = the phrase talks about the patch. R may be 0.</param>
    /// <param name="mask">[R, N] of 0 and 1 (<see cref="PatchGrid.Masks"/>), any number type.</param>
    /// <returns>
    /// The differentiable sum in nats (the caller disposes it); the number of pairs R·N; how many are predicted right
    /// (class 1 wants the larger logit; a tie counts as class 0); how many are positive; and how many of those are found.
    /// </returns>
    /// <exception cref="ArgumentException">Shapes that do not fit.</exception>
    public static (Tensor LossSum, long Pairs, long Correct, long Positives, long TruePositives) Compute(Tensor logits, Tensor mask)
    {
        if (logits.dim() != 3 || logits.size(2) != 2 || mask.dim() != 2 || mask.size(0) != logits.size(0) || mask.size(1) != logits.size(1))
            throw new ArgumentException($"Logits are [R, N, 2] and the mask [R, N]; got [{string.Join(", ", logits.shape)}] and [{string.Join(", ", mask.shape)}].");
        using var scope = torch.NewDisposeScope();
        var classes = mask.to(logits.device).to(ScalarType.Int64).contiguous();
        var loss = torch.nn.functional.cross_entropy(logits.reshape(-1, 2), classes.reshape(-1), reduction: nn.Reduction.Sum);

        var scores = MemoryMarshal.Cast<byte, float>(logits.detach().to(ScalarType.Float32).cpu().contiguous().bytes);
        var truth = MemoryMarshal.Cast<byte, long>(classes.cpu().bytes);
        long correct = 0, positives = 0, found = 0;
        for (int i = 0; i < truth.Length; i++)
        {
            long predicted = scores[2 * i + 1] > scores[2 * i] ? 1 : 0;
            correct += predicted == truth[i] ? 1 : 0;
            positives += truth[i];
            found += predicted & truth[i];
        }

        return (loss.MoveToOuterDisposeScope(), truth.Length, correct, positives, found);
    }
}
