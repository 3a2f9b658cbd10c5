using Akka.Actor;
using Akka.Pattern;

namespace TiMix.Actors.Nodes;

/// <summary>How the actors of a node's roles are kept alive.</summary>
internal static class NodeSupervision
{
    private static readonly TimeSpan MinBackOff = TimeSpan.FromMilliseconds(200);
    private static readonly TimeSpan MaxBackOff = TimeSpan.FromSeconds(10);
    private const int MaxRestarts = 5;

    /// <summary>Restarted with growing pauses when it fails; given up after <see cref="MaxRestarts"/> times, which the node then hears.</summary>
    public static IActorRef Start(IActorContext node, Props props, string name)
    {
        var options = Backoff.OnFailure(props, name, MinBackOff, MaxBackOff, randomFactor: 0, maxNrOfRetries: MaxRestarts)
            .WithAutoReset(TimeSpan.FromMinutes(1));
        return node.Watch(node.ActorOf(BackoffSupervisor.Props(options), name + "-supervisor"));
    }
}
