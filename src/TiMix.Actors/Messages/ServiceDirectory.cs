using Akka.Actor;
using TiMix.Protocol.Messages;

namespace TiMix.Actors.Messages;

/// <summary>Who is there to be asked, as the coordinator last said. A role that it knows nobody of keeps those known before.</summary>
public sealed class ServiceDirectory
{
    private readonly ExtendedActorSystem _system;
    private IReadOnlyList<IActorRef> _loaders = [];
    private IReadOnlyList<IActorRef> _mixers = [];
    private Dictionary<string, IActorRef> _trainers = new(StringComparer.Ordinal);

    /// <param name="system">Resolves paths.</param>
    public ServiceDirectory(ActorSystem system) => _system = (ExtendedActorSystem)system;

    /// <summary>All mixers.</summary>
    public IReadOnlyList<IActorRef> Mixers => _mixers;

    /// <summary>The coordinator has said who is there.</summary>
    /// <returns>Whether loaders or mixers changed.</returns>
    public bool Update(NodeMessages.Roster roster)
    {
        var (loaders, mixers) = (_loaders, _mixers);
        _loaders = roster.Loaders.Count > 0 ? [.. roster.Loaders.Select(Resolve)] : _loaders;
        _mixers = roster.Mixers.Count > 0 ? [.. roster.Mixers.Select(Resolve)] : _mixers;
        _trainers = roster.Trainers.ToDictionary(pair => pair.Key, pair => Resolve(pair.Value), StringComparer.Ordinal);
        return !loaders.SequenceEqual(_loaders) || !mixers.SequenceEqual(_mixers);
    }

    /// <summary>The loader to ask for a micro-batch, another one at each attempt; null: nobody is known.</summary>
    public IActorRef? Loader(long step, int microBatch, int attempt) => Choose(_loaders, step, microBatch, attempt);

    /// <summary>The mixer to ask for a micro-batch, another one at each attempt; null: nobody is known.</summary>
    public IActorRef? Mixer(long step, int microBatch, int attempt) => Choose(_mixers, step, microBatch, attempt);

    /// <summary>A trainer by its id; null: not known.</summary>
    public IActorRef? Trainer(string id) => _trainers.GetValueOrDefault(id);

    private static IActorRef? Choose(IReadOnlyList<IActorRef> all, long step, int microBatch, int attempt) =>
        all.Count == 0 ? null : all[(int)((step + microBatch + attempt) % all.Count)];

    private IActorRef Resolve(string path) => _system.Provider.ResolveActorRef(path);
}
