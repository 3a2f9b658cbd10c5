namespace TiMix.Protocol.Coordination;

/// <summary>When somebody counts as lost, and how many trainers a view needs. What concerns silence follows from one lease.</summary>
public sealed record MembershipOptions
{
    /// <summary>A trainer that says nothing for so long is lost.</summary>
    public TimeSpan Lease { get; init; } = TimeSpan.FromSeconds(3);

    /// <summary>
    /// A trainer whose link a peer saw break, and that says nothing for so long afterwards, is lost. Where one is accused, its other peers get as long
    /// to see for themselves what it did, before all are told to hold still.
    /// </summary>
    public TimeSpan Grace => Lease / 4;

    /// <summary>How often a trainer speaks.</summary>
    public TimeSpan StatusInterval => Lease / 6;

    /// <summary>An order that was not followed is given again after so long.</summary>
    public TimeSpan RepeatInterval => Lease / 12;

    /// <summary>A trainer that is told to hold still and does not for so long is lost: its compute thread hangs.</summary>
    public TimeSpan HaltDeadline { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>A trainer that has no links or no state after so long is lost.</summary>
    public TimeSpan PrepareDeadline { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>And for so long no view is planned with it again, as long as there are others.</summary>
    public TimeSpan Exclusion => 10 * PrepareDeadline;

    /// <summary>A snapshot that its trainer has written and that the coordinator does not see after so long does not count; shares are slow at times.</summary>
    public TimeSpan SnapshotDeadline { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>A trainer that stands at one place of a step for so long, while others wait for it, is lost: its compute thread hangs …</summary>
    public TimeSpan StepDeadline { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>… or for so many times as long as the slowest share takes, if that is longer; …</summary>
    public double StepPatience { get; init; } = 20;

    /// <summary>… or, as long as it has not completed a step, for so long: what a process does first takes its time.</summary>
    public TimeSpan FirstStepDeadline => 5 * StepDeadline;

    /// <summary>Offences of a node that are forgiven; with the next it is put out. A part that nobody could send in good faith is never forgiven.</summary>
    public int OffencesForgiven { get; init; } = 2;

    /// <summary>Below so many trainers the run waits.</summary>
    public int MinTrainers { get; init; } = 1;

    /// <summary>So many trainers take part without a share: they have the state when another one dies, and take its micro-batches over.</summary>
    public int Spares { get; init; }

    /// <summary>With nobody who has a state, so many trainers are waited for …</summary>
    public int StartTrainers { get; init; } = 1;

    /// <summary>… for so long.</summary>
    public TimeSpan StartWait { get; init; } = TimeSpan.FromSeconds(10);
}
