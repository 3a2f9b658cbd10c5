using TiMix.Protocol.Messages;
using TiMix.Protocol.Values;

namespace TiMix.Protocol.Training;

/// <summary>What comes out.</summary>
public sealed partial class TrainerProtocol
{
    /// <summary>Something to do.</summary>
    public abstract record Effect;

    /// <summary>Tell the coordinator where this trainer stands.</summary>
    public sealed record Report : Effect;

    /// <summary>Link to the peers of the view.</summary>
    public sealed record Link(View View) : Effect;

    /// <summary>
    /// Come by the state and hash it, on the compute thread; answered by <see cref="StateReady"/> or <see cref="StateFailed"/>. One that is
    /// kept is hashed again: it may have been damaged since.
    /// </summary>
    public sealed record Obtain(long Generation, long Step, StateSource Source, long Lineage) : Effect;

    /// <summary>Compute the next step with the view's peers, on the compute thread; answered by <see cref="Applied"/> or <see cref="BrokeOff"/>.</summary>
    public sealed record Compute(View View, long Step) : Effect;

    /// <summary>Hash the whole state, on the compute thread; answered by <see cref="Hashed"/>.</summary>
    public sealed record HashState : Effect;

    /// <summary>Break the view's links, which also ends a step that waits for them.</summary>
    public sealed record Unlink(long Generation) : Effect;

    /// <summary>
    /// Write a snapshot of the state. The order behind it is repeated until the journal has it: a snapshot of this step that is
    /// being written is not begun again, and one that is complete is reported again.
    /// </summary>
    public sealed record Save(long Step) : Effect;

    /// <summary>End this trainer.</summary>
    public sealed record Leave : Effect;

    /// <summary>Link to the peers of a view beside those of the view that trains; answered by <see cref="Linked"/>.</summary>
    public sealed record LinkAhead(View View) : Effect;

    /// <summary>Break those links off again.</summary>
    public sealed record UnlinkAhead : Effect;

    /// <summary>From the next step on <paramref name="View"/> is computed in, over the links that were made ahead; those before are broken off.</summary>
    public sealed record GoOver(View View) : Effect;

    /// <summary>
    /// Copy the state of a trainer of the view that trains, and do after it what its steps do to it, until the view begins; answered by
    /// <see cref="HasCopied"/>, <see cref="HasFollowed"/> or <see cref="StateFailed"/>.
    /// </summary>
    public sealed record Follow(View View, StateSource Source, long Lineage) : Effect;

    /// <summary>Who follows has all that the view begins with.</summary>
    public sealed record CatchUp(View View) : Effect;
}
