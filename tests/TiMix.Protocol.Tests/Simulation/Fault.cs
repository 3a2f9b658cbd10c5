using TiMix.Protocol.Faults;

namespace TiMix.Protocol.Tests.Simulation;

/// <summary>What can happen to a run.</summary>
internal enum FaultKind
{
    /// <summary>A trainer's process dies; its node may start another.</summary>
    Kill,

    /// <summary>A trainer is stopped (SIGSTOP) and goes on after the duration.</summary>
    Hang,

    /// <summary>A trainer is asked to leave.</summary>
    Drain,

    /// <summary>A new node joins.</summary>
    Join,

    /// <summary>The coordinator dies and starts anew after the duration.</summary>
    CoordinatorCrash,

    /// <summary>A trainer and the coordinator do not hear each other for the duration.</summary>
    CutFromCoordinator,

    /// <summary>Two trainers do not hear each other for the duration.</summary>
    CutFromPeer,

    /// <summary>Everybody dies; after the duration the user resumes with other nodes.</summary>
    KillAll,

    /// <summary>The user pauses, and resumes after the duration.</summary>
    Pause,

    /// <summary>The user has everybody hold still, and go on after the duration.</summary>
    Hold,

    /// <summary>The user wants a snapshot although none is due.</summary>
    WantSnapshot,

    /// <summary>A bit of a trainer's state changes between two uses.</summary>
    FlipAtRest,

    /// <summary>A trainer's next step, if its view has others to compare with, gives other bits than theirs.</summary>
    FlipAtApply,

    /// <summary>The next state that a trainer copies from another arrives with other bits.</summary>
    CorruptCopy,

    /// <summary>The newest snapshot rots on disk.</summary>
    DamageSnapshot,
}

/// <summary>One thing that happens.</summary>
/// <param name="Kind">What.</param>
/// <param name="At">Milliseconds after the beginning; not used with a point.</param>
/// <param name="Point">When something named reaches this point …</param>
/// <param name="Occurrence">… for so many times.</param>
/// <param name="Target">Counts through the trainers alive; -1: the one at the point, or any.</param>
/// <param name="Duration">Milliseconds, where it lasts.</param>
internal sealed record Fault(FaultKind Kind, int At = 0, Point? Point = null, int Occurrence = 1, int Target = -1, int Duration = 1000);

/// <summary>Points of the protocol where a fault can strike.</summary>
internal enum Point
{
    /// <summary>A trainer has sent its first gather frame of a step.</summary>
    Gathering,

    /// <summary>A trainer has all gather frames.</summary>
    Gathered,

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

    /// <summary>A trainer has the state of a view.</summary>
    Obtained,

    /// <summary>A trainer has links and state.</summary>
    Ready,

    /// <summary>A trainer has been told to begin.</summary>
    Begun,

    /// <summary>A trainer has been told to stop after its step.</summary>
    Stopping,

    /// <summary>A trainer hashes the state that it holds still with.</summary>
    Hashing,

    /// <summary>A trainer has stopped or broken off.</summary>
    Quiet,

    /// <summary>A trainer writes a snapshot.</summary>
    Saving,

    /// <summary>A snapshot is complete.</summary>
    Saved,

    /// <summary>The coordinator writes events.</summary>
    Persisting,

    /// <summary>A proposal is in the journal, and nobody knows it.</summary>
    Proposed,

    /// <summary>An installation is in the journal, and nobody knows it.</summary>
    Installed,
}
