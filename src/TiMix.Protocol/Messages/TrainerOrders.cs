using TiMix.Protocol.Values;

namespace TiMix.Protocol.Messages;

/// <summary>
/// What the coordinator orders of a trainer. Each is repeated until the trainer's status shows that it was followed; one that
/// comes twice, late, or for a view that is over does nothing.
/// </summary>
public static class TrainerOrders
{
    /// <summary>Marks an order.</summary>
    public interface IOrder : ITiMixMessage;

    /// <summary>Link to the peers of a view and come by its state.</summary>
    public sealed record Prepare(View View, StateSource Source, long Lineage) : IOrder;

    /// <summary>The view holds: train. <paramref name="Committed"/> is the step of the newest snapshot that counts; -1: none.</summary>
    public sealed record Begin(long Generation, long Committed) : IOrder;

    /// <summary>
    /// The same beside what you do: a trainer of the view that trains goes on meanwhile, one that is in none copies the state and follows.
    /// </summary>
    public sealed record PrepareAhead(View View, StateSource Source, long Lineage) : IOrder;

    /// <summary>Say in the next gather that after this step the view of generation <paramref name="Next"/> begins.</summary>
    public sealed record SwitchAfterStep(long Generation, long Next) : IOrder;

    /// <summary>The view that was to be prepared ahead does not come about.</summary>
    public sealed record Withdraw(long Generation) : IOrder;

    /// <summary>Say in the next gather that this step is the last of the view.</summary>
    public sealed record StopAfterStep(long Generation) : IOrder;

    /// <summary>Break off everything of this and older views, and hold still.</summary>
    public sealed record Halt(long Generation) : IOrder;

    /// <summary>Write a snapshot of the state you hold still with, or that of the last step.</summary>
    public sealed record TakeSnapshot(long Step) : IOrder;

    /// <summary>
    /// Write a snapshot of the first step from <paramref name="From"/> on that you complete as the view's first trainer. Once: the same order again
    /// does nothing.
    /// </summary>
    public sealed record SnapshotFrom(long From) : IOrder;

    /// <summary>You are not needed any more: leave.</summary>
    public sealed record Release : IOrder;

    /// <summary>
    /// The trainer of this id is put out: its process is to end, whatever hangs in it. <paramref name="ForGood"/>: no trainer of its node is taken
    /// in again.
    /// </summary>
    public sealed record PutOut(string Trainer, LossReason Reason, bool ForGood) : IOrder;
}

/// <summary>An order and whom it is for.</summary>
public sealed record Addressed(string Trainer, TrainerOrders.IOrder Order);
