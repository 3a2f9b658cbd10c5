using Akka;
using Akka.Actor;

namespace TiMix.Actors.Nodes;

/// <summary>
/// Akka shuts a system down when somebody whom it calls does not have the key, or dies in the middle of the handshake: a member
/// would die of a stranger on a dead peer's port. That shutdown waits until the node leaves, or is put out.
/// </summary>
internal static class StayUp
{
    /// <summary>Of Akka, whose type is not to be had.</summary>
    internal const string Reason = "TlsHandshakeFailureReason";

    /// <param name="leaves">Completed when the node leaves, or is put out.</param>
    /// <param name="system">Its system.</param>
    public static void Until(Task<Done> leaves, ActorSystem system)
    {
        var shutdown = CoordinatedShutdown.Get(system);
        shutdown.AddTask(
            CoordinatedShutdown.PhaseBeforeServiceUnbind, "stay-up",
            () => shutdown.ShutdownReason?.GetType().Name == Reason ? leaves : Task.FromResult(Done.Instance));
    }
}
