using TiMix.Actors.Nodes;
using TiMix.Protocol.Messages;

namespace TiMix.Node.Operations;

/// <summary>What may be done to a run by whoever serves its HTTP interface. Each answer says what was done and what happens next, or why not.</summary>
internal interface IRunControl
{
    /// <summary>Why trainers cannot be started here; null: they can.</summary>
    string? WhyNotScale { get; }

    /// <summary>Where the run stands; null: the coordinator does not answer.</summary>
    Task<ClusterDescription?> DescribeAsync(CancellationToken stop);

    /// <summary>Starts or drains trainers.</summary>
    Task<OperationsAnswer> ScaleAsync(int trainers);

    /// <summary>Lets a node leave.</summary>
    Task<OperationsAnswer> DrainAsync(string node);

    /// <summary>Everybody holds still.</summary>
    Task<OperationsAnswer> PauseAsync();

    /// <summary>A run that was paused goes on.</summary>
    Task<OperationsAnswer> ContinueAsync();

    /// <summary>A snapshot although none is due.</summary>
    Task<OperationsAnswer> SnapshotAsync();

    /// <summary>Finish the step, write a snapshot, end.</summary>
    Task<OperationsAnswer> StopAsync();
}

/// <summary>Control through the coordinator alone: nodes that exist can be drained, none be started.</summary>
/// <param name="steering">What may be asked of the coordinator; null until there is a way to it.</param>
/// <param name="whyNotScale">Why no trainer can be started, and what would be right; null: who derives from this starts them.</param>
internal class ClusterControl(Func<RunSteering?> steering, string? whyNotScale) : IRunControl
{
    /// <inheritdoc/>
    public string? WhyNotScale => whyNotScale;

    /// <inheritdoc/>
    public Task<ClusterDescription?> DescribeAsync(CancellationToken stop) => steering()?.DescribeAsync(stop) ?? Task.FromResult<ClusterDescription?>(null);

    /// <inheritdoc/>
    public virtual Task<OperationsAnswer> ScaleAsync(int trainers) => Task.FromResult(new OperationsAnswer(false, whyNotScale!, "cannot-scale"));

    /// <inheritdoc/>
    public virtual Task<OperationsAnswer> DrainAsync(string node) => AskAsync(through => through.DrainAsync(node));

    /// <inheritdoc/>
    public Task<OperationsAnswer> PauseAsync() => AskAsync(through => through.PauseAsync());

    /// <inheritdoc/>
    public Task<OperationsAnswer> ContinueAsync() => AskAsync(through => through.ContinueAsync());

    /// <inheritdoc/>
    public Task<OperationsAnswer> SnapshotAsync() => AskAsync(through => through.SnapshotAsync());

    /// <inheritdoc/>
    public Task<OperationsAnswer> StopAsync() => AskAsync(through => through.StopAsync());

    private async Task<OperationsAnswer> AskAsync(Func<RunSteering, Task<CoordinatorAnswer>> ask) =>
        CoordinatorText.Of(steering() is { } through ? await ask(through).ConfigureAwait(false) : new CoordinatorAnswer.BeingPrepared());
}
