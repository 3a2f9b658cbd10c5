using TiMix.Base;
using TiMix.Learning.Mixing;

namespace TiMix.Learning.Objectives;

/// <summary>The scheduled numbers of one step.</summary>
/// <param name="Step">Counted from 0.</param>
/// <param name="LearningRate">Of AdamW.</param>
/// <param name="DistillAlpha">Share α of the teacher's soft targets.</param>
/// <param name="MixWeight">Weight γ of the mixed loss.</param>
/// <param name="Mixing">Whether images are mixed at all in this step.</param>
/// <param name="Labels">Label mode of the mixed loss.</param>
/// <param name="Beta">Share of the hard label in <see cref="MixLabels.Blend"/>.</param>
public sealed record StepSettings(long Step, double LearningRate, double DistillAlpha, double MixWeight, bool Mixing, MixLabels Labels, double Beta)
{
    /// <summary>Of AdamW, for the parameters of <c>model.init</c>; null: the same.</summary>
    public double? PretrainedLearningRate { get; init; }

    /// <summary>Seed of the run.</summary>
    public ulong Seed { get; init; }

    /// <summary>Weight of the contrastive loss of clean images.</summary>
    public double ItcWeight { get; init; } = 1;

    /// <summary>What of a text the decoder is given.</summary>
    public PrefixMode Prefix { get; init; }

    /// <summary>Weights of the objectives and what else they have in the recipe, by its keys.</summary>
    public Named<double> Numbers { get; init; } = Named<double>.None;

    /// <summary>The objectives that there are, in the order in which they are computed and added up.</summary>
    public IReadOnlyList<Objective> Objectives { get; init; } = KnownObjectives.All;

    /// <summary>Those that are computed.</summary>
    public IReadOnlyList<Objective> Active => [.. Objectives.Where(objective => WeightOf(objective) > 0)];

    /// <summary>Whether image and text are read together at all.</summary>
    public bool Fusing => Active.Any(objective => objective.Fuses);

    /// <summary>Weight of an objective in the total; 0: it is not computed.</summary>
    public double WeightOf(Objective objective) => Numbers[objective.WeightKey];

    /// <summary>Seed of what one objective draws for one micro-batch.</summary>
    /// <param name="microBatch">Place in the global batch.</param>
    /// <param name="domain">A number of the objective's own.</param>
    public ulong SeedOf(int microBatch, ulong domain) => Seeds.Mix(Seed, (ulong)Step, (ulong)microBatch, domain);
}
