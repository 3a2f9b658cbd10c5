using System.Diagnostics;
using TiMix.Actors.Compute;
using TiMix.Actors.Recipes;
using TiMix.Exchange.Reduction;
using TiMix.Learning;

namespace TiMix.Actors.Training;

/// <summary>What one step came to.</summary>
/// <param name="Losses">Over the global batch.</param>
/// <param name="LearningRate">That was used.</param>
/// <param name="Temperature">τ after the step.</param>
/// <param name="GradientNorm">Before clipping; not finite: nothing was changed.</param>
/// <param name="Elapsed">Time on the compute threads.</param>
public sealed record StepOutcome(StepLosses Losses, double LearningRate, double Temperature, double GradientNorm, TimeSpan Elapsed);

/// <summary>
/// One step, from top to bottom, with no actor near: forward per micro-batch, gather in micro-batch order, loss over the global
/// batch, backward per micro-batch, sum over the fixed tree, one optimizer step. Micro-batches are spread over compute lanes;
/// neither their number nor <c>graphsInMemory</c> reaches the result.
/// </summary>
public sealed class TrainingStep : IDisposable
{
    private readonly Recipe _recipe;
    private readonly TrainingState _state;
    private readonly ComputeLanes _lanes;
    private readonly MicroBatchWorker[] _workers;
    private readonly TreeSum _sum;
    private readonly ParameterBuffer _total;

    /// <param name="recipe">Batch sizes, weights and schedules.</param>
    /// <param name="state">What is changed.</param>
    /// <param name="threads">Compute lanes; the calling thread is one of them.</param>
    public TrainingStep(Recipe recipe, TrainingState state, int threads)
    {
        _recipe = recipe;
        _state = state;
        _lanes = new ComputeLanes(Math.Clamp(threads, 1, recipe.Optimization.MicroBatches));
        _workers = [.. Enumerable.Range(0, _lanes.Count).Select(_ => new MicroBatchWorker(state.Model, state.Layout, state.Student.Values))];
        _sum = new TreeSum(recipe.Optimization.MicroBatches, checked((int)state.Layout.Length));
        _total = new ParameterBuffer(state.Layout, state.Student.Values.device);
    }

    /// <summary>Applies one step to the state.</summary>
    /// <param name="microBatches">All V of the step <see cref="TrainingState.Step"/>, in order.</param>
    /// <exception cref="ArgumentException">Micro-batches are missing or out of order.</exception>
    public StepOutcome Run(IReadOnlyList<MicroBatch> microBatches)
    {
        Check(microBatches);
        var watch = Stopwatch.StartNew();
        var settings = _recipe.SettingsAt(_state.Step);

        var features = new MicroBatchFeatures[microBatches.Count];
        try
        {
            EachOnItsLane(microBatches, (worker, batch) =>
                features[batch.Index] = worker.Forward(batch, settings, keepGraph: batch.Index < _recipe.Run.GraphsInMemory));

            var (losses, gradients) = GlobalLoss.Compute(microBatches, features, settings, _state.Student.LogitScale, _state.Model.EmbedDim);

            _sum.Reset();
            EachOnItsLane(microBatches, (worker, batch) =>
            {
                worker.Backward(batch, settings, gradients[batch.Index]);
                _sum.Add(batch.Index, worker.Gradients.Host());
            });

            _total.CopyFrom(_sum.Result);
            var norm = _state.Apply(_total, settings);
            return new StepOutcome(losses, settings.LearningRate, Math.Exp(-_state.Student.LogitScale), norm, watch.Elapsed);
        }
        catch
        {
            foreach (var worker in _workers)
            {
                worker.ForgetAll();
            }

            throw;
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _lanes.Dispose();
        foreach (var worker in _workers)
        {
            worker.Dispose();
        }

        _sum.Dispose();
        _total.Dispose();
    }

    private void EachOnItsLane(IReadOnlyList<MicroBatch> microBatches, Action<MicroBatchWorker, MicroBatch> work) => _lanes.Run(lane =>
    {
        for (var m = lane; m < microBatches.Count; m += _lanes.Count)
        {
            work(_workers[lane], microBatches[m]);
        }
    });

    private void Check(IReadOnlyList<MicroBatch> microBatches)
    {
        var optimization = _recipe.Optimization;
        if (microBatches.Count != optimization.MicroBatches)
        {
            throw new ArgumentException($"A step takes {optimization.MicroBatches} micro-batches, got {microBatches.Count}.", nameof(microBatches));
        }

        for (var m = 0; m < microBatches.Count; m++)
        {
            if (microBatches[m].Index != m || microBatches[m].Count != optimization.MicroBatchSize)
            {
                throw new ArgumentException(
                    $"Place {m} holds micro-batch {microBatches[m].Index} of {microBatches[m].Count} samples; expected micro-batch {m} of {optimization.MicroBatchSize}.", nameof(microBatches));
            }
        }
    }
}
