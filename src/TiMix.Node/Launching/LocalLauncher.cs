using System.Security.Cryptography;
using System.Threading.Channels;
using TiMix.Actors.Nodes;
using TiMix.Base;
using TiMix.Node.Processes;
using TiMix.Protocol.Coordination;
using TiMix.Protocol.Faults;
using TiMix.Protocol.Values;
using TiMix.Runs.Observing;
using TiMix.Runs.Records;
using static TiMix.Node.Launching.LauncherAction;
using static TiMix.Protocol.Messages.CoordinatorCommands;

namespace TiMix.Node.Launching;

/// <summary>
/// A whole cluster on this machine: starts a process for every node, keeps them alive until the run is over, and does to them what
/// a fault schedule says. It is a member of the cluster itself, the first that the others join, and sees the run through it.
/// What to do is decided by <see cref="Supervisor"/>; here it is done.
/// </summary>
internal sealed class LocalLauncher : IDisposable
{
    /// <summary>All nodes listen here.</summary>
    public const string Host = "127.0.0.1";

    /// <summary>The environment variable that carries the cluster's secret.</summary>
    public const string TokenVariable = "TIMIX_TOKEN";

    private static readonly TimeSpan PauseAgain = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan LoopPatience = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan FarewellTime = TimeSpan.FromSeconds(20);

    private readonly LaunchOptions _options;
    private readonly RunDirectory _directory;
    private readonly IRunObserver _observer;
    private readonly Supervisor _supervisor;
    private readonly ReservedPorts _reserved = new();
    private readonly Dictionary<string, int> _ports = [];
    private readonly Dictionary<string, IChildNode> _children = [];
    private readonly Lock _childrenLock = new();
    private readonly string _token = Convert.ToHexString(RandomNumberGenerator.GetBytes(16));
    private readonly Channel<Action> _inbox = Channel.CreateUnbounded<Action>(new UnboundedChannelOptions { SingleReader = true });
    private readonly Queue<LauncherAction> _toDo = new();
    private FaultSchedule _faults;
    private RunWatcher? _watcher;
    private string? _failure;
    private long _step;
    private bool _begun;

    /// <param name="options">The cluster.</param>
    /// <param name="directory">Of the run, in this process's possession.</param>
    /// <param name="observer">Sees the run go by.</param>
    public LocalLauncher(LaunchOptions options, RunDirectory directory, IRunObserver observer)
    {
        (_options, _directory, _observer, _faults) = (options, directory, observer, options.Faults);
        _supervisor = new Supervisor(options);
    }

    /// <summary>The living processes, this one included.</summary>
    public IReadOnlyList<(string Name, int Id)> Processes
    {
        get
        {
            lock (_childrenLock)
            {
                return [("launcher", Environment.ProcessId), .. _children.Values.Where(child => !child.Exit.IsCompleted).Select(child => (child.Name, child.Id))];
            }
        }
    }

    private static DateTimeOffset Now => TimeProvider.System.GetUtcNow();

    /// <summary>Runs the cluster until the run is over, and leaves no process behind.</summary>
    /// <param name="stop">The step is finished, a snapshot written, and the outcome is <see cref="RunOutcome.Stopped"/>.</param>
    public async Task<RunResult> RunAsync(CancellationToken stop)
    {
        _observer.Phase($"starting {NodePlan.Of(_options).Count} nodes");
        _watcher = await RunWatcher.JoinAsync(WatcherOptions(), new Relay(this)).ConfigureAwait(false);
        try
        {
            Do(_supervisor.Begin(Now));
            await CarryOutAsync().ConfigureAwait(false);
            return await WatchAsync(stop).ConfigureAwait(false);
        }
        finally
        {
            await EndChildrenAsync().ConfigureAwait(false);
            await _watcher.DisposeAsync().ConfigureAwait(false);
        }
    }

    /// <summary>Injects the fault that is chosen in view of the living nodes and the last reported step; null: none.</summary>
    public void Inject(Func<IReadOnlyList<NodePlan>, long, Fault?> choose) => Post(() =>
    {
        if (_begun && choose(_supervisor.Living, _step) is { } fault)
        {
            Do(_supervisor.Inject(fault, _step, Now));
        }
    });

    /// <summary>What may be asked of the coordinator; null: the cluster is just being started.</summary>
    public RunSteering? Steering => _watcher?.Steering;

    /// <summary>Starts or drains trainers until there are as many.</summary>
    public Task<Answer> ScaleAsync(int trainers) => InLoopAsync(() =>
    {
        if (trainers < _options.Membership.MinTrainers)
        {
            return new Answer(false, $"The run needs {_options.Membership.MinTrainers} trainers (--min-trainers); with {trainers} it would wait.");
        }

        var (actions, coming, going) = _supervisor.Scale(trainers, Now);
        Do(actions);
        return new Answer(true, (coming.Count, going.Count) switch
        {
            (0, 0) => $"There are {trainers} trainers already.",
            ( > 0, _) => $"{string.Join(", ", coming)} {(coming.Count == 1 ? "starts" : "start")}, takes the weights over from the others and joins after a step, in some seconds; then {trainers} share the micro-batches.",
            _ => $"{string.Join(", ", going)} {(going.Count == 1 ? "finishes its step and leaves" : "finish their step and leave")}; {(trainers == 1 ? "the one that stays takes" : $"the {trainers} that stay take")} the micro-batches over.",
        });
    });

    /// <summary>Lets a trainer leave.</summary>
    public Task<Answer> DrainAsync(string node) => InLoopAsync(() =>
    {
        var present = _supervisor.Present;
        if (present.FirstOrDefault(plan => plan.Name == node) is not { } plan)
        {
            return new Answer(false, $"There is no node {node}; there are {string.Join(", ", present.Select(other => other.Name))}.", Unknown: true);
        }

        if (!plan.Roles.Contains(NodeRoles.Trainer))
        {
            return new Answer(false, $"{node} is no trainer ({string.Join(", ", plan.Roles)}): the run needs it, and the launcher would start it again. Trainers: {string.Join(", ", present.Where(other => other.Roles.Contains(NodeRoles.Trainer)).Select(other => other.Name))}.");
        }

        var left = present.Count(other => other.Roles.Contains(NodeRoles.Trainer)) - 1;
        if (left < _options.Membership.MinTrainers)
        {
            return new Answer(false, $"Without {node} there would be {left} trainers, and the run needs {_options.Membership.MinTrainers}: \"scale\" up first, or \"pause\" or \"stop\" the run.");
        }

        Do(_supervisor.Drain(node) ?? []);
        return new Answer(true, $"{node} finishes its step and leaves; the other {left} {(left == 1 ? "trainer takes" : "trainers take")} its micro-batches over. \"scale trainers={left + 1}\" starts another.");
    });

    /// <summary>Decides in the launcher's own loop, where nothing else happens meanwhile.</summary>
    private async Task<Answer> InLoopAsync(Func<Answer> decide)
    {
        var decided = new TaskCompletionSource<Answer>(TaskCreationOptions.RunContinuationsAsynchronously);
        Post(() => decided.SetResult(_begun ? decide() : new Answer(false, "The run has not begun yet; try again in a moment.")));
        await Task.WhenAny(decided.Task, Task.Delay(LoopPatience)).ConfigureAwait(false);
        return decided.Task.IsCompleted ? await decided.Task.ConfigureAwait(false) : new Answer(false, "The launcher is busy starting or ending processes; see the status, and try again.");
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var child in _children.Values)
        {
            child.Dispose();
        }

        _reserved.Dispose();
    }

    private async Task<RunResult> WatchAsync(CancellationToken stop)
    {
        var ended = _watcher!.Ended;
        var (stopped, pauseAt) = (Task.Delay(Timeout.Infinite, stop), (DateTimeOffset?)null);
        Task<bool>? news = null;
        while (!ended.IsCompleted && _failure is null)
        {
            using var sleep = new CancellationTokenSource();
            var due = Earlier(_supervisor.NextDue, pauseAt);
            var alarm = due is { } at ? Task.Delay(at > Now ? at - Now : TimeSpan.Zero, sleep.Token) : Task.Delay(Timeout.Infinite, sleep.Token);
            news ??= _inbox.Reader.WaitToReadAsync(CancellationToken.None).AsTask();
            await Task.WhenAny(ended, news, alarm, pauseAt is null ? stopped : alarm).ConfigureAwait(false);
            await sleep.CancelAsync().ConfigureAwait(false);
            news = news.IsCompleted ? null : news;
            if (stop.IsCancellationRequested && (pauseAt is null || pauseAt <= Now))
            {
                // Said again and again: the coordinator may be dying while it is said.
                if (pauseAt is null)
                {
                    _observer.Phase("stopping after this step");
                }

                _watcher.Pause();
                pauseAt = Now + PauseAgain;
            }

            while (_inbox.Reader.TryRead(out var happened))
            {
                happened();
            }

            Do(_supervisor.Tick(Now));
            await CarryOutAsync().ConfigureAwait(false);
        }

        return _failure is null ? await ended.ConfigureAwait(false) : new RunResult(RunOutcome.Failed, _directory.Path, null, _failure);
    }

    private static DateTimeOffset? Earlier(DateTimeOffset? one, DateTimeOffset? other) => one is null || other < one ? other ?? one : one;

    private void Do(IEnumerable<LauncherAction> actions)
    {
        foreach (var action in actions)
        {
            _toDo.Enqueue(action);
        }
    }

    private async Task CarryOutAsync()
    {
        while (_toDo.TryDequeue(out var action))
        {
            switch (action)
            {
                case Start start:
                    await StartAsync(start.Node).ConfigureAwait(false);
                    break;
                case Kill kill:
                    Child(kill.Node)?.Signal(Signals.Kill);
                    break;
                case AskToLeave ask:
                    Child(ask.Node)?.Signal(Signals.Terminate);
                    break;
                case Halt halt:
                    Child(halt.Node)?.Signal(Signals.Stop);
                    break;
                case GoOn goOn:
                    Child(goOn.Node)?.Signal(Signals.Continue);
                    break;
                case Say say:
                    Child(say.Node)?.Say(say.Line);
                    break;
                case TellLost lost:
                    _watcher!.NodeLost(lost.Node);
                    break;
                case WriteDown injected:
                    FaultLog.Append(_directory, injected.Fault);
                    break;
                case Note note:
                    _observer.Notice(note.Level, note.Text);
                    break;
                case GiveUp giveUp:
                    _failure ??= giveUp.Reason;
                    break;
            }
        }
    }

    private IChildNode? Child(string name) => _children.GetValueOrDefault(name);

    private async Task StartAsync(NodePlan node)
    {
        // The coordinator comes second: it is joined by whoever starts anew while the launcher's own node is not reachable.
        string[] seeds = [_watcher!.Address, .. node.Roles.Contains("coordinator") ? Array.Empty<string>() : [$"{Host}:{PortOf("coordinator")}"]];
        var child = await _options.Starter.StartAsync(_options, node, new NodePlace(PortOf(node.Name), seeds, !_begun, _token)).ConfigureAwait(false);
        lock (_childrenLock)
        {
            Child(node.Name)?.Dispose();
            _children[node.Name] = child;
        }

        _ = ReportExitAsync(child);
    }

    private async Task ReportExitAsync(IChildNode child)
    {
        var exitCode = await child.Exit.ConfigureAwait(false);
        Post(() => Do(_supervisor.Exited(child.Name, exitCode, child.LastLines, Now)));
    }

    private int PortOf(string node)
    {
        if (!_ports.TryGetValue(node, out var port))
        {
            _ports.Add(node, port = _reserved.Next());
        }

        return port;
    }

    private void Stepped(long step)
    {
        (_step, _begun) = (step, true);
        (var due, _faults) = _faults.Take(step);
        foreach (var fault in due)
        {
            Do(_supervisor.Inject(fault, step, Now));
        }
    }

    /// <summary>Nodes leave by themselves when the run is over; whoever does not is ended.</summary>
    private async Task EndChildrenAsync()
    {
        var patience = Task.Delay(_failure is null && _watcher!.Ended.IsCompletedSuccessfully ? FarewellTime : TimeSpan.Zero);
        foreach (var child in _children.Values)
        {
            child.Signal(Signals.Continue);
        }

        await Task.WhenAny(Task.WhenAll(_children.Values.Select(child => child.Exit)), patience).ConfigureAwait(false);
        foreach (var child in _children.Values)
        {
            child.Signal(Signals.Kill);
        }

        await Task.WhenAll(_children.Values.Select(child => child.Exit)).ConfigureAwait(false);
    }

    private NodeOptions WatcherOptions() => new()
    {
        Name = "launcher",
        Roles = [],
        Host = Host,
        Port = _reserved.Next(),
        RunName = _options.Run.Name,
        RunsDirectory = _options.Run.RunsDirectory,
        DataDirectory = _options.Run.DataDirectory,
        Token = _token,
        Config = [NodePlan.ClusterConfig, .. _options.Config],
        Membership = _options.Membership,
    };

    private void Post(Action happened) => _inbox.Writer.TryWrite(happened);

    /// <summary>Passes the run on to the user and what concerns the nodes to the launcher's own loop.</summary>
    private sealed class Relay(LocalLauncher launcher) : IRunObserver
    {
        public void StepCompleted(StepReport step)
        {
            launcher._observer.StepCompleted(step);
            launcher.Post(() => launcher.Stepped(step.Step));
        }

        public void Evaluated(EvaluationReport evaluation) => launcher._observer.Evaluated(evaluation);

        public void SnapshotCommitted(long step, string directory) => launcher._observer.SnapshotCommitted(step, directory);

        public void Notice(NoticeLevel level, string text) => launcher._observer.Notice(level, text);

        public void Phase(string text) => launcher._observer.Phase(text);

        public void ViewBegan(ViewChange change)
        {
            launcher._observer.ViewBegan(change);
            launcher.Post(() =>
            {
                launcher._begun = true;
                launcher._supervisor.Viewed(change.View.Shares.Select(share => share.Node));
            });
        }

        public void TrainerLost(string node, LossReason reason)
        {
            launcher._observer.TrainerLost(node, reason);
            launcher.Post(() => launcher.Do(launcher._supervisor.Lost(node, reason, Now)));
        }
    }
}
