using TiMix.Actors.Nodes;
using TiMix.Protocol.Messages;
using static TiMix.Protocol.Messages.CoordinatorCommands;

namespace TiMix.Node.Operations;

/// <summary>What may be done to a run by whoever serves its HTTP interface. Each answer says what was done and what happens next, or why not.</summary>
internal interface IRunControl
{
    /// <summary>Why trainers cannot be started here; null: they can.</summary>
    string? WhyNotScale { get; }

    /// <summary>Where the run stands; null: the coordinator does not answer.</summary>
    Task<ClusterDescription?> DescribeAsync(CancellationToken stop);

    /// <summary>Starts or drains trainers.</summary>
    Task<Answer> ScaleAsync(int trainers);

    /// <summary>Lets a node leave.</summary>
    Task<Answer> DrainAsync(string node);

    /// <summary>Everybody holds still.</summary>
    Task<Answer> PauseAsync();

    /// <summary>A run that was paused goes on.</summary>
    Task<Answer> ContinueAsync();

    /// <summary>A snapshot although none is due.</summary>
    Task<Answer> SnapshotAsync();

    /// <summary>Finish the step, write a snapshot, end.</summary>
    Task<Answer> StopAsync();
}

/// <summary>Control through the coordinator alone: nodes that exist can be drained, none be started.</summary>
/// <param name="steering">What may be asked of the coordinator; null until there is a way to it.</param>
/// <param name="whyNotScale">Why no trainer can be started, and what would be right; null: who derives from this starts them.</param>
internal class ClusterControl(Func<RunSteering?> steering, string? whyNotScale) : IRunControl
{
    private static readonly Answer TooEarly = new(false, "The run is still being prepared; try again in a moment.");

    /// <inheritdoc/>
    public string? WhyNotScale => whyNotScale;

    /// <inheritdoc/>
    public Task<ClusterDescription?> DescribeAsync(CancellationToken stop) => steering()?.DescribeAsync(stop) ?? Task.FromResult<ClusterDescription?>(null);

    /// <inheritdoc/>
    public virtual Task<Answer> ScaleAsync(int trainers) => Task.FromResult(new Answer(false, whyNotScale!));

    /// <inheritdoc/>
    public virtual Task<Answer> DrainAsync(string node) => AskAsync(through => through.DrainAsync(node));

    /// <inheritdoc/>
    public Task<Answer> PauseAsync() => AskAsync(through => through.PauseAsync());

    /// <inheritdoc/>
    public Task<Answer> ContinueAsync() => AskAsync(through => through.ContinueAsync());

    /// <inheritdoc/>
    public Task<Answer> SnapshotAsync() => AskAsync(through => through.SnapshotAsync());

    /// <inheritdoc/>
    public Task<Answer> StopAsync() => AskAsync(through => through.StopAsync());

    private Task<Answer> AskAsync(Func<RunSteering, Task<Answer>> ask) => steering() is { } through ? ask(through) : Task.FromResult(TooEarly);
}
