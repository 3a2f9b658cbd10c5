using Akka.Actor;
using TiMix.Base;
using TiMix.Learning.Runtime;

namespace TiMix.Actors.Training;

/// <summary>What follows when a trainer's work fails: its supervisor starts it anew, but for want of memory, of which there would be no more then.</summary>
internal static class TrainerFailure
{
    /// <summary>Local to the node: it is of no use any more, and why.</summary>
    public sealed record HasNoMemory(string Why) : INoSerializationVerificationNeeded;

    /// <summary>What the trainer is to throw.</summary>
    /// <param name="system">Whose node hears of it if memory has run out.</param>
    /// <param name="node">The node's name.</param>
    /// <param name="step">Steps applied.</param>
    /// <param name="cause">Why.</param>
    public static InvalidOperationException Of(ActorSystem system, string node, long step, Exception cause)
    {
        if (MemoryShortage.Is(cause))
        {
            system.EventStream.Publish(new HasNoMemory(
                $"{node} has no memory left after step {step}: {OneLine.Of(cause.Message).TrimEnd('.')}. {MemoryShortage.Advice}."));
        }

        return new InvalidOperationException($"The trainer failed after step {step}: {cause.Message}", cause);
    }
}
