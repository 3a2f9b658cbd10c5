namespace TiMix.Protocol.Tests.Simulation;

/// <summary>What can happen to a run.</summary>
internal enum FaultKind
{
    /// <summary>A process dies; its node may start another.</summary>
    Kill,

    /// <summary>A process is stopped (SIGSTOP) and goes on after the duration.</summary>
    Hang,

    /// <summary>A trainer is asked to leave.</summary>
    Drain,

    /// <summary>A new trainer joins.</summary>
    Join,

    /// <summary>The coordinator's process dies.</summary>
    KillCoordinator,

    /// <summary>The coordinator's process is stopped for the duration: another one may take over, and this one comes back as a zombie.</summary>
    HangCoordinator,

    /// <summary>The journal is out of reach for the duration.</summary>
    LoseJournal,

    /// <summary>A mixer's process dies.</summary>
    KillMixer,

    /// <summary>A loader's process dies.</summary>
    KillLoader,

    /// <summary>The evaluator's process dies.</summary>
    KillEvaluator,

    /// <summary>A trainer and the coordinator do not hear each other for the duration.</summary>
    CutFromCoordinator,

    /// <summary>Two trainers do not hear each other for the duration.</summary>
    CutFromPeer,

    /// <summary>A trainer hears nobody for the duration, and nobody hears it.</summary>
    CutFromAll,

    /// <summary>Everybody dies; after the duration the user resumes with other nodes.</summary>
    KillAll,

    /// <summary>The user stops the run, and resumes it when it has ended.</summary>
    Stop,

    /// <summary>The user has everybody hold still, and go on after the duration.</summary>
    Pause,

    /// <summary>The user wants a snapshot although none is due.</summary>
    WantSnapshot,

    /// <summary>A trainer is told to hear nothing and say nothing for the duration (fault injection of its own).</summary>
    Deafen,

    /// <summary>A trainer is told to flip a bit of its state before its next step (fault injection of its own).</summary>
    FlipOnOrder,

    /// <summary>A bit of a trainer's state changes between two uses.</summary>
    FlipAtRest,

    /// <summary>A trainer's next step, if its view has others to compare with, gives other bits than theirs.</summary>
    FlipAtApply,

    /// <summary>The next state that a trainer copies from another arrives with other bits.</summary>
    CorruptCopy,

    /// <summary>The newest snapshot rots on disk.</summary>
    DamageSnapshot,

    /// <summary>Nothing can be written to disk for the duration.</summary>
    FillDisk,

    /// <summary>The next evaluation fails.</summary>
    FailEvaluation,

    /// <summary>No trainer can write its audit for the duration.</summary>
    FillAudit,

    /// <summary>Metrics and evaluations cannot be written for the duration.</summary>
    FillRecords,

    /// <summary>A trainer's machine turns bad; see <see cref="SimulatedLie"/>. The first one alone.</summary>
    Lie,
}

/// <summary>One thing that happens.</summary>
/// <param name="Kind">What.</param>
/// <param name="At">Milliseconds after the beginning; not used with a point.</param>
/// <param name="Point">When something named reaches this point …</param>
/// <param name="Occurrence">… for so many times.</param>
/// <param name="Target">Counts through the trainers alive; -1: the one at the point, or any.</param>
/// <param name="Duration">Milliseconds, where it lasts.</param>
/// <param name="Lie">What a <see cref="FaultKind.Lie"/> does wrong.</param>
internal sealed record Fault(FaultKind Kind, int At = 0, Point? Point = null, int Occurrence = 1, int Target = -1, int Duration = 1000,
    SimulatedLie Lie = SimulatedLie.Features);
