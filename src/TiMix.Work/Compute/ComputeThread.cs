using System.Collections.Concurrent;
using TiMix.Learning.Runtime;

namespace TiMix.Work.Compute;

/// <summary>
/// One dedicated thread below normal priority, on which native mathematics runs. Work is queued in order; its result comes back
/// as a task, which an actor pipes to itself. Nothing heavy ever runs on the thread pool, so heartbeats and sockets stay alive.
/// </summary>
public sealed class ComputeThread : IDisposable
{
    private readonly BlockingCollection<Action> _queue = [];
    private readonly Thread _thread;

    /// <param name="name">Shown in debuggers and dumps.</param>
    public ComputeThread(string name)
    {
        _thread = new Thread(Loop) { Name = name, IsBackground = true };
        _thread.Start();
    }

    /// <summary>Runs the work on the thread, after all that was queued before.</summary>
    public Task<T> Run<T>(Func<T> work)
    {
        var completion = new TaskCompletionSource<T>(TaskCreationOptions.RunContinuationsAsynchronously);
        _queue.Add(() =>
        {
            try
            {
                completion.SetResult(work());
            }
            catch (Exception error)
            {
                completion.SetException(error);
            }
        });
        return completion.Task;
    }

    /// <summary>Takes no more work; what is queued is still done.</summary>
    public void Dispose() => _queue.CompleteAdding();

    /// <summary>Waits until all queued work is done; only after <see cref="Dispose"/>.</summary>
    public void Join() => _thread.Join();

    private void Loop()
    {
        TorchRuntime.EnterComputeThread();
        foreach (var work in _queue.GetConsumingEnumerable())
        {
            work();
        }
    }
}
