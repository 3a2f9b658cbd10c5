using TiMix.Learning.Objectives;
using TiMix.Protocol.Values;
using TiMix.Runs.Recipes;

namespace TiMix.Work.Training;

/// <summary>What is said of a step.</summary>
public static class StepDescription
{
    /// <summary>The report of a step that was applied.</summary>
    /// <param name="recipe">Of the run.</param>
    /// <param name="step">Applied steps.</param>
    /// <param name="outcome">What it came to.</param>
    /// <param name="seconds">Since the end of the step before.</param>
    public static StepReport Report(Recipe recipe, long step, StepOutcome outcome, double seconds)
    {
        var samples = recipe.Optimization.MicroBatches * recipe.Optimization.MicroBatchSize;
        var epoch = outcome.Parts.SelectMany(part => part.MicroBatches).First().Origin.Epoch;
        return new StepReport(
            step, recipe.Optimization.Steps, epoch, outcome.Losses.Total, outcome.Losses.Values,
            outcome.Temperature, outcome.LearningRate, outcome.GradientNorm, seconds, samples / seconds)
        {
            ComputeSeconds = outcome.OwnSeconds,
            ExchangeSeconds = outcome.ExchangeSeconds,
            UpdateSeconds = outcome.UpdateSeconds,
        };
    }

    /// <summary>Why a run ends whose gradient is not finite: one line.</summary>
    /// <param name="step">Counted from 0.</param>
    /// <param name="outcome">What it came to.</param>
    public static string NotFinite(long step, StepOutcome outcome)
    {
        var losses = string.Join(", ", KnownObjectives.Losses.Select(name => FormattableString.Invariant($"{name} {outcome.Losses[name]:G4}")));
        return $"step {step + 1}: the gradient is not finite (losses: {losses}); a smaller optimization.learningRate may help";
    }
}
