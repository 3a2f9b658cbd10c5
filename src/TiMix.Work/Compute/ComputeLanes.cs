using System.Runtime.ExceptionServices;

namespace TiMix.Work.Compute;

/// <summary>
/// Several threads that do one piece of work side by side. Lane 0 is the thread that asks, so a single lane costs nothing.
/// Which lane does what never reaches a result.
/// </summary>
/// <param name="count">Lanes, at least 1.</param>
public sealed class ComputeLanes(int count) : IDisposable
{
    private readonly ComputeThread[] _others = [.. Enumerable.Range(1, count - 1).Select(lane => new ComputeThread($"trainer lane {lane}"))];

    /// <summary>Lanes.</summary>
    public int Count { get; } = count;

    /// <summary>Runs <paramref name="work"/> once a lane and returns when all are done; the first lane's error is thrown.</summary>
    public void Run(Action<int> work)
    {
        var tasks = _others.Select((thread, i) => thread.Run(() =>
        {
            work(i + 1);
            return true;
        })).ToArray();
        ExceptionDispatchInfo? error = null;
        try
        {
            work(0);
        }
        catch (Exception caught)
        {
            error = ExceptionDispatchInfo.Capture(caught);
        }

        foreach (var task in tasks)
        {
            ((IAsyncResult)task).AsyncWaitHandle.WaitOne();
            error ??= task.Exception is { } failed ? ExceptionDispatchInfo.Capture(failed.InnerException!) : null;
        }

        error?.Throw();
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var thread in _others)
        {
            thread.Dispose();
            thread.Join();
        }
    }
}
