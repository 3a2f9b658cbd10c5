using TiMix.Protocol.Messages;
using TiMix.Protocol.Values;

namespace TiMix.Protocol.Serving;

/// <summary>
/// What a loader decides: each micro-batch that is asked for is loaded once, in the order of the requests, and given to whoever
/// asked last. It remembers nothing that it has answered: any loader gives the same bytes.
/// </summary>
public sealed class LoaderCore
{
    private readonly Dictionary<MicroBatchKey, string> _askers = [];

    /// <summary>Decides what follows from an input.</summary>
    /// <param name="input">What has happened.</param>
    /// <param name="now">Milliseconds of any one clock.</param>
    public IReadOnlyList<IEffect> Handle(IInput input, long now) => input switch
    {
        Received { From: var from, Message: LoaderMessages.Load load } => Accept(from, new MicroBatchKey(load.Step, load.MicroBatch)),
        LoaderInputs.Loaded loaded => Answer(loaded.Key, new LoaderMessages.Loaded(loaded.Key.Step, loaded.Key.MicroBatch, loaded.Samples)),
        LoaderInputs.Failed failed => Answer(failed.Key, new LoaderMessages.LoadFailed(failed.Key.Step, failed.Key.MicroBatch, failed.Reason)),
        _ => [],
    };

    private IReadOnlyList<IEffect> Accept(string asker, MicroBatchKey key)
    {
        var isNew = !_askers.ContainsKey(key);
        _askers[key] = asker;
        return isNew ? [new LoaderEffects.Load(key)] : [];
    }

    private IReadOnlyList<IEffect> Answer(MicroBatchKey key, ITiMixMessage answer) => _askers.Remove(key, out var asker) ? [new Send(asker, answer)] : [];
}

/// <summary>What a loader wants done.</summary>
public static class LoaderEffects
{
    /// <summary>Load a micro-batch after those before; answered by one of <see cref="LoaderInputs"/>.</summary>
    public sealed record Load(MicroBatchKey Key) : IEffect;
}

/// <summary>What a loader hears of its work.</summary>
public static class LoaderInputs
{
    /// <summary>The samples.</summary>
    public sealed record Loaded(MicroBatchKey Key, IContent Samples) : IInput;

    /// <summary>The data cannot give this micro-batch.</summary>
    public sealed record Failed(MicroBatchKey Key, string Reason) : IInput;
}
