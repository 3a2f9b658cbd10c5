using TiMix.Protocol.Faults;
using TiMix.Protocol.Messages;
using TiMix.Protocol.Notices;
using TiMix.Protocol.Values;

namespace TiMix.Protocol.Launching;

/// <summary>What a launcher wants done.</summary>
public static class LauncherEffects
{
    /// <summary>Start a node's process. <paramref name="Begin"/>: the run has not begun yet; a coordinator begins it, or goes on with it.</summary>
    public sealed record Start(NodePlan Node, bool Begin) : IEffect;

    /// <summary>End it at once.</summary>
    public sealed record Kill(string Node) : IEffect;

    /// <summary>Ask it to leave after the current step.</summary>
    public sealed record AskToLeave(string Node) : IEffect;

    /// <summary>Let it stand still.</summary>
    public sealed record Halt(string Node) : IEffect;

    /// <summary>Let it go on.</summary>
    public sealed record GoOn(string Node) : IEffect;

    /// <summary>Cut its links off for a while.</summary>
    public sealed record CutOff(string Node, TimeSpan Duration) : IEffect;

    /// <summary>Flip a bit of its parameters.</summary>
    public sealed record FlipBit(string Node) : IEffect;

    /// <summary>Have its trainer do wrong from now on, by the word of the fault.</summary>
    public sealed record TurnBad(string Node, FaultKind How) : IEffect;

    /// <summary>Tell the coordinator that its process has died.</summary>
    public sealed record TellLost(string Node) : IEffect;

    /// <summary>Tell the coordinator that the run is to stop.</summary>
    public sealed record AskToStop : IEffect
    {
        /// <summary>The one there is.</summary>
        public static readonly AskToStop Instance = new();
    }

    /// <summary>Write an injected fault down.</summary>
    /// <param name="Fault">As it was wanted.</param>
    /// <param name="Node">The node that is hit, or comes.</param>
    /// <param name="Step">Steps applied, as last reported.</param>
    public sealed record WriteDown(Fault Fault, string Node, long Step) : IEffect;

    /// <summary>Let the user know.</summary>
    public sealed record Say(Notice Notice) : IEffect;

    /// <summary>Let the user know what the run is at.</summary>
    public sealed record Enter(RunPhase Phase) : IEffect;

    /// <summary>Answer a wish of the user's.</summary>
    public sealed record Answer(long Request, LauncherAnswer What) : IEffect;

    /// <summary>End the run: it cannot be kept alive.</summary>
    public sealed record GiveUp(LauncherFailure Why) : IEffect;
}
