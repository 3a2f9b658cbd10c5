using System.Globalization;
using TiMix.Base;
using TiMix.Runs.Recipes;
using TiMix.Work.Training;

namespace TiMix.Node.Experiments;

/// <summary>One run of an experiment.</summary>
/// <param name="Name">Of its directory.</param>
/// <param name="Arm">What it does differently.</param>
/// <param name="Seed">Of everything random.</param>
/// <param name="Fraction">Part of the training samples.</param>
/// <param name="Steps">Optimizer steps.</param>
/// <param name="Recipe">All of it.</param>
internal sealed record PlannedRun(string Name, Arm Arm, ulong Seed, double Fraction, long Steps, Recipe Recipe)
{
    /// <summary>In units of the arms' cost times steps; arms without one count as 1.</summary>
    public double Work => Steps * (Arm.Cost ?? 1);
}

/// <summary>Which of the planned runs a command is about.</summary>
/// <param name="Arms">Null: all.</param>
/// <param name="Seeds">Null: all.</param>
/// <param name="Fractions">Null: all.</param>
/// <param name="EqualStepsOnly">Leave out those that are there for equal compute alone.</param>
internal sealed record PlanLimits(IReadOnlyList<string>? Arms, IReadOnlyList<ulong>? Seeds, IReadOnlyList<double>? Fractions, bool EqualStepsOnly);

/// <summary>
/// The runs of an experiment. Two comparisons that want the same run share it. Order: what the main contrasts need first, seed
/// after seed, so that whole pairs are there early; then the other arms, then equal compute, then the curve.
/// </summary>
internal static class ExperimentPlan
{
    /// <summary>All runs within the limits.</summary>
    public static IReadOnlyList<PlannedRun> Runs(Experiment experiment, PlanLimits? limits = null)
    {
        var main = experiment.MainContrasts.SelectMany(contrast => new[] { contrast.Arm, contrast.Baseline }).ToHashSet();
        var arms = experiment.Arms.OrderBy(arm => main.Contains(arm.Name) ? 0 : 1).ToList();
        var runs = new List<PlannedRun>();
        foreach (var group in arms.GroupBy(arm => main.Contains(arm.Name)))
        {
            runs.AddRange(experiment.Seeds.SelectMany(seed => group.Select(arm => EqualSteps(experiment, arm, seed, experiment.Fraction))));
        }

        if (experiment.Compute is { } compute && limits is not { EqualStepsOnly: true })
        {
            runs.AddRange(compute.Seeds.SelectMany(seed => compute.Arms.Select(arm => EqualWork(experiment, experiment.ArmOf(arm), seed))));
        }

        if (experiment.Curve is { } curve)
        {
            runs.AddRange(
                curve.Fractions.SelectMany(
                    fraction => curve.Seeds.SelectMany(seed => curve.Arms.Select(arm => EqualSteps(experiment, experiment.ArmOf(arm), seed, fraction)))));
        }

        return [.. runs.DistinctBy(run => run.Name).Where(run =>
            limits is null || ((limits.Arms?.Contains(run.Arm.Name) ?? true) && (limits.Seeds?.Contains(run.Seed) ?? true)
                && (limits.Fractions?.Contains(run.Fraction) ?? true)))];
    }

    /// <summary>The run of an arm in the recipe's steps.</summary>
    public static PlannedRun EqualSteps(Experiment experiment, Arm arm, ulong seed, double fraction) =>
        Of(experiment, arm, seed, fraction, experiment.Recipe.Optimization.Steps);

    /// <summary>
    /// The run of an arm in as many steps as make its work that of the reference. The schedule keeps its shape: warm-up and ramps are stretched
    /// alike.
    /// </summary>
    public static PlannedRun EqualWork(Experiment experiment, Arm arm, ulong seed)
    {
        var reference = experiment.ArmOf(experiment.Compute!.Reference);
        return Of(experiment, arm, seed, experiment.Fraction, Scaled(experiment.Recipe.Optimization.Steps, reference.Cost!.Value / arm.Cost!.Value));
    }

    private static PlannedRun Of(Experiment experiment, Arm arm, ulong seed, double fraction, long steps)
    {
        var recipe = InitialWeights.Pin(RecipeFile.Set(experiment.Recipe, arm.Settings, $"arm \"{arm.Name}\"").WithFullPaths());
        var stretch = (double)steps / recipe.Optimization.Steps;
        recipe = recipe with
        {
            Data = recipe.Data with { Fraction = fraction },
            Optimization = recipe.Optimization with { Steps = steps, WarmupSteps = Scaled(recipe.Optimization.WarmupSteps, stretch) },
            Mix = recipe.Mix with { RampSteps = Scaled(recipe.Mix.RampSteps, stretch) },
            Objective = recipe.Objective with { DistillRampSteps = Scaled(recipe.Objective.DistillRampSteps, stretch) },
            Run = recipe.Run with { Seed = seed },
        };
        return new PlannedRun(
            string.Create(CultureInfo.InvariantCulture, $"{arm.Name}-{100 * (decimal)fraction:0.###}pct-{steps}-s{seed}"), arm, seed, fraction, steps, recipe);
    }

    private static long Scaled(long steps, double factor) => (long)Math.Round(steps * factor, MidpointRounding.AwayFromZero);
}
