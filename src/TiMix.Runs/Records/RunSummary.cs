using System.Text.Json.Nodes;
using TiMix.Learning.Objectives;
using TiMix.Protocol.Messages;
using TiMix.Protocol.Values;
using TiMix.Runs.Recipes;

namespace TiMix.Runs.Records;

/// <summary>What <c>summary.json</c> says.</summary>
public static class RunSummary
{
    /// <param name="run">Name of the run.</param>
    /// <param name="recipe">What it did.</param>
    /// <param name="records">Its files.</param>
    /// <param name="end">How it ended.</param>
    public static JsonObject Of(string run, Recipe recipe, RunRecords records, MonitorMessages.Over end)
    {
        var samples = recipe.Optimization.Steps * recipe.Optimization.MicroBatches * recipe.Optimization.MicroBatchSize;
        var evaluation = new JsonObject();
        foreach (var split in records.LastEvaluation?.Splits ?? [])
        {
            evaluation[split.Split] = Metrics(split);
        }

        return new JsonObject
        {
            ["run"] = run,
            ["recipe"] = JsonNode.Parse(RecipeFile.Write(recipe)),
            ["seed"] = recipe.Run.Seed,
            ["steps"] = recipe.Optimization.Steps,
            ["samples"] = samples,
            ["fingerprint"] = end.Fingerprint,
            ["samplesPerSecond"] = records.Seconds > 0 ? (double)samples * records.Steps / recipe.Optimization.Steps / records.Seconds : 0,
            ["wallSeconds"] = records.Seconds,
            ["finalLosses"] = records.Last is { } last && last.Step == recipe.Optimization.Steps ? Losses(last) : null,
            ["evaluation"] = evaluation,
            ["trainProbe"] = records.LastEvaluation?.TrainProbe is { } probe ? Metrics(probe) : null,
            ["replacedSamples"] = records.Replaced,
            ["resumes"] = end.Resumes,
        };
    }

    private static JsonObject Losses(StepReport last)
    {
        var losses = new JsonObject { ["total"] = last.Loss };
        foreach (var name in KnownObjectives.Losses)
        {
            losses[name] = last[name];
            if (name == "alignment")
            {
                losses[ContrastiveObjective.Regulariser] = last[ContrastiveObjective.Regulariser];
            }
        }

        return losses;
    }

    private static JsonObject Metrics(SplitEvaluation split)
    {
        var metrics = new JsonObject { ["pairs"] = split.Pairs };
        foreach (var (name, value) in split.Metrics)
        {
            metrics[name] = value;
        }

        return metrics;
    }
}
