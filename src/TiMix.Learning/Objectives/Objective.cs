using TiMix.Learning.Model;
using TiMix.Learning.Steps;
using static TorchSharp.torch;

namespace TiMix.Learning.Objectives;

/// <summary>
/// A loss that each micro-batch can compute by itself: a sum and what it is to be divided by, which travel to all trainers, so that
/// the mean, and its gradient, are those of the global batch. One class an objective, and one line in
/// <see cref="KnownObjectives"/>: its keys in the recipe, its values in reports, files and curves all come from here. (The contrastive losses
/// need the features of the whole batch and are <see cref="ContrastiveObjective"/>.) An objective holds nothing that changes.
/// </summary>
public abstract class Objective
{
    /// <summary>What its loss is called in reports; with "Weight" behind it the recipe's key, <c>objective.itmWeight</c>.</summary>
    public abstract string Name { get; }

    /// <summary>What it is called on the terminal.</summary>
    public virtual string Label => Name;

    /// <summary>Its weight's key in the recipe's section <c>objective</c>.</summary>
    public string WeightKey => Name + "Weight";

    /// <summary>Its weight where the recipe says nothing.</summary>
    public virtual double DefaultWeight => 0;

    /// <summary>What its weight's key means, for <c>timix recipe</c>.</summary>
    public abstract string Meaning { get; }

    /// <summary>What else it has in the recipe.</summary>
    public virtual IReadOnlyList<ObjectiveSetting> Settings => [];

    /// <summary>Whether the share that was right is reported too, as <c>itmAccuracy</c>.</summary>
    public virtual bool ReportsAccuracy => false;

    /// <summary>What the model must have.</summary>
    public virtual ModelParts Parts => ModelParts.None;

    /// <summary>Whether image and text are read together.</summary>
    public bool Fuses => Parts.HasFlag(ModelParts.Fusion);

    /// <summary>Whether it reads the image's patches at mid-depth in this micro-batch (<see cref="ImageEncoding.Middle"/>).</summary>
    public virtual bool NeedsPatches(MicroBatch batch) => false;

    /// <summary>
    /// The SUM over whatever is judged. A pure function of what is in the pass, on the trainer; what is random is drawn from
    /// <see cref="StepSettings.SeedOf"/>. It may run twice with the same result: graphs that are not kept are computed again.
    /// </summary>
    /// <param name="pass">The micro-batch, read by the encoders.</param>
    /// <returns>A differentiable number; null: there is nothing to judge.</returns>
    public abstract ObjectiveLoss? Compute(ObjectivePass pass);
}

/// <summary>What an objective found in one micro-batch.</summary>
/// <param name="Sum">Differentiable, one number, nats. In the caller's dispose scope.</param>
/// <param name="Count">What the sum over the global batch is divided by: pairs, words …</param>
/// <param name="Correct">How many of them were right; 0 where there is no right and wrong.</param>
public sealed record ObjectiveLoss(Tensor Sum, long Count, long Correct = 0);

/// <summary>A key of an objective beside its weight.</summary>
/// <param name="Key">In the recipe's section <c>objective</c>.</param>
/// <param name="Meaning">For <c>timix recipe</c>.</param>
public abstract record ObjectiveSetting(string Key, string Meaning);

/// <summary>A number.</summary>
/// <param name="Key">In the recipe's section <c>objective</c>.</param>
/// <param name="Default">Where the recipe says nothing.</param>
/// <param name="Above">It must be larger.</param>
/// <param name="Below">It must be smaller.</param>
/// <param name="Meaning">For <c>timix recipe</c>.</param>
public sealed record ObjectiveNumber(string Key, double Default, double Above, double Below, string Meaning) : ObjectiveSetting(Key, Meaning);

/// <summary>One of some words.</summary>
/// <param name="Key">In the recipe's section <c>objective</c>.</param>
/// <param name="Known">The words; the first is taken where the recipe says nothing.</param>
/// <param name="Meaning">For <c>timix recipe</c>.</param>
public sealed record ObjectiveChoice(string Key, IReadOnlyList<string> Known, string Meaning) : ObjectiveSetting(Key, Meaning);
