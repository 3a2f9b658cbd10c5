using System.Collections.Concurrent;
using Akka.Configuration;
using Akka.Dispatch;
using Akka.Remote.Transport;

namespace TiMix.Testing.Live;

/// <summary>
/// What makes an actor system in this process stand still, or end as a process does that is killed: its actors run only while it is
/// on, and its connections can be closed without a word. A system finds its switch by the name that its configuration carries.
/// </summary>
internal sealed class NodeSwitch
{
    private const string Key = "timix-testing.switch";
    private static readonly ConcurrentDictionary<string, NodeSwitch> All = new(StringComparer.Ordinal);
    private readonly string _id = Guid.NewGuid().ToString("N");
    private readonly Lock _lock = new();
    private readonly Queue<IRunnable> _waiting = new();
    private readonly List<Transport> _transports = [];
    private TaskCompletionSource? _idle;
    private int _running;
    private bool _off;

    public NodeSwitch() => All[_id] = this;

    /// <summary>For the configuration of its actor system.</summary>
    public string Setting => $"{Key} = \"{_id}\"";

    public static NodeSwitch Of(Config config) => All[config.GetString(Key)];

    /// <summary>Runs it on the thread pool, or, while the switch is off, later.</summary>
    public void Execute(IRunnable run) => ThreadPool.UnsafeQueueUserWorkItem(_ => RunOrKeep(run), null);

    /// <summary>Nothing runs any more when the task has completed.</summary>
    public Task TurnOff()
    {
        lock (_lock)
        {
            _off = true;
            _idle ??= new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            if (_running == 0)
            {
                _idle.TrySetResult();
            }

            return _idle.Task;
        }
    }

    /// <summary>What has waited runs now.</summary>
    public void TurnOn()
    {
        List<IRunnable> waiting;
        lock (_lock)
        {
            (_off, _idle) = (false, null);
            waiting = [.. _waiting];
            _waiting.Clear();
        }

        waiting.ForEach(Execute);
    }

    public void Add(Transport transport)
    {
        lock (_lock)
        {
            _transports.Add(transport);
        }
    }

    /// <summary>Closes the listening socket and all connections; peers see them end.</summary>
    public async Task CutAsync()
    {
        List<Transport> transports;
        lock (_lock)
        {
            transports = [.. _transports];
        }

        foreach (var transport in transports)
        {
            await transport.Shutdown();
        }
    }

    /// <summary>No system will ask for it any more.</summary>
    public void Forget() => All.TryRemove(_id, out _);

    private void RunOrKeep(IRunnable run)
    {
        lock (_lock)
        {
            if (_off)
            {
                _waiting.Enqueue(run);
                return;
            }

            _running++;
        }

        try
        {
            run.Run();
        }
        finally
        {
            lock (_lock)
            {
                if (--_running == 0)
                {
                    _idle?.TrySetResult();
                }
            }
        }
    }
}
