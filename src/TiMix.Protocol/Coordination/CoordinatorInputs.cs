using TiMix.Protocol.Messages;

namespace TiMix.Protocol.Coordination;

/// <summary>What the coordinator is told besides messages and time: above all what came of its <see cref="CoordinatorEffects"/>.</summary>
public static class CoordinatorInputs
{
    /// <summary>All of the journal has been replayed; first of all inputs.</summary>
    public sealed record Recovered : IInput;

    /// <summary>The events of the last <see cref="CoordinatorEffects.Journal"/> are safe, all of them.</summary>
    public sealed record Journaled : IInput;

    /// <summary>They are not, and nothing ever will be by this coordinator: another one has taken over, or the journal is out of reach.</summary>
    /// <param name="Reason">For the user.</param>
    public sealed record JournalRefused(string Reason) : IInput;

    /// <summary>What <see cref="CoordinatorEffects.FindSnapshots"/> found.</summary>
    /// <param name="Snapshots">Oldest first.</param>
    public sealed record SnapshotsFound(IReadOnlyList<FoundSnapshot> Snapshots) : IInput;

    /// <summary>What <see cref="CoordinatorEffects.LookForSnapshot"/> found.</summary>
    /// <param name="Directory">Name below the run's snapshots.</param>
    /// <param name="Fingerprint">Of its parameters; null: there is none, or it cannot be read.</param>
    public sealed record SnapshotLooked(string Directory, string? Fingerprint) : IInput;

    /// <summary>The evaluation of a step stands in the run's files.</summary>
    public sealed record EvaluationKept(long Step) : IInput;

    /// <summary>The run's files cannot be written.</summary>
    /// <param name="Reason">For the user.</param>
    public sealed record RecordsNotWritten(string Reason) : IInput;

    /// <summary>Somebody who was <see cref="CoordinatorEffects.Watch">watched</see> lives no more.</summary>
    /// <param name="Address">Whose.</param>
    public sealed record Gone(string Address) : IInput;
}

/// <summary>A snapshot that is in the run's directory, whatever the journal says.</summary>
/// <param name="Step">Steps applied.</param>
/// <param name="Directory">Name below the run's snapshots.</param>
/// <param name="Fingerprint">Of the parameters.</param>
public sealed record FoundSnapshot(long Step, string Directory, string Fingerprint);
