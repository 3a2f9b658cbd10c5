using TiMix.Node.Processes;
using TiMix.Protocol.Faults;
using TiMix.Protocol.Messages;
using TiMix.Protocol.Values;
using TiMix.Runs.Records;
using static TiMix.Node.Launching.LauncherAction;

namespace TiMix.Node.Launching;

/// <summary>
/// What the launcher does about its processes, without touching one: what has happened goes in with the time, what is to be done
/// comes out. A process that ends before the run is over has died, whatever its exit code (a node that the cluster has put out
/// ends with 0), unless it was asked to leave.
/// </summary>
/// <param name="options">The cluster.</param>
internal sealed class Supervisor(LaunchOptions options)
{
    /// <summary>Pause before the first restart; doubled up to <see cref="LongestPause"/> …</summary>
    public static readonly TimeSpan ShortestPause = TimeSpan.FromMilliseconds(200);

    /// <summary>… and back to the beginning after <see cref="Healthy"/> of life.</summary>
    public static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(10);

    /// <summary>A process that has lived so long is sound.</summary>
    public static readonly TimeSpan Healthy = TimeSpan.FromSeconds(60);

    /// <summary>So long after its fault a disturbed node may still die of it, and must be back if it was put out.</summary>
    public static readonly TimeSpan Aftermath = TimeSpan.FromSeconds(20);

    private readonly List<Child> _children = [];
    private int _trainers;
    private int _restarts;

    private sealed class Child(NodePlan node)
    {
        public NodePlan Node { get; } = node;

        public bool IsTrainer => Node.Roles.Contains("trainer");

        public bool Alive { get; set; }

        public bool Leaving { get; set; }

        public bool Killed { get; set; }

        public bool Still { get; set; }

        /// <summary>Lives, moves, and is to stay.</summary>
        public bool Sound => Alive && !Leaving && !Killed && !Still;

        public DateTimeOffset StartedAt { get; set; }

        public DateTimeOffset? RestartAt { get; set; }

        public DateTimeOffset? WakeAt { get; set; }

        public DateTimeOffset? BackBy { get; set; }

        public DateTimeOffset ExcusedUntil { get; set; }

        public DateTimeOffset DisturbedUntil { get; set; }

        public TimeSpan Pause { get; set; } = ShortestPause;
    }

    /// <summary>Nodes whose processes live, do not hang on purpose and have not been asked to leave, in the order in which they first came.</summary>
    public IReadOnlyList<NodePlan> Living => [.. _children.Where(child => child.Sound).Select(child => child.Node)];

    /// <summary>When <see cref="Tick"/> has something to do; null: nothing is due.</summary>
    public DateTimeOffset? NextDue => _children.SelectMany(child => new[] { child.RestartAt, child.WakeAt, child.BackBy }).Min();

    /// <summary>The whole cluster starts.</summary>
    public IReadOnlyList<LauncherAction> Begin(DateTimeOffset now)
    {
        _trainers = options.Trainers;
        return [.. NodePlan.Of(options).Select(node => Add(node, now))];
    }

    /// <summary>A process has ended.</summary>
    /// <param name="name">Of its node.</param>
    /// <param name="exitCode">128 and the signal's number if a signal ended it.</param>
    /// <param name="lastLines">What it wrote last.</param>
    /// <param name="now">When.</param>
    public IReadOnlyList<LauncherAction> Exited(string name, int exitCode, IReadOnlyList<string> lastLines, DateTimeOffset now)
    {
        var child = Find(name);
        var (leaving, excused) = (child.Leaving, now < child.ExcusedUntil);
        if (now - child.StartedAt >= Healthy)
        {
            child.Pause = ShortestPause;
        }

        (child.Alive, child.Killed, child.Still, child.WakeAt, child.BackBy, child.ExcusedUntil, child.DisturbedUntil) = (false, false, false, null, null, default, default);
        if (leaving)
        {
            _children.Remove(child);
            return exitCode == ExitCode.Done
                ? [new TellLost(name), new Note(NoticeLevel.Information, $"{name} has left")]
                : [new TellLost(name), new Note(NoticeLevel.Warning, $"{name} died while it was leaving: {Cause(exitCode)}")];
        }

        if (exitCode == ExitCode.Mistake && !excused)
        {
            return [new GiveUp($"{name} could not start: {string.Join(" | ", lastLines)}")];
        }

        if (!excused && _restarts++ == options.MaxRestarts)
        {
            return
            [
                new TellLost(name),
                new GiveUp($"{name} died ({Cause(exitCode)}) after {options.MaxRestarts} restarts, which is the limit (--max-restarts); it wrote last: {(lastLines.Count == 0 ? "nothing" : string.Join(" | ", lastLines))}"),
            ];
        }

        var pause = excused ? ShortestPause : child.Pause;
        child.Pause = excused ? child.Pause : TimeSpan.FromTicks(Math.Min(LongestPause.Ticks, 2 * child.Pause.Ticks));
        child.RestartAt = now + pause;
        return
        [
            new TellLost(name),
            new Note(
                excused ? NoticeLevel.Information : NoticeLevel.Warning,
                FormattableString.Invariant($"{name} died ({Cause(exitCode)}); it starts again in {pause.TotalSeconds:0.#} s{(excused || lastLines.Count == 0 ? "" : ": " + lastLines[^1])}")),
        ];
    }

    /// <summary>The coordinator has put a trainer out. One whose process lives, hangs: it is started anew, unless it hangs on purpose and will wake up.</summary>
    public IReadOnlyList<LauncherAction> Lost(string name, LossReason reason, DateTimeOffset now)
    {
        var child = _children.Find(candidate => candidate.Node.Name == name);
        if (child is not { Alive: true, Leaving: false, Killed: false } || reason.MayConcernAnEarlierProcess || now - child.StartedAt < options.Membership.Lease)
        {
            return [];
        }

        if (now < child.DisturbedUntil)
        {
            child.BackBy = child.DisturbedUntil + Aftermath;
            return [];
        }

        child.Killed = true;
        return [new Kill(name), new Note(NoticeLevel.Warning, $"{name} hangs ({reason}): its process is ended")];
    }

    /// <summary>A view holds: whoever is in it is back.</summary>
    public void Viewed(IEnumerable<string> nodes)
    {
        foreach (var child in _children.Where(child => nodes.Contains(child.Node.Name)))
        {
            child.BackBy = null;
        }
    }

    /// <summary>What is due by now.</summary>
    public IReadOnlyList<LauncherAction> Tick(DateTimeOffset now)
    {
        var actions = new List<LauncherAction>();
        foreach (var child in _children)
        {
            if (child.RestartAt <= now)
            {
                actions.Add(Start(child, now));
            }

            if (child.WakeAt <= now)
            {
                (child.WakeAt, child.Still) = (null, false);
                actions.Add(new GoOn(child.Node.Name));
                actions.Add(new Note(NoticeLevel.Information, $"{child.Node.Name} goes on"));
            }

            if (child.BackBy <= now)
            {
                (child.BackBy, child.Killed) = (null, true);
                actions.Add(new Kill(child.Node.Name));
                actions.Add(new Note(NoticeLevel.Warning, $"{child.Node.Name} has not come back after its fault: its process is ended"));
            }
        }

        return actions;
    }

    /// <summary>Does to the nodes what a fault says, and writes it down before.</summary>
    /// <param name="fault">What.</param>
    /// <param name="step">Steps applied, as last reported.</param>
    /// <param name="now">When.</param>
    public IReadOnlyList<LauncherAction> Inject(Fault fault, long step, DateTimeOffset now)
    {
        if (fault.Kind == FaultKind.Join)
        {
            var newcomer = NodePlan.Trainer(++_trainers);
            return [.. Announce(fault, newcomer.Name, step, now), Add(newcomer, now)];
        }

        var targets = TargetsOf(fault);
        return targets.Count == 0
            ? [new Note(NoticeLevel.Warning, $"fault {fault}: no living node is meant by \"{fault.Target}\"; living: {string.Join(", ", Living.Select(node => node.Name))}")]
            : [.. targets.SelectMany(child => Announce(fault, child.Node.Name, step, now).Append(Do(fault, child, now)))];
    }

    /// <summary>Starts or drains trainers until there are as many as wanted; the newest go first.</summary>
    /// <param name="wanted">At least 1.</param>
    /// <param name="now">When.</param>
    /// <returns>What is to be done, and who comes and goes.</returns>
    public (IReadOnlyList<LauncherAction> Actions, IReadOnlyList<string> Coming, IReadOnlyList<string> Going) Scale(int wanted, DateTimeOffset now)
    {
        var (actions, coming, going) = (new List<LauncherAction>(), new List<string>(), new List<string>());
        var present = _children.Where(child => child is { IsTrainer: true, Leaving: false }).ToList();
        for (var missing = wanted - present.Count; missing > 0; missing--)
        {
            var newcomer = NodePlan.Trainer(++_trainers);
            coming.Add(newcomer.Name);
            actions.Add(Add(newcomer, now));
        }

        foreach (var child in present.Skip(wanted).Reverse())
        {
            going.Add(child.Node.Name);
            actions.AddRange(LetGo(child));
        }

        return (actions, coming, going);
    }

    /// <summary>Lets a trainer leave.</summary>
    /// <param name="name">Its node.</param>
    /// <returns>What is to be done; null: there is no such trainer, or it is leaving already.</returns>
    public IReadOnlyList<LauncherAction>? Drain(string name) =>
        _children.Find(child => child.Node.Name == name) is { IsTrainer: true, Leaving: false } child ? LetGo(child) : null;

    /// <summary>The nodes of all processes that live or are about to be started anew, in the order in which they first came.</summary>
    public IReadOnlyList<NodePlan> Present => [.. _children.Where(child => !child.Leaving).Select(child => child.Node)];

    private IReadOnlyList<LauncherAction> LetGo(Child child)
    {
        if (!child.Alive)
        {
            _children.Remove(child);
            return [];
        }

        child.Leaving = true;
        // One that stands still on purpose hears nothing.
        return child.Still ? [new GoOn(child.Node.Name), new AskToLeave(child.Node.Name)] : [new AskToLeave(child.Node.Name)];
    }

    private List<Child> TargetsOf(Fault fault)
    {
        var living = _children.Where(child => child.Sound).ToList();
        return fault.Target == Fault.All ? [.. _children.Where(child => child is { Alive: true, Leaving: false, Killed: false })]
            : living.Find(child => child.Node.Name == fault.Target) is { } named ? [named]
            : living.FindLast(child => child.Node.Roles.Contains(fault.Target)) is { } newest ? [newest]
            : [];
    }

    private static LauncherAction Do(Fault fault, Child child, DateTimeOffset now)
    {
        var name = child.Node.Name;
        switch (fault.Kind)
        {
            case FaultKind.Kill:
                (child.Killed, child.ExcusedUntil) = (true, DateTimeOffset.MaxValue);
                return new Kill(name);
            case FaultKind.Drain:
                child.Leaving = true;
                return new AskToLeave(name);
            case FaultKind.Hang when fault.Duration == TimeSpan.Zero:
                (child.Still, child.ExcusedUntil) = (true, DateTimeOffset.MaxValue);
                return new Halt(name);
            case FaultKind.Hang:
                (child.Still, child.WakeAt, child.DisturbedUntil) = (true, now + fault.Duration, now + fault.Duration);
                child.ExcusedUntil = child.DisturbedUntil + Aftermath + Aftermath;
                return new Halt(name);
            case FaultKind.Partition:
                (child.DisturbedUntil, child.ExcusedUntil) = (now + fault.Duration, now + fault.Duration + Aftermath + Aftermath);
                return new Say(name, FormattableString.Invariant($"partition {fault.Duration.TotalSeconds:0.###}"));
            default:
                child.ExcusedUntil = now + Aftermath;
                return new Say(name, "flip");
        }
    }

    private static LauncherAction[] Announce(Fault fault, string node, long step, DateTimeOffset now) =>
    [
        new WriteDown(new InjectedFault(fault.Word, fault.Target, node, step, now.ToUnixTimeMilliseconds())),
        new Note(NoticeLevel.Information, FormattableString.Invariant($"fault at step {step}: {fault.Word} {node}{(fault.Duration == TimeSpan.Zero ? "" : $" for {fault.Duration.TotalSeconds:0.#} s")}")),
    ];

    private Start Add(NodePlan node, DateTimeOffset now)
    {
        var child = new Child(node);
        _children.Add(child);
        return Start(child, now);
    }

    private static Start Start(Child child, DateTimeOffset now)
    {
        (child.Alive, child.StartedAt, child.RestartAt) = (true, now, null);
        return new Start(child.Node);
    }

    private Child Find(string name) => _children.Find(child => child.Node.Name == name) ?? throw new ArgumentException($"There is no node {name}.", nameof(name));

    private static string Cause(int exitCode) => exitCode > 128 ? $"signal {exitCode - 128}" : $"exit code {exitCode}";
}
