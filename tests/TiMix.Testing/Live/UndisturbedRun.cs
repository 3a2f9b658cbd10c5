using TiMix.Actors.Nodes;
using TiMix.Runs.Recipes;

namespace TiMix.Testing.Live;

/// <summary>The run that nothing happens to, in one node with all roles; what disturbed runs are compared with.</summary>
public sealed class UndisturbedRun : IAsyncLifetime
{
    /// <summary>Steps of every run.</summary>
    public const int Steps = 60;

    /// <summary>The data of all runs.</summary>
    public TinyData Data { get; } = new(samples: 48);

    /// <summary>Of the weights at the end.</summary>
    public string Fingerprint { get; private set; } = "";

    /// <summary>60 steps of four micro-batches of two: six steps an epoch; a snapshot every 20 steps; a model of one layer.</summary>
    public Recipe Recipe => Data.Recipe with
    {
        Data = Data.Recipe.Data with { Validation = "", Tests = new SortedDictionary<string, string>(StringComparer.Ordinal) },
        Optimization = Data.Recipe.Optimization with { Steps = Steps, MicroBatches = 4, MicroBatchSize = 2 },
        Model = Data.Recipe.Model with { VisionLayers = 1, TextLayers = 1 },
        Run = Data.Recipe.Run with { SnapshotEvery = 20, EvaluateEvery = 0 },
    };

    /// <inheritdoc/>
    public async ValueTask InitializeAsync()
    {
        using var seen = new RecordingObserver();
        var result = await TrainingRun.ExecuteAsync(Data.Options("undisturbed", Recipe), seen, seen.Stop);
        Fingerprint = result.Fingerprint ?? throw new InvalidOperationException(result.Error);
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync()
    {
        Data.Dispose();
        return ValueTask.CompletedTask;
    }
}
