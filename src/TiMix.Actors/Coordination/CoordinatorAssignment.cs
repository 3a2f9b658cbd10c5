using TiMix.Actors.Journals;
using TiMix.Base;
using TiMix.Protocol.Coordination;

namespace TiMix.Actors.Coordination;

/// <summary>
/// What a process was started for, as far as its coordinator is concerned. It outlives the actor: one that is started anew in
/// the same process does not go on with the run a second time.
/// </summary>
/// <param name="journal">The run's own journal, where it is a file of its own; null: it is a database's, which is waited for.</param>
/// <param name="goOn">Whether a run that the journal knows is gone on with, since nothing of it is alive. Otherwise what is going on is taken up.</param>
public sealed class CoordinatorAssignment(bool goOn, string? journal = null)
{
    private readonly TaskCompletionSource<string> _failed = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private volatile bool _leads;
    private bool _read;

    /// <summary>Completed with the reason when the coordinator can never work here.</summary>
    public Task<string> Failed => _failed.Task;

    /// <summary>Whether the cluster's coordinator is in this process.</summary>
    public bool Leads
    {
        get => _leads;
        set => _leads = value;
    }

    /// <summary>Whether it is still to be gone on with.</summary>
    public bool GoOn { get; private set; } = goOn;

    /// <summary>The journal knows that the run has begun or goes on.</summary>
    public void Begun() => GoOn = false;

    /// <summary>The journal could be read: if it cannot be later, that will pass.</summary>
    public void JournalRead() => _read = true;

    /// <summary>The journal could not be read.</summary>
    public void JournalUnreadable(string reason)
    {
        if (!_read)
        {
            _failed.TrySetResult($"the journal cannot be read: {reason}");
        }
    }

    /// <summary>
    /// The journal refuses an event. A database comes back, or somebody else has taken over; a file whose disk is full does not take the
    /// next one either, and a run that nothing can be written down of must not seem to go on.
    /// </summary>
    /// <returns>What the coordinator's core is to be told.</returns>
    public CoordinatorInputs.JournalRefused JournalRefuses(Exception cause)
    {
        if (journal is not null && SqliteJournal.IsOfTheDisk(cause))
        {
            _failed.TrySetResult(
                $"the run's journal {journal} could not be written: {OneLine.Of(cause.GetBaseException().Message)} Its disk is full, or fails.");
        }

        return new CoordinatorInputs.JournalRefused(cause.Message);
    }

    /// <summary>An actor that belongs to the coordinator is gone for good.</summary>
    public void Gone(string actor) => _failed.TrySetResult(WordOfGone(actor));

    /// <summary>What is said of a node one of whose actors is gone for good.</summary>
    internal static string WordOfGone(string actor) =>
        $"this node's {actor} is gone and cannot be had back without a new process; its log says what came before";

    /// <summary>Another coordinator has taken over while this one was away.</summary>
    public void Replaced(string node) =>
        _failed.TrySetResult($"this coordinator was away and has been replaced by {node}; start the node again and it stands by");
}
