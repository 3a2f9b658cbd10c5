namespace TiMix.Actors.Journals;

/// <summary>
/// The right to be the coordinator of a run. The cluster chooses one; a term makes sure of it where the journal is kept, also
/// against one that was asleep while it was replaced.
/// </summary>
public interface ICoordinatorTerm : IAsyncDisposable
{
    /// <summary>Takes it over from whoever had it, unless that one lives and belongs to another cluster.</summary>
    /// <returns>Null: it is this coordinator's now. Otherwise who has it.</returns>
    Task<string?> TakeAsync();

    /// <summary>Looks whether it still is this coordinator's.</summary>
    /// <returns>Null: it is. Otherwise who has taken it.</returns>
    Task<string?> ConfirmAsync();
}

/// <summary>A journal in a file of the run's directory: whoever is in possession of the directory is alone with it.</summary>
public sealed class TermOfPossession : ICoordinatorTerm
{
    /// <inheritdoc/>
    public Task<string?> TakeAsync() => Task.FromResult<string?>(null);

    /// <inheritdoc/>
    public Task<string?> ConfirmAsync() => Task.FromResult<string?>(null);

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => ValueTask.CompletedTask;
}
