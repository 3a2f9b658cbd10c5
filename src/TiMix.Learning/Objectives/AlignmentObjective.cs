using System.Runtime.InteropServices;
using TiMix.Learning.Mixing;
using TiMix.Learning.Runtime;
using TiMix.Learning.Steps;
using TorchSharp;
using static TorchSharp.torch;

namespace TiMix.Learning.Objectives;

/// <summary>Patch–text alignment: which patches of an image does a phrase talk about? Two classes a (region, patch) pair.</summary>
public sealed class AlignmentObjective : Objective
{
    /// <summary>The recipe's key of what counts as the region of a whole caption.</summary>
    public const string CaptionRegion = "captionRegion";

    /// <inheritdoc/>
    public override string Name => "alignment";

    /// <inheritdoc/>
    public override double DefaultWeight => 1;

    /// <inheritdoc/>
    public override string Meaning => "Weight of the patch–text alignment loss.";

    /// <inheritdoc/>
    public override IReadOnlyList<ObjectiveSetting> Settings { get; } =
    [
        new ObjectiveChoice(
            CaptionRegion,
            ["phrases", "whole", "none"],
            "Patches that count as positive for the whole caption: phrases (the boxes whose phrase stands in the caption), whole (all of them, as the "
            + "authors do) or none (no whole-caption region)."),
    ];

    /// <inheritdoc/>
    public override bool ReportsAccuracy => true;

    /// <inheritdoc/>
    public override bool NeedsPatches(MicroBatch batch) => batch.RegionOwner.Length + batch.CaptionOwner.Length > 0;

    /// <summary>Regions with phrases of their own, then whole captions, whose text is encoded already.</summary>
    public override ObjectiveLoss? Compute(ObjectivePass pass)
    {
        var batch = pass.Batch;
        if (!NeedsPatches(batch))
        {
            return null;
        }

        var (middle, device) = (pass.Images.Middle!, pass.Images.Feature.device);
        var texts = new List<Tensor>();
        if (batch.RegionOwner.Length > 0)
        {
            texts.Add(pass.Encoder.EncodeTexts(TokenMatrix.Of(batch.RegionPhrases, batch.RegionOwner.Length, device)).Cls);
        }

        if (batch.CaptionOwner.Length > 0)
        {
            texts.Add(pass.Texts.Cls.index_select(0, Indices(batch.CaptionOwner, device)));
        }

        int[] owners = [.. batch.RegionOwner, .. batch.CaptionOwner];
        byte[] masks = [.. batch.RegionMasks, .. batch.CaptionMasks];
        var logits = pass.Encoder.PatchTextLogits(middle, Indices(owners, device), texts.Count == 1 ? texts[0] : cat(texts, 0));
        return Loss(logits, tensor(masks, [owners.Length, pass.Config.Grid * pass.Config.Grid], device: device));
    }

    /// <summary>
    /// The SUM of the two-class cross-entropies: the caller divides by the number of pairs of the global batch, so that
    /// micro-batches with few regions weigh no more than they should.
    /// </summary>
    /// <param name="logits">float [R, N, 2]; class 1 = the phrase talks about the patch. R may be 0.</param>
    /// <param name="mask">[R, N] of 0 and 1 (<see cref="PatchGrid.Masks"/>), any number type.</param>
    /// <returns>
    /// The differentiable sum in nats (the caller disposes it); the number of pairs R·N; and how many are predicted right (class 1 wants the
    /// larger logit; a tie counts as class 0).
    /// </returns>
    /// <exception cref="ArgumentException">Shapes that do not fit.</exception>
    internal static ObjectiveLoss Loss(Tensor logits, Tensor mask)
    {
        if (logits.dim() != 3 || logits.size(2) != 2 || mask.dim() != 2 || mask.size(0) != logits.size(0) || mask.size(1) != logits.size(1))
            throw new ArgumentException(
                $"Logits are [R, N, 2] and the mask [R, N]; got [{string.Join(", ", logits.shape)}] and [{string.Join(", ", mask.shape)}].");
        using var scope = torch.NewDisposeScope();
        var classes = mask.to(logits.device).to(ScalarType.Int64).contiguous();
        var loss = torch.nn.functional.cross_entropy(logits.reshape(-1, 2), classes.reshape(-1), reduction: nn.Reduction.Sum);

        var scores = MemoryMarshal.Cast<byte, float>(logits.detach().to(ScalarType.Float32).cpu().contiguous().bytes);
        var truth = MemoryMarshal.Cast<byte, long>(classes.cpu().bytes);
        long correct = 0;
        for (int i = 0; i < truth.Length; i++)
        {
            long predicted = scores[2 * i + 1] > scores[2 * i] ? 1 : 0;
            correct += predicted == truth[i] ? 1 : 0;
        }

        return new ObjectiveLoss(loss.MoveToOuterDisposeScope(), truth.Length, correct);
    }

    private static Tensor Indices(int[] values, Device device) => tensor(values, device: device).to(ScalarType.Int64);
}
