using System.Net;
using TiMix.Actors.Nodes;
using TiMix.Base;
using TiMix.Protocol.Notices;
using TiMix.Protocol.Values;
using TiMix.Runs.Observing;
using TiMix.Runs.Records;

namespace TiMix.Node.Operations;

/// <summary>A run that can be watched and steered over HTTP while it goes on.</summary>
internal static class OperatedRun
{
    /// <summary>Who is to see a run go by: a board for onlookers, where there can be any.</summary>
    /// <param name="endpoint">Where it is served; null: nowhere.</param>
    /// <param name="directory">Its directory.</param>
    /// <param name="observer">Sees it in any case.</param>
    public static IRunObserver Watch(IPEndPoint? endpoint, RunDirectory directory, IRunObserver observer) =>
        endpoint is null ? observer : new RunBoard(directory, observer, TimeProvider.System);

    /// <summary>Executes it and serves the interface meanwhile.</summary>
    /// <param name="endpoint">Where; null: nowhere.</param>
    /// <param name="run">The run.</param>
    /// <param name="directory">Its directory, in the caller's possession.</param>
    /// <param name="seen">From <see cref="Watch"/>.</param>
    /// <param name="control">What may be done to it.</param>
    /// <param name="execute">Runs it.</param>
    /// <exception cref="RunError">The address cannot be bound.</exception>
    public static async Task<T> ExecuteAsync<T>(
        IPEndPoint? endpoint, RunOptions run, RunDirectory directory, IRunObserver seen, IRunControl control, Func<Task<T>> execute)
    {
        if (endpoint is null || seen is not RunBoard board)
        {
            return await execute().ConfigureAwait(false);
        }

        await using var server = await OperationsServer.StartAsync(endpoint, run, directory, board, control).ConfigureAwait(false);
        board.Notice(new Notice.Served(server.Url));
        return await execute().ConfigureAwait(false);
    }

    /// <summary>The same for a run in this process.</summary>
    /// <param name="endpoint">Where; null: nowhere.</param>
    /// <param name="run">The run.</param>
    /// <param name="observer">Sees it go by.</param>
    /// <param name="stop">The step is finished, a snapshot written, and the run ends.</param>
    public static async Task<RunResult> ExecuteAsync(IPEndPoint? endpoint, RunOptions run, IRunObserver observer, CancellationToken stop)
    {
        using var directory = await TrainingRun.OpenAsync(run, observer, stop).ConfigureAwait(false);
        var seen = Watch(endpoint, directory, observer);
        Actors.Nodes.RunSteering? steering = null;
        var control = new ClusterControl(
            () => Volatile.Read(ref steering),
            "This run is one process: \"stop\" it and go on by "
            + $"\"{RunHint.Resume(run.Name, run.RunsDirectory, run.DataDirectory, "--trainers N")}\", which can be scaled.");
        return await ExecuteAsync(
            endpoint, run, directory, seen, control,
            () => TrainingRun.ExecuteAsync(run, directory, seen, stop, found => Volatile.Write(ref steering, found))).ConfigureAwait(false);
    }
}
