using TiMix.Protocol.Messages;
using TiMix.Protocol.Notices;

namespace TiMix.Protocol.Coordination;

/// <summary>What a coordinator's guard wants done.</summary>
public static class GuardEffects
{
    /// <summary>Take the term over from whoever had it, unless that one lives and belongs to another cluster.</summary>
    public sealed record TakeTerm : IEffect
    {
        /// <summary>The one there is.</summary>
        public static readonly TakeTerm Instance = new();
    }

    /// <summary>Look whether the term still is this coordinator's.</summary>
    public sealed record ConfirmTerm : IEffect
    {
        /// <summary>The one there is.</summary>
        public static readonly ConfirmTerm Instance = new();
    }

    /// <summary>Let a coordinator work: it reads the journal and goes on from there.</summary>
    public sealed record StartCoordinator : IEffect
    {
        /// <summary>The one there is.</summary>
        public static readonly StartCoordinator Instance = new();
    }

    /// <summary>End the coordinator, if it works, and this node: <paramref name="Node"/> has replaced it.</summary>
    public sealed record StepDown(string Node) : IEffect;

    /// <summary>Let the user of this node know.</summary>
    public sealed record Say(Notice Notice) : IEffect;
}

/// <summary>What a coordinator's guard hears.</summary>
public static class GuardInputs
{
    /// <summary>The term is this coordinator's.</summary>
    public sealed record TermHeld : IInput;

    /// <summary>The term is another one's.</summary>
    public sealed record TermHeldBy(string Node) : IInput;

    /// <summary>Nobody can be asked about the term.</summary>
    public sealed record JournalUnreachable(string Why) : IInput;

    /// <summary>The coordinator has stopped: it could not write its journal, or failed.</summary>
    public sealed record CoordinatorStopped : IInput;
}
