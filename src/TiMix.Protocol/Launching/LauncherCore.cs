using TiMix.Protocol.Faults;
using TiMix.Protocol.Messages;
using TiMix.Protocol.Notices;
using TiMix.Protocol.Values;

namespace TiMix.Protocol.Launching;

/// <summary>
/// What a launcher decides about its nodes' processes. A process that ends before the run is over has died, whatever its exit code
/// (a node that the cluster has put out ends with 0), unless it was asked to leave: it is started anew, after a growing pause.
/// Faults are injected here, and what they do is excused; the user's wishes for more or fewer trainers are answered here.
/// </summary>
/// <param name="plan">The cluster.</param>
public sealed partial class LauncherCore(LauncherPlan plan)
{
    /// <summary>Exit code of a process that was done.</summary>
    public const int Done = 0;

    /// <summary>Exit code of a process whose user made a mistake.</summary>
    public const int Mistake = 2;

    /// <summary>Milliseconds before the first restart; doubled up to <see cref="LongestPause"/> …</summary>
    public const long ShortestPause = 200;

    /// <summary>… and back to the beginning after <see cref="Healthy"/> of life.</summary>
    public const long LongestPause = 10_000;

    /// <summary>A process that has lived so many milliseconds is sound.</summary>
    public const long Healthy = 60_000;

    /// <summary>So many milliseconds after its fault a disturbed node may still die of it, and must be back if it was put out.</summary>
    public const long Aftermath = 20_000;

    /// <summary>Milliseconds after which the coordinator is told again to stop: it may have been dying.</summary>
    public const long StopAgainAfter = 2000;

    private readonly List<LaunchedNode> _nodes = [];
    private FaultSchedule _faults = plan.Faults;
    private List<IEffect> _effects = [];
    private long _now;
    private long _step;
    private long? _stopAt;
    private int _trainers;
    private int _restarts;
    private bool _stopping;

    /// <summary>Whether the run has begun: somebody has trained.</summary>
    public bool Begun { get; private set; }

    /// <summary>Steps applied, as last reported.</summary>
    public long Step => _step;

    /// <summary>Nodes whose processes live, do not hang on purpose and have not been asked to leave, in the order in which they first came.</summary>
    public IReadOnlyList<NodePlan> Living => [.. _nodes.Where(node => node.Sound).Select(node => node.Plan)];

    /// <summary>Whether a node belongs to the cluster, or comes back to it.</summary>
    public bool Has(string node) => Find(node) is not null;

    /// <summary>When the next <see cref="Tick"/> has something to do; null: nothing is due.</summary>
    public long? NextDue => _nodes.SelectMany(node => new[] { node.RestartAt, node.WakeAt, node.BackBy }).Append(_stopAt).Min();

    /// <summary>Decides what follows from an input.</summary>
    /// <param name="input">What has happened.</param>
    /// <param name="now">Milliseconds of any one clock.</param>
    public IReadOnlyList<IEffect> Handle(IInput input, long now)
    {
        (_effects, _now) = ([], now);
        switch (input)
        {
            case Tick:
                DoWhatIsDue();
                break;
            case LauncherInputs.Begin:
                _trainers = plan.Trainers;
                foreach (var node in plan.Nodes)
                {
                    Add(node);
                }

                break;
            case LauncherInputs.Exited exited when Find(exited.Node) is { } node:
                Bury(node, exited);
                break;
            case LauncherInputs.Lost lost:
                Miss(lost);
                break;
            case LauncherInputs.Viewed viewed:
                Begun = true;
                _nodes.FindAll(node => viewed.Nodes.Contains(node.Name)).ForEach(node => node.BackBy = null);
                break;
            case LauncherInputs.Stepped stepped:
                (Begun, _step) = (true, stepped.Step);
                (var due, _faults) = _faults.Take(_step);
                due.ToList().ForEach(Inject);
                break;
            case LauncherInputs.Inject inject:
                Inject(inject.Fault);
                break;
            case LauncherInputs.Scale scale:
                Answer(scale.Request, Begun ? Scale(scale.Trainers) : new LauncherAnswer.NotBegun());
                break;
            case LauncherInputs.Drain drain:
                Answer(drain.Request, Begun ? Drain(drain.Node) : new LauncherAnswer.NotBegun());
                break;
            case LauncherInputs.Stop:
                Stop();
                break;
        }

        return _effects;
    }

    private void Bury(LaunchedNode node, LauncherInputs.Exited exited)
    {
        var (name, excused, killed) = (node.Name, _now < node.ExcusedUntil, node.Killed);
        if (_now - node.StartedAt >= Healthy)
        {
            node.Pause = ShortestPause;
        }

        node.Ends();
        if (node.Leaving)
        {
            _nodes.Remove(node);
            Do(new LauncherEffects.TellLost(name));
            if (exited.ExitCode == Done)
            {
                Say(new Notice.NodeHasLeft(name));
            }
            else if (!killed)
            {
                Say(new Notice.NodeDiedLeaving(name, exited.ExitCode));
            }
        }
        else if (exited.ExitCode == Mistake && !excused)
        {
            Do(new LauncherEffects.GiveUp(new LauncherFailure.CouldNotStart(name, exited.LastLines)));
        }
        else if (!excused && _restarts++ == plan.MaxRestarts)
        {
            Do(new LauncherEffects.TellLost(name));
            Do(new LauncherEffects.GiveUp(new LauncherFailure.DiedTooOften(name, exited.ExitCode, plan.MaxRestarts, exited.LastLines)));
        }
        else
        {
            var pause = excused ? ShortestPause : node.Pause;
            node.Pause = excused ? node.Pause : Math.Min(LongestPause, 2 * node.Pause);
            node.RestartAt = _now + pause;
            Do(new LauncherEffects.TellLost(name));
            Say(new Notice.NodeDied(name, exited.ExitCode, pause, excused, excused || exited.LastLines.Count == 0 ? null : exited.LastLines[^1]));
        }
    }

    /// <summary>A trainer that was put out and whose process lives, hangs: it is started anew, unless it hangs on purpose and will wake up.</summary>
    private void Miss(LauncherInputs.Lost lost)
    {
        if (lost.Reason.Kind == LossKind.Offended && Find(lost.Node) is { } bad)
        {
            PutOut(bad);
            return;
        }

        if (Find(lost.Node) is not { Alive: true, Leaving: false, Killed: false } node || lost.Reason.MayConcernAnEarlierProcess
            || _now - node.StartedAt < plan.Lease)
        {
            return;
        }

        if (_now < node.DisturbedUntil)
        {
            node.BackBy = node.DisturbedUntil + Aftermath;
            return;
        }

        Kill(node, new Notice.NodeHangs(node.Name, lost.Reason));
    }

    /// <summary>No trainer of the node is taken in again: it is not started anew.</summary>
    private void PutOut(LaunchedNode node)
    {
        node.Leaving = true;
        if (node.Alive)
        {
            node.Killed = true;
            Do(new LauncherEffects.Kill(node.Name));
        }
        else
        {
            _nodes.Remove(node);
        }
    }

    private void DoWhatIsDue()
    {
        foreach (var node in _nodes)
        {
            if (node.RestartAt <= _now)
            {
                Start(node);
            }

            if (node.WakeAt <= _now)
            {
                (node.WakeAt, node.Still) = (null, false);
                Do(new LauncherEffects.GoOn(node.Name));
                Say(new Notice.NodeGoesOn(node.Name));
            }

            if (node.BackBy <= _now)
            {
                node.BackBy = null;
                Kill(node, new Notice.NodeIsNotBack(node.Name));
            }
        }

        if (_stopAt <= _now)
        {
            AskToStop();
        }
    }

    private void Stop()
    {
        if (!_stopping)
        {
            _stopping = true;
            Do(new LauncherEffects.Enter(new RunPhase.Stopping()));
            AskToStop();
        }
    }

    private void AskToStop()
    {
        _stopAt = _now + StopAgainAfter;
        Do(LauncherEffects.AskToStop.Instance);
    }

    private void Kill(LaunchedNode node, Notice why)
    {
        node.Killed = true;
        Do(new LauncherEffects.Kill(node.Name));
        Say(why);
    }

    private void Add(NodePlan node)
    {
        var launched = new LaunchedNode(node);
        _nodes.Add(launched);
        Start(launched);
    }

    private void Start(LaunchedNode node)
    {
        node.Starts(_now);
        Do(new LauncherEffects.Start(node.Plan, !Begun));
    }

    private LaunchedNode? Find(string name) => _nodes.Find(node => node.Name == name);

    private void Do(IEffect effect) => _effects.Add(effect);

    private void Say(Notice notice) => Do(new LauncherEffects.Say(notice));

    private void Answer(long request, LauncherAnswer answer) => Do(new LauncherEffects.Answer(request, answer));
}
