namespace TiMix.Protocol.Values;

/// <summary>Where a trainer stands.</summary>
public enum TrainerPhase
{
    /// <summary>Has no state and belongs to no view.</summary>
    Idle,

    /// <summary>Links to its peers and comes by the state of a proposed view.</summary>
    Preparing,

    /// <summary>Has links and state; waits for the view to begin.</summary>
    Ready,

    /// <summary>Trains.</summary>
    Running,

    /// <summary>Has ended its part in a view after a whole step, as all of its peers do.</summary>
    Stopped,

    /// <summary>Has broken off; what it had not applied has changed nothing.</summary>
    Aborted,

    /// <summary>Is in no view yet: has links to those of the next one, and does after them what they do to the state.</summary>
    Following,
}
