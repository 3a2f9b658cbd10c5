using TiMix.Learning.Mixing;
using TiMix.Protocol.Values;

namespace TiMix.Runs.Recipes;

/// <summary>What the cores want to know of a recipe.</summary>
public static class RunPlanMapping
{
    /// <summary>The plan of a run.</summary>
    public static RunPlan Plan(this Recipe recipe) => new()
    {
        Steps = recipe.Optimization.Steps,
        MicroBatches = recipe.Optimization.MicroBatches,
        Prefetch = recipe.Run.Prefetch,
        SnapshotEvery = recipe.Run.SnapshotEvery,
        KeepSnapshots = recipe.Run.KeepSnapshots,
        EvaluateEvery = recipe.Run.EvaluateEvery,
        TeacherRefreshEvery = recipe.Teacher.RefreshEvery,
        SplitsWhileTraining = recipe.Data.Validation.Length > 0 ? [Splits.Validation] : [],
        SplitsAtEnd = Splits.All(recipe),
    };

    /// <summary>Which steps ask the teacher: those that take its soft targets, and those that are mixed by its saliency.</summary>
    public static TeacherNeed TeacherNeed(this Recipe recipe) => new(
        recipe.Objective.DistillAlpha <= 0 ? long.MaxValue : recipe.Objective.DistillRampSteps > 0 ? 1 : 0,
        recipe.MixMethod() is { Mixes: true, Saliency: SaliencySource.Teacher } ? recipe.MixingSteps() : 0);
}
