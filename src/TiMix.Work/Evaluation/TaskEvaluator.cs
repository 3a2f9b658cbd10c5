using TiMix.Base;
using TiMix.Data;
using TiMix.Data.Loading;
using TiMix.Learning.Model;
using TiMix.Protocol.Values;
using TiMix.Runs.Recipes;
using TiMix.Runs.Sources;

namespace TiMix.Work.Evaluation;

/// <summary>Evaluates a snapshot by what its recipe's <c>data.task</c> is measured by.</summary>
public static class TaskEvaluator
{
    /// <summary>All metrics of the task.</summary>
    /// <param name="step">Of the snapshot.</param>
    /// <param name="splits">What to evaluate.</param>
    /// <param name="trainProbe">A fixed part of the training samples; read with task retrieval alone. Null: none.</param>
    /// <param name="recipe">Task and settings.</param>
    /// <param name="data">The list of answers, where there is one, and the vocabulary.</param>
    /// <param name="model">Sizes.</param>
    /// <param name="parameters">Flat parameters.</param>
    /// <param name="shuffle">Give every image, phrase or question what belongs to another: what chance looks like.</param>
    /// <param name="stop">Gives up.</param>
    /// <exception cref="RunError">The model lacks what the task needs.</exception>
    /// <exception cref="DataException">Not one sample of a split can be used.</exception>
    public static EvaluationReport Evaluate(
        long step, IReadOnlyList<EvaluatedSplit> splits, EvaluationReader? trainProbe, Recipe recipe, RunData data, ModelConfig model, float[] parameters,
        bool shuffle, CancellationToken stop)
    {
        var task = recipe.Data.Task;
        if (task == Tasks.Retrieval)
        {
            return Evaluator.Evaluate(step, splits, trainProbe, recipe, model, parameters, shuffle, stop);
        }

        if (task is Tasks.Captioning or Tasks.Vqa && model.DecoderLayers == 0)
        {
            throw new RunError($"this model has no decoder, which task {task} needs; train it with \"objective.prefixLmWeight\" larger than 0.");
        }

        using var evaluated = new EvaluatedModel(model, parameters);
        var order = new PredictionOrder(shuffle ? Seeds.Mix(recipe.Run.Seed, 0x5AFF1E) : null);
        var results = new List<SplitEvaluation>();
        foreach (var (name, reader) in splits)
        {
            var (count, metrics) = task switch
            {
                Tasks.Captioning => CaptioningEvaluation.Measure(reader, evaluated, data.OpenTokenizer(), recipe, order, stop),
                Tasks.Vqa => QuestionEvaluation.Measure(reader, evaluated, data.OpenTokenizer(), data.Answers(), order, stop),
                _ => GroundingEvaluation.Measure(reader, evaluated, recipe, order, stop),
            };
            if (count == 0)
            {
                var why = reader.Problems.Count > 0 ? $" ({reader.Problems[0].Where}: {reader.Problems[0].What})" : "";
                throw new DataException($"split {name}: not one of its {reader.Count} samples can be used for task {task}{why}.");
            }

            metrics["skippedSamples"] = reader.Problems.Count;
            results.Add(new SplitEvaluation(name, count, metrics));
        }

        return new EvaluationReport(step, results);
    }
}

/// <summary>Which prediction is held against which truth: its own, or, to see what chance looks like, a stranger's.</summary>
/// <param name="seed">Null: its own.</param>
internal sealed class PredictionOrder(ulong? seed)
{
    /// <summary>The predictions in the order in which they are judged.</summary>
    public IReadOnlyList<T> Of<T>(IReadOnlyList<T> predictions)
    {
        if (seed is not { } from)
        {
            return predictions;
        }

        T[] shuffled = [.. predictions];
        new SeededRandom(from).Shuffle<T>(shuffled);
        return shuffled;
    }
}
