using TiMix.Learning.Mixing;
using TorchSharp;
using static TorchSharp.torch;

namespace TiMix.Learning.Objectives;

/// <summary>
/// The features of a whole global batch in micro-batch order, gathered from whoever computed them. B = global batch,
/// d = embedding width. Student tensors are leaves, so that their gradients are the exact global ones.
/// </summary>
public sealed record GlobalFeatures
{
    /// <summary>float [B, d], L2-normalised features of the clean images.</summary>
    public required Tensor Image { get; init; }

    /// <summary>float [B, d], L2-normalised features of the captions.</summary>
    public required Tensor Text { get; init; }

    /// <summary>float [B, d], L2-normalised features of the mixed images; null without mixing.</summary>
    public Tensor? Mixed { get; init; }

    /// <summary>float [B, d], the teacher's; needed when α &gt; 0.</summary>
    public Tensor? TeacherImage { get; init; }

    /// <summary>float [B, d], the teacher's; needed when α &gt; 0.</summary>
    public Tensor? TeacherText { get; init; }

    /// <summary>One number, s; logits are cosines times exp(s), and τ = exp(-s).</summary>
    public required Tensor LogitScale { get; init; }

    /// <summary>[B], global index of each sample's partner; a permutation. Read only with <see cref="Mixed"/>.</summary>
    public int[] Pairing { get; init; } = [];

    /// <summary>[B], share of each mixed image that is its own, in [0, 1]. Read only with <see cref="Mixed"/>.</summary>
    public float[] Lambda { get; init; } = [];
}

/// <summary>Weights and label modes of the contrastive objective at one step (ramps are the caller's).</summary>
public sealed record ObjectiveOptions
{
    /// <summary>α in [0, 1], weight of the teacher's soft targets in ITC.</summary>
    public double DistillAlpha { get; init; }

    /// <summary>Weight of ITC in the total, from 0 up.</summary>
    public double ItcWeight { get; init; } = 1;

    /// <summary>γ ≥ 0, weight of the mixed contrastive loss in the total.</summary>
    public double MixWeight { get; init; }

    /// <summary>What mixed images are labelled with.</summary>
    public MixLabels Labels { get; init; } = MixLabels.Hard;

    /// <summary>β in [0, 1], weight of the hard part of <see cref="MixLabels.Blend"/>.</summary>
    public double Beta { get; init; } = 0.5;
}

/// <summary>Losses of a global batch, in nats.</summary>
public sealed class ContrastiveLosses : IDisposable
{
    internal ContrastiveLosses(Tensor total, double itc, double mix, double regulariser)
    {
        Total = total;
        Itc = itc;
        Mix = mix;
        Regulariser = regulariser;
    }

    /// <summary>Scalar ITC + γ·Mix, differentiable in all student tensors.</summary>
    public Tensor Total { get; }

    /// <summary>The image–text contrastive loss, mean of both directions.</summary>
    public double Itc { get; }

    /// <summary>The mixed contrastive loss before its weight, mean of both directions; 0 without mixed features.</summary>
    public double Mix { get; }

    /// <summary>
    /// R = Mix less the mean entropy of its labels, the mean divergence of the predictions from the labels: not negative, for
    /// every kind of label; 0 without mixed features.
    /// </summary>
    public double Regulariser { get; }

    /// <summary>Frees <see cref="Total"/> and with it the graph.</summary>
    public void Dispose() => Total.Dispose();
}
