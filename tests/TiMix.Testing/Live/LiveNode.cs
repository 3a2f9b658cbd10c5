using Akka.Actor;
using TiMix.Actors.Nodes;
using TiMix.Base;
using TiMix.Data;
using TiMix.Exchange;
using TiMix.Node.Processes;
using TiMix.Protocol.Notices;
using TiMix.Protocol.Values;
using TiMix.Runs.Observing;

namespace TiMix.Testing.Live;

/// <summary>
/// A node in this process that can be treated like a process: killed, stopped, set going again, asked to leave. A killed one lies
/// where it fell until <see cref="BuryAsync"/>: its actors do not run, not even to say goodbye, and its sockets are closed.
/// </summary>
internal sealed class LiveNode : IChildNode, INodeControl
{
    private const int Killed = 128 + Signals.Kill;
    private static readonly TimeSpan Forever = TimeSpan.FromDays(1);
    private readonly NodeSwitch _switch;
    private readonly CancellationTokenSource _leave = new();
    private readonly TaskCompletionSource<int> _exit = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _begun = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly SemaphoreSlim _turns = new(1);
    private readonly List<string> _lines = [];
    private readonly Task<int> _running;
    private ActorSystem? _system;
    private ExchangeNode? _exchange;
    private Action<NodeFault>? _inject;
    private bool _dead;

    /// <param name="options">The node.</param>
    /// <param name="node">Named in the node's configuration.</param>
    public LiveNode(NodeOptions options, NodeSwitch node)
    {
        (Name, _switch) = (options.Name, node);
        _running = Task.Run(() => RunAsync(options));
    }

    public string Name { get; }

    public int Id => Environment.ProcessId;

    public Task<int> Exit => _exit.Task;

    public IReadOnlyList<string> LastLines
    {
        get
        {
            lock (_lines)
            {
                return [.. _lines];
            }
        }
    }

    public void Say(string line)
    {
        if (!_dead && ChildControl.Parse(line) is { } fault)
        {
            _inject?.Invoke(fault);
        }
    }

    public void Signal(int signal)
    {
        switch (signal)
        {
            case Signals.Kill:
                _ = InTurnAsync(KillAsync);
                break;
            case Signals.Stop:
                _ = InTurnAsync(StandStillAsync);
                break;
            case Signals.Continue:
                _ = InTurnAsync(GoOnAsync);
                break;
            case Signals.Terminate:
                _ = _leave.CancelAsync();
                break;
        }
    }

    public void Begun(ActorSystem system, ExchangeNode exchange)
    {
        (_system, _exchange) = (system, exchange);
        _begun.TrySetResult();
    }

    public void Ready(string address) => Add($"ready at {address}");

    public void Notice(Notice notice) => Add(NoticeText.Of(notice));

    public void OnFault(Action<NodeFault> inject) => _inject = inject;

    public void Dispose()
    {
        // The launcher needs it no more; what is left of it is buried when the run is over.
    }

    /// <summary>Frees what a killed node has left, when what its actors still do reaches nobody.</summary>
    public async Task BuryAsync()
    {
        await InTurnAsync(async () =>
        {
            _dead = true;
            _switch.TurnOn();
            if (_system is { } system)
            {
                await system.Terminate();
            }

            await _running;
            _switch.Forget();
        });
    }

    private async Task<int> RunAsync(NodeOptions options)
    {
        var code = ExitCode.Failed;
        try
        {
            var result = await NodeHost.RunAsync(options, this, _leave.Token);
            code = result.Outcome == RunOutcome.Failed ? ExitCode.Failed : ExitCode.Done;
            Add(result.Error ?? result.Outcome.ToString());
        }
        catch (Exception error) when (error is RunError or DataException)
        {
            code = ExitCode.Mistake;
            Add(error.Message);
        }
        catch (Exception error)
        {
            Add(error.ToString());
        }

        _begun.TrySetResult();
        _exit.TrySetResult(code);
        return code;
    }

    /// <summary>Actors first, so that none of them sees the sockets close.</summary>
    private async Task KillAsync()
    {
        if (_exit.Task.IsCompleted || _dead)
        {
            return;
        }

        _dead = true;
        await _switch.TurnOff();
        _exchange?.Dispose();
        await _switch.CutAsync();
        _exit.TrySetResult(Killed);
    }

    private async Task StandStillAsync()
    {
        if (!_dead)
        {
            _exchange?.Blackhole(Forever);
            await _switch.TurnOff();
        }
    }

    private Task GoOnAsync()
    {
        if (!_dead)
        {
            _exchange?.EndBlackhole();
            _switch.TurnOn();
        }

        return Task.CompletedTask;
    }

    /// <summary>One after the other, and none before the node has been put together.</summary>
    private async Task InTurnAsync(Func<Task> signal)
    {
        await _begun.Task;
        await _turns.WaitAsync();
        try
        {
            await signal();
        }
        finally
        {
            _turns.Release();
        }
    }

    private void Add(string line)
    {
        lock (_lines)
        {
            _lines.Add(line);
        }
    }
}
