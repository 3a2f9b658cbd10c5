namespace TiMix.Actors.Coordination;

/// <summary>
/// What a process was started for, as far as its coordinator is concerned. It outlives the actor: one that is started anew in
/// the same process does not begin the run a second time.
/// </summary>
/// <param name="begin">The run to begin or to go on with; null: whatever runs goes on.</param>
public sealed class CoordinatorAssignment(CoordinatorCommands.BeginRun? begin)
{
    private readonly TaskCompletionSource<string> _failed = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private bool _read;

    /// <summary>What is still to be begun.</summary>
    public CoordinatorCommands.BeginRun? Begin { get; private set; } = begin;

    /// <summary>Completed with the reason when the coordinator can never work here.</summary>
    public Task<string> Failed => _failed.Task;

    /// <summary>The journal knows of the beginning.</summary>
    public void Begun() => Begin = null;

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
}
