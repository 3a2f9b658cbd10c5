using TiMix.Protocol.Messages;

namespace TiMix.Protocol.Coordination;

/// <summary>What the coordinator wants done, besides <see cref="Send"/>.</summary>
public static class CoordinatorEffects
{
    /// <summary>
    /// Write these into the journal, all or none. The last effect of its list; until <see cref="CoordinatorInputs.Journaled"/> or
    /// <see cref="CoordinatorInputs.JournalRefused"/> is heard, whatever else is heard waits.
    /// </summary>
    public sealed record Journal(IReadOnlyList<CoordinatorEvents.IEvent> Events) : IEffect;

    /// <summary>Say <see cref="CoordinatorInputs.Gone"/> when this actor has ended or is out of reach.</summary>
    public sealed record Watch(string Address) : IEffect;

    /// <summary>Tell the monitor, which keeps the run's files and passes it on to whoever looks on.</summary>
    /// <param name="Message">Of <see cref="MonitorMessages"/>.</param>
    /// <param name="Lookers">Addresses.</param>
    public sealed record Publish(ITiMixMessage Message, IReadOnlyList<string> Lookers) : IEffect;

    /// <summary>Give the monitor the report of a step; it answers both its sender and the coordinator with <see cref="MonitorMessages.Recorded"/>.</summary>
    /// <param name="From">The trainer's address.</param>
    /// <param name="Step">The report.</param>
    public sealed record RecordStep(string From, MonitorMessages.StepApplied Step) : IEffect;

    /// <summary>
    /// Look which snapshots of a recipe the run's directory holds, and answer with <see cref="CoordinatorInputs.SnapshotsFound"/>;
    /// whatever else is heard waits.
    /// </summary>
    /// <param name="Recipe">Canonical text.</param>
    public sealed record FindSnapshots(string Recipe) : IEffect;

    /// <summary>
    /// Look whether the run's directory holds a snapshot, as this machine sees it, and answer with <see cref="CoordinatorInputs.SnapshotLooked"/>.
    /// </summary>
    /// <param name="Directory">Name below the run's snapshots.</param>
    public sealed record LookForSnapshot(string Directory) : IEffect;

    /// <summary>Delete the files of snapshots that count no more; one that does not go stays until the next <see cref="PruneSnapshots"/>.</summary>
    /// <param name="Directories">Names below the run's snapshots.</param>
    public sealed record DeleteDiscarded(IReadOnlyList<string> Directories) : IEffect;

    /// <summary>Delete what a crash left unfinished and every snapshot but these; nobody writes one now.</summary>
    /// <param name="Keep">Names below the run's snapshots.</param>
    public sealed record PruneSnapshots(IReadOnlySet<string> Keep) : IEffect;

    /// <summary>The journal knows that the run has begun, or goes on: a coordinator that is started anew in this process takes up what is going on.</summary>
    public sealed record NoteBegun : IEffect;

    /// <summary>End: this coordinator does nothing more.</summary>
    public sealed record StepDown : IEffect;
}
