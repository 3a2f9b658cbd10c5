using System.Text.Json;
using System.Text.Json.Nodes;
using TiMix.Runs.Recipes;
using TiMix.Runs.Records;

namespace TiMix.Node.Experiments;

/// <summary>What a step of a finished run took.</summary>
internal static class StepCost
{
    /// <summary>
    /// Wall seconds of a step, averaged over the run: the median of the steps that mix and the median of those that do not, weighted
    /// by their numbers. Medians, for a busy machine makes some steps slow. Null: the run has no record of its steps.
    /// </summary>
    public static double? SecondsPerStep(string directory, PlannedRun run)
    {
        var (mixing, other) = (new List<double>(), new List<double>());
        foreach (var step in RunRecords.StepsOf(RunDirectory.Of(directory, run.Name)))
        {
            // The report says how many steps were applied; the first is step 0.
            (run.Recipe.SettingsAt(step.Step - 1).Mixing ? mixing : other).Add(step.StepSeconds);
        }

        var count = mixing.Count + other.Count;
        return count == 0 ? null : ((Median(mixing) * mixing.Count) + (Median(other) * other.Count)) / count;
    }

    /// <summary>
    /// Measured cost of every arm that has finished runs in the recipe's steps: median over seeds, in units in which the first of them costs what it
    /// declares, or 1.
    /// </summary>
    public static IReadOnlyDictionary<string, (double Seconds, double Cost)> Measured(Experiment experiment, string directory, IEnumerable<RunResults> runs)
    {
        var seconds = new Dictionary<string, double>();
        foreach (var arm in experiment.Arms)
        {
            double[] found =
            [
                .. runs.Where(result => result.Stage == RunStage.Finished && result.Run.Arm == arm && result.Run.Fraction == experiment.Fraction
                    && result.Run.Steps == experiment.Recipe.Optimization.Steps)
                    .Select(result => SecondsPerStep(directory, result.Run)).OfType<double>(),
            ];
            if (found.Length > 0)
            {
                seconds.Add(arm.Name, Median([.. found]));
            }
        }

        var unit = experiment.Arms.FirstOrDefault(arm => seconds.ContainsKey(arm.Name));
        return seconds.ToDictionary(pair => pair.Key, pair => (pair.Value, pair.Value / seconds[unit!.Name] * (unit.Cost ?? 1)));
    }

    private static double Median(List<double> values)
    {
        if (values.Count == 0)
        {
            return 0;
        }

        values.Sort();
        return (values[(values.Count - 1) / 2] + values[values.Count / 2]) / 2;
    }
}
