using TorchSharp;
using static TorchSharp.torch;

namespace TiMix.Learning.Objectives;

/// <summary>How far an image is from its own caption, whatever else is near: the squared distance of their features, 2 - 2·cosine.</summary>
public sealed class ClosenessObjective : Objective
{
    /// <inheritdoc/>
    public override string Name => "closeness";

    /// <inheritdoc/>
    public override string Meaning => "Weight of the squared distance between an image and its own caption; 0: it is not computed.";

    /// <inheritdoc/>
    public override ObjectiveLoss Compute(ObjectivePass pass)
    {
        using var scope = NewDisposeScope();
        var sum = (pass.Images.Feature - pass.Texts.Feature).square().sum();
        return new ObjectiveLoss(sum.MoveToOuterDisposeScope(), pass.Batch.Count);
    }
}
