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
}
