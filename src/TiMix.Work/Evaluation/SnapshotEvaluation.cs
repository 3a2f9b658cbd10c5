using TiMix.Base;
using TiMix.Learning.Mixing;
using TiMix.Learning.Model;
using TiMix.Learning.Runtime;
using TiMix.Learning.Training;
using TiMix.Protocol.Values;
using TiMix.Runs.Observing;
using TiMix.Runs.Recipes;
using TiMix.Runs.Snapshots;
using TiMix.Runs.Sources;
using TiMix.Work.Compute;
using TiMix.Work.Loading;
using TiMix.Work.Mixing;

namespace TiMix.Work.Evaluation;

/// <summary>Looks at a snapshot without a run: metrics, and pictures of mixes.</summary>
public static class SnapshotEvaluation
{
    /// <summary>Metrics of a snapshot.</summary>
    /// <param name="nameOrSnapshot">A run, whose newest whole snapshot is taken, or a snapshot's directory.</param>
    /// <param name="runsDirectory">Where runs are kept.</param>
    /// <param name="dataDirectory">Where the sample corpus is kept.</param>
    /// <param name="splits">Which; null: all of the recipe.</param>
    /// <param name="shuffleCaptions">Pair every image with a stranger's caption: what chance looks like.</param>
    /// <param name="notice">Is told what could not be measured, and why.</param>
    /// <param name="stop">Gives up.</param>
    /// <param name="task">Another task than the recipe's, such as grounding without fine-tuning; null: the recipe's.</param>
    /// <exception cref="RunError">There is no such run, snapshot, split or task.</exception>
    public static async Task<EvaluationReport> EvaluateAsync(
        string nameOrSnapshot, string runsDirectory, string dataDirectory, IReadOnlyList<string>? splits, bool shuffleCaptions, Action<string> notice,
        CancellationToken stop, string? task = null)
    {
        var (manifest, parameters) = SnapshotFinder.Find(nameOrSnapshot, runsDirectory);
        var recipe = RecipeFile.Parse(manifest.Recipe, nameOrSnapshot);
        if (task is not null)
        {
            recipe = Tasks.All.Contains(task)
                ? recipe with { Data = recipe.Data with { Task = task } }
                : throw new RunError($"--task is \"{task}\"; right would be one of {string.Join(", ", Tasks.All)}.");
        }

        var data = new RunData(recipe, dataDirectory);
        var wanted = splits ?? Splits.All(recipe);
        foreach (var split in wanted)
        {
            Splits.PatternOf(recipe, split);
        }

        data.Prepare(new SilentObserver(), stop);
        var trainProbe = data.OpenTrainProbe(manifest.Model, out var missing);
        if (missing is not null)
        {
            notice(missing);
        }

        // As the evaluator of a run does, with the same bits: one native thread.
        using var thread = new ComputeThread("evaluation");
        return await thread.Run(() => TaskEvaluator.Evaluate(
            manifest.Step, [.. wanted.Select(split => new EvaluatedSplit(split, data.OpenReader(split, manifest.Model)))], trainProbe, recipe, data,
            manifest.Model, parameters, shuffleCaptions, stop)).ConfigureAwait(false);
    }

    /// <summary>Arrays for a sheet of mixes: the first samples of the first test split, mixed as training would.</summary>
    /// <param name="nameOrSnapshot">As in <see cref="EvaluateAsync"/>.</param>
    /// <param name="runsDirectory">Where runs are kept.</param>
    /// <param name="dataDirectory">Where the sample corpus is kept.</param>
    /// <param name="count">Samples; rounded up to an even number.</param>
    /// <param name="method">Another method than the recipe's; null: the recipe's.</param>
    /// <param name="stop">Gives up.</param>
    public static MixPreview Preview(string nameOrSnapshot, string runsDirectory, string dataDirectory, int count, string? method, CancellationToken stop)
    {
        var (manifest, parameters) = SnapshotFinder.Find(nameOrSnapshot, runsDirectory);
        var recipe = RecipeFile.Parse(manifest.Recipe, nameOrSnapshot);
        recipe = recipe with { Mix = recipe.Mix with { Method = method ?? recipe.Mix.Method } };
        var data = new RunData(recipe, dataDirectory);
        data.Prepare(new SilentObserver(), stop);
        TorchRuntime.Initialize();
        var model = manifest.Model;
        var split = recipe.Data.Tests.Keys.Order(StringComparer.Ordinal).LastOrDefault() ?? "train";
        var batch = data.OpenReader(split, model).Load(0, count + (count % 2), stop);
        count = batch.SampleIndices.Length;
        using var teacher = new TeacherWorker(model, DualEncoder.LayoutOf(model), parameters, TorchRuntime.DefaultDevice());
        var saliency = teacher.Ask(batch.Pixels, batch.Tokens, count, false, true).Saliency;
        var samples = new SampleArrays(batch.Pixels, batch.Tokens, batch.RegionOwner, batch.RegionBoxes, batch.RegionPhrases, batch.RegionInCaption);
        var mixing = recipe.MixMethod();
        var chosen = mixing.Saliency == SaliencySource.Boxes ? RegionMasks.OracleSaliency(samples, count, model) : saliency;
        var plan = MixPlanner.Plan(mixing, chosen, count, model.Grid, recipe.Run.Seed, recipe.MixOptions());
        return new MixPreview(
            model.ImageSize, model.Grid, batch.Pixels, batch.Captions, chosen, plan.Pairing, MixedPixels(
                batch.Pixels, plan, count, model), plan.Lambda, plan.Side, plan.Target, plan.Source);
    }

    private static byte[] MixedPixels(byte[] pixels, MixPlan plan, int count, ModelConfig model)
    {
        using var scope = TorchSharp.torch.NewDisposeScope();
        var raw = HostFloats.ToTensor([.. pixels.Select(value => (float)value)], [count, 3, model.ImageSize, model.ImageSize], TorchSharp.torch.CPU);
        return [.. HostFloats.Of(MixApply.Apply(plan, raw, model.PatchSize)).Select(value => (byte)Math.Clamp(MathF.Round(value), 0, 255))];
    }
}
