namespace TiMix.Protocol.Tests.Simulation;

/// <summary>Points of the protocol where a fault can strike.</summary>
internal enum Point
{
    /// <summary>A trainer has sent its first gather frame of a step.</summary>
    Gathering,

    /// <summary>A trainer has all gather frames.</summary>
    Gathered,

    /// <summary>A trainer has computed its gradients and has not looked yet whether its weights are whole.</summary>
    Computed,

    /// <summary>A trainer has sent its first reduce frame of a step.</summary>
    Reducing,

    /// <summary>A trainer has all reduce frames and is about to apply the step.</summary>
    Applying,

    /// <summary>A trainer has applied a step.</summary>
    Applied,

    /// <summary>A trainer has begun to prepare a view.</summary>
    Preparing,

    /// <summary>A trainer copies the state of another.</summary>
    Copying,

    /// <summary>A trainer is about to give its state to another.</summary>
    Giving,

    /// <summary>A trainer has the state of a view.</summary>
    Obtained,

    /// <summary>A trainer has links and state.</summary>
    Ready,

    /// <summary>A trainer has been told to begin.</summary>
    Begun,

    /// <summary>A trainer that is to join has done what a step did.</summary>
    Followed,

    /// <summary>A trainer has gone over to a view that was prepared ahead.</summary>
    GoneOver,

    /// <summary>A trainer has been told to stop after its step.</summary>
    Stopping,

    /// <summary>A trainer hashes the state that it holds still with.</summary>
    Hashing,

    /// <summary>A trainer has stopped or broken off.</summary>
    Quiet,

    /// <summary>A trainer is about to copy its state for a snapshot.</summary>
    Capturing,

    /// <summary>A trainer writes a snapshot.</summary>
    Saving,

    /// <summary>A snapshot is complete.</summary>
    Saved,

    /// <summary>A trainer gives a version of the teacher to a mixer.</summary>
    Publishing,

    /// <summary>A mixer has mixed a micro-batch.</summary>
    Mixed,

    /// <summary>A loader has loaded a micro-batch.</summary>
    Loaded,

    /// <summary>An evaluator has begun.</summary>
    Evaluating,

    /// <summary>The coordinator writes events.</summary>
    Persisting,

    /// <summary>A proposal is in the journal, and nobody knows it.</summary>
    Proposed,

    /// <summary>An installation is in the journal, and nobody knows it.</summary>
    Installed,
}
