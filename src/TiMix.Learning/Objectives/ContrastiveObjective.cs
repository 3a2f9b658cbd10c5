using TiMix.Learning.Mixing;
using TorchSharp;
using static TorchSharp.torch;

namespace TiMix.Learning.Objectives;

/// <summary>
/// The contrastive losses over the global batch (AAAI 2024, arXiv 2312.08846): clean images against captions, with
/// soft targets of the teacher, and mixed images against the same captions.
/// </summary>
public static class ContrastiveObjective
{
    /// <summary>What the loss of clean images is called in reports.</summary>
    public const string Itc = "itc";

    /// <summary>What the loss of mixed images is called in reports.</summary>
    public const string Mix = "mix";

    /// <summary>What <see cref="ContrastiveLosses.Regulariser"/> is called in reports.</summary>
    public const string Regulariser = "mixRegulariser";

    /// <summary>
    /// ITC = mean of both directions of the cross-entropy between softmax(exp(s)·cosines) and
    /// α·softmax(teacher logits, same τ, gradient stopped) + (1-α)·I. Mix = the same between mixed images and captions
    /// with <see cref="MixTargets"/>. Total = w·ITC + γ·Mix, w = 1 as a rule. Each feature receives gradient from every row and column it
    /// takes part in; targets receive none.
    /// </summary>
    /// <param name="f">Of the whole global batch.</param>
    /// <param name="o">Weights and labels at this step.</param>
    /// <returns>Losses in nats; the caller disposes them.</returns>
    /// <exception cref="ArgumentException">Shapes, weights, pairing or λ that do not fit; said by name.</exception>
    public static ContrastiveLosses Compute(GlobalFeatures f, ObjectiveOptions o)
    {
        Check(f, o);
        using var scope = torch.NewDisposeScope();
        var scale = f.LogitScale.reshape(Array.Empty<long>()).exp();
        var captions = f.Text.t();
        var (imageToText, textToImage) = LogProbabilities(f.Image.mm(captions) * scale);

        var itc = (Matching(imageToText) + Matching(textToImage)) / 2;
        if (o.DistillAlpha > 0)
        {
            var (teacherRows, teacherColumns) = TeacherTargets(f, scale);
            var soft = (CrossEntropy(teacherRows, imageToText) + CrossEntropy(teacherColumns, textToImage)) / 2;
            itc = soft * o.DistillAlpha + itc * (1 - o.DistillAlpha);
        }

        var weighted = o.ItcWeight == 1 ? itc : itc * o.ItcWeight;
        if (f.Mixed is null)
            return new ContrastiveLosses(weighted.MoveToOuterDisposeScope(), itc.ToDouble(), 0, 0);

        var (mixedToText, textToMixed) = LogProbabilities(f.Mixed.mm(captions) * scale);
        Tensor rows, columns;
        using (torch.no_grad())
            (rows, columns) = MixTargets.Build(o.Labels, o.Beta, f.Pairing, f.Lambda, imageToText.exp(), textToImage.exp());
        var mix = (CrossEntropy(rows, mixedToText) + CrossEntropy(columns, textToMixed)) / 2;
        var total = weighted + mix * o.MixWeight;
        var values = torch.stack([itc.detach(), mix.detach(), (Entropy(rows) + Entropy(columns)) / 2]).cpu();
        double mixed = values[1].ToDouble();
        return new ContrastiveLosses(total.MoveToOuterDisposeScope(), values[0].ToDouble(), mixed, mixed - values[2].ToDouble());
    }

    /// <summary>Row log-softmax of the logits and of their transpose.</summary>
    private static (Tensor Rows, Tensor Columns) LogProbabilities(Tensor logits) => (logits.log_softmax(1), logits.t().log_softmax(1));

    private static (Tensor ImageToText, Tensor TextToImage) TeacherTargets(GlobalFeatures f, Tensor scale)
    {
        using var grad = torch.no_grad();
        var logits = f.TeacherImage!.mm(f.TeacherText!.t()) * scale.detach();
        return (logits.softmax(1), logits.t().softmax(1));
    }

    /// <summary>Mean over rows of -log p(own pair): the cross-entropy against the identity.</summary>
    private static Tensor Matching(Tensor logProbabilities) => -logProbabilities.diagonal().mean();

    /// <summary>Mean over rows of -Σⱼ target·log p.</summary>
    private static Tensor CrossEntropy(Tensor targets, Tensor logProbabilities) => -(targets * logProbabilities).sum(1).mean();

    /// <summary>Mean over rows of -Σⱼ target·ln target, with 0·ln 0 = 0.</summary>
    private static Tensor Entropy(Tensor targets) => -(targets * targets.clamp_min(1e-30).log()).sum(1).mean();

    private static void Check(GlobalFeatures f, ObjectiveOptions o)
    {
        CheckFraction(o.DistillAlpha, nameof(o.DistillAlpha));
        CheckFraction(o.Beta, nameof(o.Beta));
        if (!(o.ItcWeight >= 0) || !double.IsFinite(o.ItcWeight))
            throw new ArgumentException($"ItcWeight must be a number from 0 up; got {o.ItcWeight}.");
        if (!(o.MixWeight >= 0) || !double.IsFinite(o.MixWeight))
            throw new ArgumentException($"MixWeight must be a number from 0 up; got {o.MixWeight}.");
        if (f.Image.dim() != 2 || f.Image.size(0) < 1)
            throw new ArgumentException($"Image features are [B, d] with B ≥ 1; got [{string.Join(", ", f.Image.shape)}].");
        if (f.LogitScale.numel() != 1)
            throw new ArgumentException($"LogitScale is one number; got [{string.Join(", ", f.LogitScale.shape)}].");
        CheckSame(f.Text, f.Image, nameof(f.Text));
        if (o.DistillAlpha > 0)
        {
            if (f.TeacherImage is null || f.TeacherText is null)
                throw new ArgumentException($"DistillAlpha is {o.DistillAlpha}, but the teacher's features are missing.");
            CheckSame(f.TeacherImage, f.Image, nameof(f.TeacherImage));
            CheckSame(f.TeacherText, f.Image, nameof(f.TeacherText));
        }

        if (f.Mixed is not null)
        {
            CheckSame(f.Mixed, f.Image, nameof(f.Mixed));
            CheckPlan(f.Pairing, f.Lambda, (int)f.Image.size(0));
        }
    }

    private static void CheckPlan(int[] pairing, float[] lambda, int batch)
    {
        if (pairing.Length != batch || lambda.Length != batch)
            throw new ArgumentException($"A global batch of {batch} needs as many partners (got {pairing.Length}) and λ (got {lambda.Length}).");
        var taken = new bool[batch];
        for (int i = 0; i < batch; i++)
        {
            if ((uint)pairing[i] >= (uint)batch || taken[pairing[i]])
                throw new ArgumentException($"Pairing is not a permutation of 0..{batch - 1}: entry {i} is {pairing[i]}.");
            taken[pairing[i]] = true;
            CheckFraction(lambda[i], $"Lambda[{i}]");
        }
    }

    private static void CheckFraction(double value, string name)
    {
        if (!(value >= 0 && value <= 1))
            throw new ArgumentException($"{name} must lie in [0, 1]; got {value}.");
    }

    private static void CheckSame(Tensor features, Tensor image, string name)
    {
        if (features.dim() != 2 || features.size(0) != image.size(0) || features.size(1) != image.size(1))
            throw new ArgumentException(
                $"{name} features are [{string.Join(", ", features.shape)}], image features [{string.Join(", ", image.shape)}]; they must agree.");
        if (features.dtype != image.dtype)
            throw new ArgumentException($"{name} features are {features.dtype}, image features {image.dtype}; they must agree.");
    }
}
