using TiMix.Base;
using TiMix.Protocol.Coordination;
using TiMix.Protocol.Messages;
using TiMix.Protocol.Values;

namespace TiMix.Protocol.Tests.Simulation;

/// <summary>
/// A whole run: all cores in their shells, networks, journal, disk, launcher and user, in one thread and one virtual time. The same
/// settings always give the same run, event for event.
/// </summary>
internal sealed class Cluster
{
    private const int ProgressWithin = 600_000;
    private const int MostEvents = 1_000_000;
    private readonly Dictionary<SimulatedProcess, Session> _sessions = [];
    private readonly List<TrainerShell> _trainers = [];
    private readonly FaultInjector _faults;
    private int _lives;
    private int _sessionsBegun;
    private int _trainerNodes;
    private bool _resuming;

    /// <summary>What all nodes say that they want.</summary>
    public static RunIdentity Identity { get; } = new("simulated", "1", SimulatedDisk.Place, "f00d");

    /// <summary>Sets everything up; nothing has happened yet.</summary>
    public Cluster(SimulationSettings settings, bool trace = false)
    {
        Settings = settings;
        Plan = settings.Plan;
        Undisturbed = UndisturbedRun.Of(settings.MicroBatches, settings.RefreshEvery, settings.Teacher);
        Chance = new Chance(settings.Seed);
        Log = trace ? new SimulationTrace(Time) : null;
        Network = new Network(this);
        Journal = new SimulatedJournal(this);
        Disk = new SimulatedDisk(this);
        Coordinators = new Coordinators(this);
        Invariants = new Invariants(this);
        User = new User(new SimulatedProcess(this, "user"));
        User.Process.Add(User);
        _faults = new FaultInjector(this);
        Session = NewSession();
        Session.Begin(goOn: false);
        Time.After(settings.FaultsEndAfter, CalmDown);
    }

    public SimulationSettings Settings { get; }

    public RunPlan Plan { get; }

    public UndisturbedRun Undisturbed { get; }

    public VirtualTime Time { get; } = new();

    public Chance Chance { get; }

    public SimulationTrace? Log { get; }

    public Network Network { get; }

    public Invariants Invariants { get; }

    public SimulatedJournal Journal { get; }

    public SimulatedDisk Disk { get; }

    public SimulatedRecords Records { get; } = new();

    public Coordinators Coordinators { get; }

    public SimulationStatistics Statistics { get; } = new();

    public User User { get; }

    /// <summary>The nodes that were started last.</summary>
    public Session Session { get; private set; }

    /// <summary>Every life of a trainer, oldest first.</summary>
    public IReadOnlyList<TrainerShell> Trainers => _trainers;

    /// <summary>The bad machine, and what it does wrong; null: there is none.</summary>
    public (string Node, SimulatedLie Lie)? Liar { get; set; }

    /// <summary>The step that had been applied when the bad machine first did what it must not; -1: it has not.</summary>
    public long LiesFrom { get; private set; } = -1;

    /// <summary>The last step that each node has applied in a view with others.</summary>
    public Dictionary<string, long> LastStepOf { get; } = new(StringComparer.Ordinal);

    /// <summary>Nodes whose trainers have once computed wrong bits.</summary>
    public HashSet<string> Wrong { get; } = new(StringComparer.Ordinal);

    /// <summary>So many evaluations are going to fail.
    public int FailEvaluations { get; set; }

    /// <summary>Lets the run go on until the end, or until something is true.</summary>
    public Cluster Run(Func<Cluster, bool>? until = null)
    {
        var deadline = VirtualTime.Beginning + Settings.FaultsEndAfter + ProgressWithin;
        while (Journal.Run.Status != RunStatus.Finished && until?.Invoke(this) != true)
        {
            if (Time.Events > MostEvents)
            {
                throw new SimulationFailure($"Messages multiply: {MostEvents} events; {Situation()}");
            }

            if (!Time.Advance() || Time.Now > deadline)
            {
                throw new SimulationFailure($"No end {ProgressWithin / 1000} s after the last fault; {Situation()}");
            }
        }

        if (Journal.Run.Status == RunStatus.Finished)
        {
            Invariants.Finished();
        }

        return this;
    }

    /// <summary>What a coordinator is there for.</summary>
    public CoordinatorTask TaskOf(bool goOn) => new()
    {
        Run = "simulated",
        Identity = Identity,
        Plan = Plan,
        Begin = new CoordinatorCommands.BeginRun("{}", Settings.Steps, Settings.MicroBatches, 1),
        GoOn = goOn,
        Description = new SimulatedDescription(),
        Snapshots = SimulatedDisk.Place,
        Membership = Settings.Leases,
    };

    /// <summary>Somebody has come to a point where a fault may strike.</summary>
    public void Reach(Point point, SimulatedProcess who) => _faults.Reach(point, who);

    /// <summary>A process of a node begins.</summary>
    public SimulatedProcess Start(Session session, string node, IReadOnlyList<string> roles, bool goOn)
    {
        var process = new SimulatedProcess(this, node);
        var life = ++_lives;
        Log?.Add($"{node} starts (life {life})");
        _sessions.Add(process, session);
        process.Add(new NodeShell(process, roles, life));
        if (roles.Contains(NodeRoles.Coordinator))
        {
            var host = new CoordinatorHost(process, $"{node}/guard#{life}") { GoOn = goOn };
            process.Add(host);
            Coordinators.Add(host);
        }

        return process;
    }

    /// <summary>The bad machine does what it must not.</summary>
    public void Lies() => LiesFrom = LiesFrom < 0 ? Statistics.Furthest : LiesFrom;

    /// <summary>A trainer's actor begins.</summary>
    public void Add(TrainerShell trainer) => _trainers.Add(trainer);

    /// <summary>A name for one more node with a trainer.</summary>
    public string NewTrainer() => $"trainer-{++_trainerNodes}";

    /// <summary>A process has ended.</summary>
    public void Ended(SimulatedProcess process, int exitCode)
    {
        if (_sessions.TryGetValue(process, out var session))
        {
            session.Ended(process, exitCode);
        }

        foreach (var actor in process.Actors)
        {
            Time.After(Chance.Between(3000, 8000), () => Coordinators.Working?.HearGone(actor.Address));
        }
    }

    /// <summary>Everybody dies at once, and nobody is started again but by the user.</summary>
    public void KillAll()
    {
        Session.Close();
        foreach (var process in _sessions.Keys.ToArray())
        {
            process.End(137);
        }
    }

    /// <summary>The user starts everything again, on as many nodes as there happen to be.</summary>
    public void Resume()
    {
        _resuming = false;
        if (Session.IsOver && Journal.Run.Status != RunStatus.Finished)
        {
            Log?.Add("the user resumes the run");
            if (_faults.Over && Liar is { } bad)
            {
                // Whoever resumes a run again and again has read which machine is bad.
                Wrong.Add(bad.Node);
                Liar = null;
            }

            Session = NewSession();
            Session.Begin(goOn: true);
        }
    }

    /// <summary>The user sees that nothing lives any more.</summary>
    public void ResumeLater()
    {
        if (!_resuming)
        {
            _resuming = true;
            Time.After(Chance.Between(500, 3000), Resume);
        }
    }

    /// <summary>Whether a trainer is in the view that holds.</summary>
    public bool IsInView(TrainerShell trainer) => Journal.Run.View?.Has(trainer.Id) == true;

    /// <summary>Any living actor of a kind; null: there is none.</summary>
    public T? AnyOf<T>()
        where T : SimulatedActor
    {
        var living = _sessions.Keys.Where(process => process.Sound).Select(process => process.Find<T>()).OfType<T>().ToList();
        return living.Count == 0 ? null : Chance.Pick(living);
    }

    private Session NewSession() => Settings.Launched ? new LauncherSession(this, ++_sessionsBegun) : new NodeSession(this, ++_sessionsBegun);

    /// <summary>The last fault is over: from now on there must be progress.</summary>
    private void CalmDown()
    {
        Log?.Add("the faults are over");
        (_faults.Over, Network.Calm, User.WantsStop, User.WantsPause, FailEvaluations) = (true, true, false, false, 0);
        (Journal.AwayUntil, Disk.FullUntil, Disk.AuditFullUntil, Disk.RecordsFullUntil) = (0, 0, 0, 0);
        foreach (var process in _sessions.Keys.Where(process => process is { Alive: true, Hung: true }).ToArray())
        {
            if (Chance.Of(0.5))
            {
                process.GoOn();
            }
            else
            {
                process.End(137);
            }
        }

        Time.After(5000, SeeToTrainers);
    }

    /// <summary>Whoever runs a cluster sees to it that there are enough of everything.</summary>
    private void SeeToTrainers()
    {
        if (Journal.Run.Status == RunStatus.Running)
        {
            Session.Complete();
        }

        Time.After(5000, SeeToTrainers);
    }

    private string Situation() =>
        $"the run is {Journal.Run.Status} at step {Journal.Run.Progress}, generation {Journal.Run.Generation}, "
        + $"view {Journal.Run.View}, proposed {Journal.Run.Proposed?.View}; "
        + string.Join(", ", _trainers.Where(trainer => trainer.Alive).Select(trainer => trainer.Said?.ToString() ?? trainer.Address));
}
