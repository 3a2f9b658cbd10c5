using TiMix.Base;
using TiMix.Protocol.Launching;
using TiMix.Protocol.Messages;

namespace TiMix.Protocol.Tests.Simulation;

/// <summary>The nodes of a launcher: the shell of its core, which sees the run as whoever looks on does.</summary>
internal sealed class LauncherSession : Session
{
    private const int Farewell = 20_000;
    private readonly SortedDictionary<string, SimulatedProcess> _processes = new(StringComparer.Ordinal);
    private readonly LauncherCore _core;
    private readonly Watcher _watcher;
    private readonly bool _resumes;
    private long _due = long.MaxValue;
    private bool _over;

    public LauncherSession(Cluster cluster, int number)
        : base(cluster)
    {
        var settings = cluster.Settings;
        _resumes = number > 1;
        _core = new LauncherCore(new LauncherPlan
        {
            Trainers = _resumes ? cluster.Chance.Between(1, 5) : settings.Trainers,
            Loaders = settings.Loaders,
            Mixers = settings.Mixers,
            MinTrainers = settings.Leases.MinTrainers,
            MaxRestarts = settings.Restarts,
            Lease = settings.Lease,
        });
        _watcher = new Watcher(new SimulatedProcess(cluster, $"launcher-{number}"), Hear);
        _watcher.Process.Add(_watcher);
    }

    /// <inheritdoc/>
    public override bool IsOver => _over && _processes.Values.All(process => !process.Alive);

    /// <inheritdoc/>
    public override void Begin(bool goOn) => Cluster.Time.After(0, () => Tell(new LauncherInputs.Begin()));

    /// <inheritdoc/>
    public override void Ended(SimulatedProcess process, int exitCode) =>
        Cluster.Time.After(Cluster.Chance.Between(1, 30), () => Tell(new LauncherInputs.Exited(process.Node, exitCode, [])));

    /// <inheritdoc/>
    public override void Join() => Inject(TiMix.Protocol.Faults.FaultKind.Join, NodeRoles.Trainer);

    /// <inheritdoc/>
    public override void Drain(SimulatedProcess process) => Inject(TiMix.Protocol.Faults.FaultKind.Drain, process.Node);

    /// <inheritdoc/>
    public override void Stop() => Tell(new LauncherInputs.Stop());

    /// <inheritdoc/>
    public override void Complete()
    {
        for (var missing = Math.Max(1, Cluster.Settings.Leases.MinTrainers) - _core.Living.Count(node => node.IsTrainer); missing > 0; missing--)
        {
            Join();
        }
    }

    /// <inheritdoc/>
    public override void Close()
    {
        _over = true;
        _watcher.Process.End(0);
    }

    private void Inject(TiMix.Protocol.Faults.FaultKind kind, string target) =>
        Tell(new LauncherInputs.Inject(new TiMix.Protocol.Faults.Fault(kind, target, 1, TimeSpan.Zero)));

    private void Hear(ITiMixMessage message)
    {
        switch (message)
        {
            case MonitorMessages.TrainerLost lost:
                Tell(new LauncherInputs.Lost(lost.Node, lost.Reason));
                break;
            case MonitorMessages.ViewBegan began:
                Tell(new LauncherInputs.Viewed([.. began.Change.View.Shares.Select(share => share.Node)]));
                break;
            case MonitorMessages.StepApplied step:
                Tell(new LauncherInputs.Stepped(step.Report.Step));
                break;
            case MonitorMessages.Over:
                End(Farewell);
                break;
        }
    }

    private void Tell(IInput input)
    {
        if (_over)
        {
            return;
        }

        foreach (var effect in _core.Handle(input, Cluster.Time.Now))
        {
            Do(effect);
        }

        if (_core.NextDue is { } due && due != _due)
        {
            _due = due;
            Cluster.Time.After(due - Cluster.Time.Now, () =>
            {
                _due = long.MaxValue;
                Tell(Tick.Instance);
            });
        }
    }

    private void Do(IEffect effect)
    {
        switch (effect)
        {
            case LauncherEffects.Start start:
                _processes[start.Node.Name] = Start(start.Node.Name, start.Node.Roles, start.Begin && _resumes);
                break;
            case LauncherEffects.Kill kill:
                _processes[kill.Node].End(137);
                break;
            case LauncherEffects.AskToLeave ask:
                var process = _processes[ask.Node];
                process.Run(() => process.Find<NodeShell>()?.Leave());
                break;
            case LauncherEffects.TellLost lost:
                _watcher.Say(Network.Coordinator, new CoordinatorCommands.ReportNodeLost(lost.Node));
                break;
            case LauncherEffects.AskToStop:
                _watcher.Say(Network.Coordinator, new CoordinatorCommands.StopRun());
                break;
            case LauncherEffects.GiveUp:
                End(0);
                break;
            case LauncherEffects.Say say:
                Cluster.Log?.Add($"launcher: {say.Notice}");
                break;
            case LauncherEffects.Enter enter:
                Cluster.Log?.Add($"launcher: {enter.Phase}");
                break;
            case LauncherEffects.WriteDown:
                break;
            default:
                throw new SimulationFailure($"Nobody knows how to do {effect}.");
        }
    }

    /// <summary>The launcher ends, and its nodes with it.</summary>
    private void End(int farewell)
    {
        if (_over)
        {
            return;
        }

        Close();
        Cluster.Time.After(farewell, () =>
        {
            foreach (var process in _processes.Values)
            {
                process.End(137);
            }
        });
    }

    private sealed class Watcher : SimulatedActor
    {
        private const int SubscribeEvery = 1000;
        private readonly Action<ITiMixMessage> _hear;

        public Watcher(SimulatedProcess process, Action<ITiMixMessage> hear)
            : base(process, process.Node + "/watcher")
        {
            _hear = hear;
            Later(0, () => Every(SubscribeEvery, () => Say(Network.Coordinator, new NodeMessages.Subscribe(process.Node))));
        }

        /// <inheritdoc/>
        public override void Receive(string from, ITiMixMessage message) => _hear(message);
    }
}
