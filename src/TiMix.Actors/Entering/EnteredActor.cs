using Akka.Actor;

namespace TiMix.Actors.Entering;

/// <summary>An actor that other nodes may speak to: what it hears has passed the <see cref="Entrance"/>.</summary>
public abstract class EnteredActor : ReceiveActor
{
    private readonly ActorKind _kind;

    private protected EnteredActor(ActorKind kind) => _kind = kind;

    /// <inheritdoc/>
    protected sealed override bool AroundReceive(Receive receive, object message) =>
        !Entrance.Admits(Context, _kind, message) || base.AroundReceive(receive, message);
}
