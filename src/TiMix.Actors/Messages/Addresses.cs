using Akka.Actor;
using Akka.Serialization;

namespace TiMix.Actors.Messages;

/// <summary>Actors as the cores know them: by serialized paths, which mean the same on every node.</summary>
/// <param name="system">Of this node.</param>
internal sealed class Addresses(ActorSystem system)
{
    private readonly IActorRefProvider _provider = ((ExtendedActorSystem)system).Provider;

    /// <summary>The address of an actor; to be called on an actor's thread.</summary>
    public static string Of(IActorRef actor) => Serialization.SerializedActorPath(actor);

    /// <summary>The actor with an address; whatever is sent to one that is gone is lost.</summary>
    public IActorRef Find(string address) => _provider.ResolveActorRef(address);
}
