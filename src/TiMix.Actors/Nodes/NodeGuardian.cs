using Akka.Actor;
using TiMix.Actors.Coordination;
using TiMix.Actors.Training;

namespace TiMix.Actors.Nodes;

/// <summary>
/// Watches the actors that nobody supervises: one that is gone for good, or has no memory, would leave a process that lives and does nothing.
/// </summary>
internal sealed class NodeGuardian : ReceiveActor
{
    private readonly Action<string> _gone;

    /// <param name="actors">Whom to watch.</param>
    /// <param name="gone">Told in a line.</param>
    public NodeGuardian(IReadOnlyList<IActorRef> actors, Action<string> gone)
    {
        _gone = gone;
        foreach (var actor in actors)
        {
            Context.Watch(actor);
        }

        Context.System.EventStream.Subscribe(Self, typeof(TrainerFailure.HasNoMemory));
        Receive<TrainerFailure.HasNoMemory>(end => _gone(end.Why));
        Receive<Terminated>(ended => Tell(ended.ActorRef.Path.Name));
    }

    /// <summary>How to make one.</summary>
    public static Props Props(IReadOnlyList<IActorRef> actors, Action<string> gone) => Akka.Actor.Props.Create(() => new NodeGuardian(actors, gone));

    /// <inheritdoc/>
    protected override void PostStop() => Tell(Self.Path.Name);

    private void Tell(string actor) => _gone(CoordinatorAssignment.WordOfGone(actor));
}
