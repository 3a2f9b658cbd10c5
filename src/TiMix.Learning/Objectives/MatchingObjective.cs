using TiMix.Learning.Model;
using TiMix.Learning.Runtime;
using TorchSharp;
using static TorchSharp.torch;

namespace TiMix.Learning.Objectives;

/// <summary>
/// Image–text matching: two-way cross-entropy over pairs, of which one in three belongs together (timix.md, losses, 3); the others are
/// <see cref="HardNegatives"/>.
/// </summary>
public sealed class MatchingObjective : Objective
{
    private const ulong Domain = 0x6E656761;

    /// <inheritdoc/>
    public override string Name => "itm";

    /// <inheritdoc/>
    public override string Meaning => "Weight of image–text matching, with hard negatives from the micro-batch; 0: no matching head.";

    /// <inheritdoc/>
    public override bool ReportsAccuracy => true;

    /// <inheritdoc/>
    public override ModelParts Parts => ModelParts.Matching;

    /// <summary>Own pairs, then each text with a strange image, then each image with a strange text.</summary>
    public override ObjectiveLoss Compute(ObjectivePass pass)
    {
        var (fused, count) = (pass.Fused, pass.Batch.Count);
        var (images, texts) = (fused.Images, fused.Captions.CleanTokens);
        var negatives = HardNegatives.Draw(Similarities(pass), pass.Batch.Tokens, pass.Settings.SeedOf(pass.Batch.Index, Domain));
        var device = texts.Tokens.device;
        long[] own = [.. Enumerable.Range(0, count)];
        long[] imageRows = [.. own, .. negatives.ImageOfText, .. own];
        long[] textRows = [.. own, .. own, .. negatives.TextOfImage];
        var pairs = fused.Model.Encoder!.Fuse(
            texts.Select(tensor(textRows, device: device)), images.Select(tensor(imageRows, device: device)), classOnly: true);
        return Loss(fused.Model.Matching!.Logits(pairs.select(1, 0)), count);
    }

    /// <summary>The SUM over pairs: the caller divides by the number of pairs of the global batch.</summary>
    /// <param name="logits">float [P, 2]; class 1 = the pair belongs together.</param>
    /// <param name="positives">The first so many pairs belong together, the rest does not.</param>
    /// <returns>The differentiable sum in nats, which the caller disposes; pairs, and pairs judged right (a tie counts as class 0).</returns>
    /// <exception cref="ArgumentException">Shapes that do not fit.</exception>
    internal static ObjectiveLoss Loss(Tensor logits, int positives)
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
        return new ObjectiveLoss(loss.MoveToOuterDisposeScope(), classes.Length, correct);
    }

    /// <summary>[b, b] cosine / τ in double precision, image by text.</summary>
    private static double[] Similarities(ObjectivePass pass)
    {
        var (images, texts, count, scale) = (pass.ImageFeatures, pass.TextFeatures, pass.Batch.Count, Math.Exp(pass.LogitScale));
        var width = images.Length / count;
        var similarities = new double[count * count];
        for (var i = 0; i < count; i++)
        {
            for (var j = 0; j < count; j++)
            {
                var sum = 0.0;
                for (var x = 0; x < width; x++)
                {
                    sum += (double)images[(i * width) + x] * texts[(j * width) + x];
                }

                similarities[(i * count) + j] = sum * scale;
            }
        }

        return similarities;
    }
}
