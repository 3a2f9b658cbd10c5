using System.Collections.Concurrent;
using TiMix.Exchange;
using TiMix.Learning.Model;
using TiMix.Protocol.Messages;
using TiMix.Protocol.Training;
using TiMix.Protocol.Values;
using TiMix.Runs.Recipes;
using TiMix.Work.Compute;
using TiMix.Work.Mixing;

namespace TiMix.Work.Training;

/// <summary>Micro-batches of a trainer: fetched from mixers on a thread of its own, and kept until they are used or dropped.</summary>
/// <param name="recipe">The run.</param>
/// <param name="model">Sizes.</param>
/// <param name="exchange">Where bundles are.</param>
public sealed class MicroBatchShelf(Recipe recipe, ModelConfig model, ExchangeNode exchange) : IDisposable
{
    private readonly ConcurrentDictionary<(long Lineage, MicroBatchKey Key), AssembledMicroBatch> _here = [];
    private readonly ComputeThread _thread = new("fetcher");
    private readonly CancellationTokenSource _stopped = new();

    /// <summary>Fetches one; what it was made of is released.</summary>
    public Task<IInput> Fetch(TrainerEffects.FetchMicroBatch wanted) => _thread.Run<IInput>(() =>
    {
        var content = (MixedSamples)wanted.Samples;
        using var samples = exchange.Take(content.Loaded.Samples, _stopped.Token);
        using var teacher = exchange.Take(content.Teacher, _stopped.Token);
        if (samples is null || teacher is null)
        {
            return new TrainerInputs.MicroBatchFetched(wanted.Lineage, wanted.Key, false);
        }

        _here[(wanted.Lineage, wanted.Key)] = new AssembledMicroBatch(
            MicroBatchAssembly.Assemble(wanted.Key.MicroBatch, samples, teacher, content.Plan, recipe, model),
            new MicroBatchOrigin(wanted.Key.MicroBatch, content.Loaded.Epoch, content.Loaded.Indices, content.Loaded.Replacements));
        return new TrainerInputs.MicroBatchFetched(wanted.Lineage, wanted.Key, true);
    });

    /// <summary>Those of a step.</summary>
    /// <exception cref="KeyNotFoundException">One is not here.</exception>
    public IReadOnlyList<AssembledMicroBatch> Of(TrainerEffects.Compute step) => [.. step.MicroBatches.Select(key => _here[(step.Lineage, key)])];

    /// <summary>One is not used any more.</summary>
    public void Drop(TrainerEffects.DropMicroBatch unwanted) => _here.TryRemove((unwanted.Lineage, unwanted.Key), out _);

    /// <inheritdoc/>
    public void Dispose()
    {
        _stopped.Cancel();
        _thread.Dispose();
    }
}
