using TiMix.Protocol.Values;
using TiMix.Runs.Observing;
using TiMix.Runs.Recipes;

namespace TiMix.Node.Reporting;

/// <summary>Says how many of a run's samples were broken.</summary>
internal static class ReplacedSamples
{
    private const string File = "replacements.jsonl";

    /// <summary>One line; null: every sample was as it should be.</summary>
    /// <param name="recipe">Of the run.</param>
    /// <param name="result">How it ended.</param>
    /// <param name="last">The last step that was seen; null: none.</param>
    public static string? Line(Recipe recipe, RunResult result, StepReport? last)
    {
        var file = Path.Combine(result.Directory, File);
        var replaced = System.IO.File.Exists(file) ? System.IO.File.ReadLines(file).LongCount() : 0;
        if (replaced == 0)
        {
            return null;
        }

        var steps = result.Outcome == RunOutcome.Finished ? recipe.Optimization.Steps : last?.Step;
        var samples = steps * recipe.Optimization.MicroBatches * recipe.Optimization.MicroBatchSize;
        return FormattableString.Invariant($"{replaced} of {samples?.ToString() ?? "the"} samples were broken and replaced by others, see {file}");
    }
}
