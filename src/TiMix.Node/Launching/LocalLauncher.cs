using System.Security.Cryptography;
using System.Threading.Channels;
using TiMix.Actors.Nodes;
using TiMix.Node.Processes;
using TiMix.Protocol.Faults;
using TiMix.Protocol.Launching;
using TiMix.Protocol.Messages;
using TiMix.Protocol.Values;
using TiMix.Runs.Observing;
using TiMix.Runs.Records;

namespace TiMix.Node.Launching;

/// <summary>
/// A whole cluster on this machine: starts a process for every node, keeps them alive until the run is over, and does to them what
/// a fault schedule says. It is a member of the cluster itself, the first that the others join, and sees the run through it.
/// What to do is decided by <see cref="LauncherCore"/>; here it is done, one input after the other.
/// </summary>
internal sealed class LocalLauncher : IDisposable
{
    /// <summary>All nodes listen here.</summary>
    public const string Host = "127.0.0.1";

    /// <summary>The environment variable that carries the cluster's secret.</summary>
    public const string TokenVariable = "TIMIX_TOKEN";

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan FarewellTime = TimeSpan.FromSeconds(20);

    private readonly LaunchOptions _options;
    private readonly RunDirectory _directory;
    private readonly IRunObserver _observer;
    private readonly LauncherCore _core;
    private readonly LaunchedNodes _nodes;
    private readonly string _token = Convert.ToHexString(RandomNumberGenerator.GetBytes(16));
    private readonly Channel<Func<IInput?>> _inbox = Channel.CreateUnbounded<Func<IInput?>>(new UnboundedChannelOptions { SingleReader = true });
    private readonly Dictionary<long, TaskCompletionSource<LauncherAnswer>> _wishes = [];
    private RunWatcher? _watcher;
    private LauncherFailure? _failure;
    private long _requests;

    /// <param name="options">The cluster.</param>
    /// <param name="directory">Of the run, in this process's possession.</param>
    /// <param name="observer">Sees the run go by.</param>
    public LocalLauncher(LaunchOptions options, RunDirectory directory, IRunObserver observer)
    {
        (_options, _directory, _observer) = (options, directory, observer);
        (_core, _nodes) = (new LauncherCore(options.Plan), new LaunchedNodes(options, _token));
    }

    /// <summary>The living processes, this one included.</summary>
    public IReadOnlyList<(string Name, int Id)> Processes => [("launcher", Environment.ProcessId), .. _nodes.Living];

    /// <summary>What may be asked of the coordinator; null: the cluster is just being started.</summary>
    public RunSteering? Steering => _watcher?.Steering;

    /// <summary>Runs the cluster until the run is over, and leaves no process behind.</summary>
    /// <param name="stop">The step is finished, a snapshot written, and the outcome is <see cref="RunOutcome.Stopped"/>.</param>
    public async Task<RunResult> RunAsync(CancellationToken stop)
    {
        _observer.Phase(new RunPhase.StartingNodes(_options.Plan.Nodes.Count));
        _watcher = await RunWatcher.JoinAsync(WatcherOptions(), new LauncherRelay(_observer, Post)).ConfigureAwait(false);
        await using var stopping = stop.Register(() => Post(new LauncherInputs.Stop()));
        try
        {
            await HandleAsync(new LauncherInputs.Begin()).ConfigureAwait(false);
            while (!_watcher.Ended.IsCompleted && _failure is null)
            {
                await AnythingAsync().ConfigureAwait(false);
                while (_inbox.Reader.TryRead(out var happened))
                {
                    if (happened() is { } input)
                    {
                        await HandleAsync(input).ConfigureAwait(false);
                    }
                }

                await HandleAsync(Tick.Instance).ConfigureAwait(false);
            }

            return _failure is null
                ? await _watcher.Ended.ConfigureAwait(false)
                : new RunResult(RunOutcome.Failed, _directory.Path, null, LauncherText.Of(_failure));
        }
        finally
        {
            await _nodes.EndAsync(_failure is null && _watcher.Ended.IsCompletedSuccessfully ? FarewellTime : TimeSpan.Zero).ConfigureAwait(false);
            await _watcher.DisposeAsync().ConfigureAwait(false);
        }
    }

    /// <summary>Injects the fault that is chosen in view of the living nodes and the last reported step; null: none.</summary>
    public void Inject(Func<IReadOnlyList<NodePlan>, long, Fault?> choose) =>
        _inbox.Writer.TryWrite(() => _core.Begun && choose(_core.Living, _core.Step) is { } fault ? new LauncherInputs.Inject(fault) : null);

    /// <summary>Starts or drains trainers until there are as many.</summary>
    public Task<LauncherAnswer> ScaleAsync(int trainers) => AskAsync(request => new LauncherInputs.Scale(request, trainers));

    /// <summary>Lets a trainer leave.</summary>
    public Task<LauncherAnswer> DrainAsync(string node) => AskAsync(request => new LauncherInputs.Drain(request, node));

    /// <inheritdoc/>
    public void Dispose() => _nodes.Dispose();

    /// <summary>Something has happened, or is due, or the run is over.</summary>
    private async Task AnythingAsync()
    {
        using var over = new CancellationTokenSource();
        var due = _core.NextDue is { } at ? TimeSpan.FromMilliseconds(Math.Max(0, at - Environment.TickCount64)) : Timeout.InfiniteTimeSpan;
        await Task.WhenAny(_watcher!.Ended, _inbox.Reader.WaitToReadAsync(over.Token).AsTask(), Task.Delay(due, over.Token)).ConfigureAwait(false);
        await over.CancelAsync().ConfigureAwait(false);
    }

    private async Task HandleAsync(IInput input)
    {
        foreach (var effect in _core.Handle(input, Environment.TickCount64))
        {
            await DoAsync(effect).ConfigureAwait(false);
        }
    }

    private async Task DoAsync(IEffect effect)
    {
        switch (effect)
        {
            case LauncherEffects.Start start:
                _ = ReportExitAsync(await _nodes.StartAsync(start, _watcher!.Address).ConfigureAwait(false));
                break;
            case LauncherEffects.Kill kill:
                _nodes.Find(kill.Node)?.Signal(Signals.Kill);
                break;
            case LauncherEffects.AskToLeave ask:
                _nodes.Find(ask.Node)?.Signal(Signals.Terminate);
                break;
            case LauncherEffects.Halt halt:
                _nodes.Find(halt.Node)?.Signal(Signals.Stop);
                break;
            case LauncherEffects.GoOn goOn:
                _nodes.Find(goOn.Node)?.Signal(Signals.Continue);
                break;
            case LauncherEffects.CutOff cutOff:
                _nodes.Find(cutOff.Node)?.Say(ChildControl.CutOff(cutOff.Duration));
                break;
            case LauncherEffects.FlipBit flip:
                _nodes.Find(flip.Node)?.Say(ChildControl.FlipBit);
                break;
            case LauncherEffects.TurnBad bad:
                _nodes.Find(bad.Node)?.Say(Fault.WordOf(bad.How));
                break;
            case LauncherEffects.TellLost lost:
                _watcher!.NodeLost(lost.Node);
                break;
            case LauncherEffects.AskToStop:
                _watcher!.Steering.Stop();
                break;
            case LauncherEffects.WriteDown { Fault: var fault } written:
                FaultLog.Append(
                    _directory,
                    new InjectedFault(fault.Word, fault.Target, written.Node, written.Step, TimeProvider.System.GetUtcNow().ToUnixTimeMilliseconds()));
                break;
            case LauncherEffects.Enter enter:
                _observer.Phase(enter.Phase);
                break;
            case LauncherEffects.Say say:
                _observer.Notice(say.Notice);
                break;
            case LauncherEffects.Answer answer when _wishes.Remove(answer.Request, out var wish):
                wish.SetResult(answer.What);
                break;
            case LauncherEffects.GiveUp giveUp:
                _failure ??= giveUp.Why;
                break;
        }
    }

    private async Task ReportExitAsync(IChildNode node)
    {
        var exitCode = await node.Exit.ConfigureAwait(false);
        Post(new LauncherInputs.Exited(node.Name, exitCode, node.LastLines));
        _inbox.Writer.TryWrite(() =>
        {
            _nodes.Forget(node, _core.Has(node.Name));
            return null;
        });
    }

    /// <summary>Decided in the launcher's own loop, where nothing else happens meanwhile.</summary>
    private async Task<LauncherAnswer> AskAsync(Func<long, IInput> wish)
    {
        var answer = new TaskCompletionSource<LauncherAnswer>(TaskCreationOptions.RunContinuationsAsynchronously);
        _inbox.Writer.TryWrite(() =>
        {
            _wishes.Add(++_requests, answer);
            return wish(_requests);
        });
        await Task.WhenAny(answer.Task, Task.Delay(Patience)).ConfigureAwait(false);
        return answer.Task.IsCompleted ? await answer.Task.ConfigureAwait(false) : new LauncherAnswer.Busy();
    }

    private void Post(IInput input) => _inbox.Writer.TryWrite(() => input);

    private NodeOptions WatcherOptions() => new()
    {
        Name = "launcher",
        Roles = [],
        Host = Host,
        Port = _nodes.PortOf("launcher"),
        RunName = _options.Run.Name,
        RunsDirectory = _options.Run.RunsDirectory,
        DataDirectory = _options.Run.DataDirectory,
        Token = _token,
        Config = [NodeArguments.ClusterConfig, .. _options.Config],
        Membership = _options.Membership,
    };
}
