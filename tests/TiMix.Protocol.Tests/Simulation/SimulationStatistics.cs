namespace TiMix.Protocol.Tests.Simulation;

/// <summary>What a simulation counts.</summary>
internal sealed class SimulationStatistics
{
    /// <summary>Views proposed.</summary>
    public int Views { get; set; }

    /// <summary>Steps applied, by all trainers together.</summary>
    public int StepsApplied { get; set; }

    /// <summary>The furthest step that anybody has applied.</summary>
    public long Furthest { get; set; }

    /// <summary>Steps whose sums trainers made their state from before they joined.</summary>
    public int StepsFollowed { get; set; }

    /// <summary>Views that began without anybody standing still.</summary>
    public int ViewsGoneOverTo { get; set; }

    /// <summary>Steps that were applied in one generation and again in a later one.</summary>
    public int StepsRepeated { get; set; }

    /// <summary>Orders that coordinators gave to trainers.</summary>
    public int Orders { get; set; }

    /// <summary>Frames of another generation that were dropped.</summary>
    public int FencedFrames { get; set; }

    /// <summary>Trainers that broke off instead of stopping.</summary>
    public int Aborts { get; set; }

    /// <summary>Batches of events that the journal refused.</summary>
    public int Refused { get; set; }

    /// <summary>Snapshots deleted.</summary>
    public int Deleted { get; set; }

    /// <summary>Times that a state was found damaged where it was looked at.</summary>
    public int Damaged { get; set; }

    /// <summary>Snapshots that were written.</summary>
    public int Written { get; set; }

    /// <summary>Snapshots that could not be written.</summary>
    public int Unwritten { get; set; }

    /// <summary>Steps that could not be written into a trainer's audit at once.</summary>
    public int Unaudited { get; set; }

    /// <summary>Times that metrics or an evaluation could not be written.</summary>
    public int Unrecorded { get; set; }

    /// <summary>Steps that are missing in the metrics.</summary>
    public int Gaps { get; set; }

    /// <summary>Counts those of another simulation as well.</summary>
    public void Add(SimulationStatistics other)
    {
        Views += other.Views;
        StepsApplied += other.StepsApplied;
        StepsFollowed += other.StepsFollowed;
        ViewsGoneOverTo += other.ViewsGoneOverTo;
        StepsRepeated += other.StepsRepeated;
        Orders += other.Orders;
        FencedFrames += other.FencedFrames;
        Aborts += other.Aborts;
        Refused += other.Refused;
        Deleted += other.Deleted;
        Damaged += other.Damaged;
        Unwritten += other.Unwritten;
        Unaudited += other.Unaudited;
        Gaps += other.Gaps;
    }

    /// <inheritdoc/>
    public override string ToString() =>
        $"{Views} views, {ViewsGoneOverTo} begun without standing still, {StepsFollowed} steps followed, "
        + $"{StepsApplied} steps applied, {StepsRepeated} of them again, {Aborts} broken off, {FencedFrames} frames of other generations dropped, "
        + $"{Refused} writes refused by the journal, {Deleted} snapshots deleted, {Unwritten} not written, {Unaudited} steps not in the audit at once, "
        + $"{Damaged} damaged states found, {Gaps} steps missing in the metrics";
}
