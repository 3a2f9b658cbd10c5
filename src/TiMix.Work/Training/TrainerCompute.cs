using TiMix.Learning.Model;
using TiMix.Runs.Recipes;
using TiMix.Work.Compute;

namespace TiMix.Work.Training;

/// <summary>
/// A trainer's mathematics on its one compute thread: the state and the step belong to that thread alone. Every call queues
/// work there and answers with a task.
/// </summary>
/// <param name="recipe">The run.</param>
/// <param name="model">Sizes.</param>
/// <param name="device">Where to compute.</param>
/// <param name="threads">Compute lanes.</param>
public sealed class TrainerCompute(Recipe recipe, ModelConfig model, TorchSharp.torch.Device device, int threads) : IDisposable
{
    private readonly ComputeThread _thread = new("trainer");
    private TrainingState? _state;
    private TrainingStep? _step;

    /// <summary>Layout of the state's buffers.</summary>
    public ParameterLayout Layout { get; } = DualEncoder.LayoutOf(model);

    /// <summary>Runs work on the state, which is drawn from the seed when there is none yet.</summary>
    public Task<T> Run<T>(Func<TrainingState, TrainingStep, T> work) => _thread.Run(() =>
    {
        _state ??= new TrainingState(recipe, model, device);
        _step ??= new TrainingStep(recipe, _state, threads);
        return work(_state, _step);
    });

    /// <summary>A state drawn from the seed, whatever was there.</summary>
    public Task<T> RunAnew<T>(Func<TrainingState, T> work) => _thread.Run(() =>
    {
        Drop();
        _state = new TrainingState(recipe, model, device);
        return work(_state);
    });

    /// <summary>Runs something that needs no state after all that was queued before.</summary>
    public void Then(Action work) => _ = _thread.Run(() =>
    {
        work();
        return true;
    });

    /// <inheritdoc/>
    public void Dispose()
    {
        Then(Drop);
        _thread.Dispose();
    }

    private void Drop()
    {
        _step?.Dispose();
        _state?.Dispose();
        (_step, _state) = (null, null);
    }
}
