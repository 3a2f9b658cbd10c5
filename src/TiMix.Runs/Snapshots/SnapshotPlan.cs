using TiMix.Runs.Recipes;

namespace TiMix.Runs.Snapshots;

/// <summary>When snapshots and evaluations are due: functions of the recipe and the step alone.</summary>
public static class SnapshotPlan
{
    /// <summary>Whether a snapshot is taken after so many steps.</summary>
    public static bool IsDue(Recipe recipe, long step) =>
        step == recipe.Optimization.Steps || step % recipe.Run.SnapshotEvery == 0 || IsEvaluationDue(recipe, step);

    /// <summary>Whether the snapshot of that step is evaluated while training goes on.</summary>
    public static bool IsEvaluationDue(Recipe recipe, long step) =>
        recipe.Run.EvaluateEvery > 0 && recipe.Data.Validation.Length > 0 && step < recipe.Optimization.Steps && step % recipe.Run.EvaluateEvery == 0;
}
