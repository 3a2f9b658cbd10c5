using System.Text.Json;
using System.Text.Json.Nodes;
using TiMix.Base;
using TiMix.Runs.Recipes;
using TiMix.Runs.Records;

namespace TiMix.Node.Experiments;

/// <summary>How far a planned run is.</summary>
internal enum RunStage
{
    /// <summary>Never begun.</summary>
    Missing,

    /// <summary>Begun, not finished: to be resumed.</summary>
    Interrupted,

    /// <summary>Finished, with the recipe that was planned.</summary>
    Finished,
}

/// <summary>A planned run and what its directory holds.</summary>
/// <param name="Run">As planned.</param>
/// <param name="Stage">How far it is.</param>
/// <param name="Summary">Of a finished run.</param>
internal sealed record RunResults(PlannedRun Run, RunStage Stage, JsonObject? Summary)
{
    /// <summary>The fingerprint of its weights.</summary>
    public string? Fingerprint => Summary?["fingerprint"]?.GetValue<string>();

    /// <summary>A number of its evaluation; null: it is not finished, or the evaluation has no such number.</summary>
    public double? Value(Metric metric) => Summary?["evaluation"]?[metric.Split]?[metric.Name]?.GetValue<double>();

    /// <summary>What is there of each run.</summary>
    /// <param name="directory">Of the experiment.</param>
    /// <param name="runs">As planned.</param>
    /// <exception cref="RunError">A run's recipe is not the planned one; its keys are named.</exception>
    public static IReadOnlyList<RunResults> Look(string directory, IEnumerable<PlannedRun> runs) => [.. runs.Select(run => Look(directory, run))];

    private static RunResults Look(string directory, PlannedRun run)
    {
        var place = RunDirectory.Of(directory, run.Name);
        if (!File.Exists(place.Recipe))
        {
            return new RunResults(run, RunStage.Missing, null);
        }

        Check(run, place.ReadRecipe(), place.Path);
        if (!File.Exists(place.Summary))
        {
            return new RunResults(run, RunStage.Interrupted, null);
        }

        try
        {
            var summary = JsonNode.Parse(File.ReadAllText(place.Summary))!.AsObject();
            Check(run, RecipeFile.Parse(summary["recipe"]!.ToJsonString(), place.Summary), place.Path);
            return new RunResults(run, RunStage.Finished, summary);
        }
        catch (Exception error) when (error is JsonException or InvalidOperationException or NullReferenceException)
        {
            throw new RunError($"{place.Summary} cannot be read ({error.Message}); delete the directory {place.Path} to have the run done again.");
        }
    }

    private static void Check(PlannedRun run, Recipe found, string path)
    {
        var differences = RecipeFile.Differences(run.Recipe, found);
        if (differences.Count > 0)
        {
            throw new RunError(
                $"{path} holds a run of another recipe: {string.Join(", ", differences)} differ from the experiment's; move it away, or give another --dir.");
        }
    }
}
