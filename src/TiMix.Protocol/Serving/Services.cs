using TiMix.Protocol.Messages;

namespace TiMix.Protocol.Serving;

/// <summary>Who is there to be asked, as the coordinator last said. A role that it knows nobody of keeps those known before.</summary>
public sealed class Services
{
    private long _generation;
    private IReadOnlyDictionary<string, string> _trainers = new Dictionary<string, string>();

    /// <summary>Addresses of all loaders.</summary>
    public IReadOnlyList<string> Loaders { get; private set; } = [];

    /// <summary>Addresses of all mixers.</summary>
    public IReadOnlyList<string> Mixers { get; private set; } = [];

    /// <summary>The coordinator has said who is there.</summary>
    /// <returns>Whether loaders or mixers changed.</returns>
    public bool Update(NodeMessages.Roster roster)
    {
        var (loaders, mixers) = (Loaders, Mixers);
        Loaders = roster.Loaders.Count > 0 ? roster.Loaders : loaders;
        Mixers = roster.Mixers.Count > 0 ? roster.Mixers : mixers;
        (_trainers, _generation) = (roster.Trainers, Math.Max(_generation, roster.Generation));
        return !loaders.SequenceEqual(Loaders) || !mixers.SequenceEqual(Mixers);
    }

    /// <summary>The loader to ask for a micro-batch, another one at each attempt; null: nobody is known.</summary>
    public string? Loader(long step, int microBatch, int attempt) => Choose(Loaders, step, microBatch, attempt);

    /// <summary>The mixer to ask for a micro-batch, another one at each attempt; null: nobody is known.</summary>
    public string? Mixer(long step, int microBatch, int attempt) => Choose(Mixers, step, microBatch, attempt);

    /// <summary>Whether a trainer of the run is at an address.</summary>
    public bool HasTrainerAt(string address) => _trainers.Values.Contains(address);

    /// <summary>Whether there can be a lineage of that number: it is the generation of a view that was proposed.</summary>
    public bool MayBeLineage(long lineage) => lineage > 0 && lineage <= _generation;

    /// <summary>A trainer by its id; null: not known.</summary>
    public string? Trainer(string id) => _trainers.GetValueOrDefault(id);

    private static string? Choose(IReadOnlyList<string> all, long step, int microBatch, int attempt) =>
        all.Count == 0 ? null : all[(int)((step + microBatch + attempt) % all.Count)];
}
