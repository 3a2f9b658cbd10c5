using TiMix.Learning.Model;
using TiMix.Learning.Objectives;
using TiMix.Learning.Runtime;
using TiMix.Learning.Steps;
using TorchSharp;
using static TorchSharp.torch;

namespace TiMix.Learning.Training;

/// <summary>The differentiable sums of one micro-batch; null where there is nothing to predict.</summary>
internal sealed record FusionOutputs(Tensor? Matching, Tensor? Mlm, Tensor? PrefixLm, FusionSums Sums)
{
    /// <summary>All switched off.</summary>
    public static FusionOutputs None { get; } = new(null, null, null, FusionSums.None);

    /// <summary>The sums with their gradients, in a fixed order.</summary>
    public IEnumerable<(Tensor Root, double Scale)> Scaled(FusionScales scales)
    {
        foreach (var (root, scale) in new[] { (Matching, scales.Matching), (Mlm, scales.Mlm), (PrefixLm, scales.PrefixLm) })
        {
            if (root is not null)
            {
                yield return (root, scale);
            }
        }
    }
}

/// <summary>
/// The losses on image and text read together (timix.md, losses, 3 to 5), of clean images alone. An image's keys and values for
/// the fusion encoder are computed once for all of them.
/// </summary>
internal sealed class FusionForward(FusionModel fusion, MicroBatch batch, StepSettings settings, LanguageTasks tasks)
{
    /// <param name="imageTokens">[b, 1+N, C].</param>
    /// <param name="captions">The captions and what the tasks make of them.</param>
    /// <param name="imageFeatures">[b, d], of the student.</param>
    /// <param name="textFeatures">[b, d], of the student.</param>
    /// <param name="logitScale">-ln τ.</param>
    public FusionOutputs Run(Tensor imageTokens, CaptionPass captions, float[] imageFeatures, float[] textFeatures, float logitScale)
    {
        var images = fusion.Encoder!.Remember(imageTokens);
        var (matching, pairs, right) = settings.MatchingWeight > 0
            ? Match(images, captions.CleanTokens, HardNegatives.Draw(Similarities(imageFeatures, textFeatures, logitScale), batch.Tokens, LanguageTasks.NegativesSeed(settings, batch.Index)))
            : default;
        var (mlm, masked, guessed) = Words(captions.MaskedLogits(images), tasks.Masked?.Targets, batch.TeacherMlm);
        var (prefixLm, words, written) = Words(captions.PrefixLogits(images, imageTokens), tasks.Prefix?.Targets, batch.TeacherPrefixLm);
        return new FusionOutputs(matching, mlm, prefixLm, new FusionSums(Sum(matching, pairs, right), Sum(mlm, masked, guessed), Sum(prefixLm, words, written)));
    }

    private static ObjectiveSum Sum(Tensor? loss, long count, long correct) => loss is null ? default : new ObjectiveSum(HostFloats.Of(loss)[0], count, correct);

    /// <summary>Own pairs, then each text with a strange image, then each image with a strange text.</summary>
    private (Tensor? LossSum, long Count, long Correct) Match(CrossMemory images, TextTokens texts, HardNegatives negatives)
    {
        var device = texts.Tokens.device;
        long[] own = [.. Enumerable.Range(0, batch.Count)];
        long[] imageRows = [.. own, .. negatives.ImageOfText, .. own];
        long[] textRows = [.. own, .. own, .. negatives.TextOfImage];
        var fused = fusion.Encoder!.Fuse(texts.Select(tensor(textRows, device: device)), images.Select(tensor(imageRows, device: device)), classOnly: true);
        return MatchingObjective.Compute(fusion.Matching!.Logits(fused.select(1, 0)), batch.Count);
    }

    private (Tensor? LossSum, long Count, long Correct) Words(Tensor? logits, int[]? targets, float[] teacher) =>
        logits is null ? default : VocabularyObjective.Compute(logits, targets!, teacher, settings.DistillAlpha);

    /// <summary>[b, b] cosine / τ in double precision, image by text.</summary>
    private double[] Similarities(float[] images, float[] texts, float logitScale)
    {
        var (count, scale) = (batch.Count, Math.Exp(logitScale));
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
