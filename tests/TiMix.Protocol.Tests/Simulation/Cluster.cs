using System.Diagnostics.CodeAnalysis;
using TiMix.Protocol.Messages;
using TiMix.Protocol.Values;

namespace TiMix.Protocol.Tests.Simulation;

/// <summary>What a simulation counts.</summary>
internal sealed record SimulationStatistics
{
    /// <summary>Views proposed.</summary>
    public int Views { get; set; }

    /// <summary>Steps applied, by all trainers together.</summary>
    public int StepsApplied { get; set; }

    /// <summary>The furthest step that anybody has applied.</summary>
    public long Furthest { get; set; }

    /// <summary>Steps that were applied in one generation and again in a later one.</summary>
    public int StepsRepeated { get; set; }

    /// <summary>Orders that the coordinator gave.</summary>
    public int Orders { get; set; }

    /// <summary>Frames of another generation that were dropped.</summary>
    public int FencedFrames { get; set; }

    /// <summary>Trainers that broke off instead of stopping.</summary>
    public int Aborts { get; set; }
}

/// <summary>
/// A whole run: coordinator, trainers, networks, disk, launcher and user, in one thread and one virtual time. The same settings
/// always give the same run, event for event.
/// </summary>
internal sealed class Cluster
{
    private const int ProgressWithin = 600_000;
    private const int MostEvents = 400_000;
    private const int PollEvery = 500;
    private readonly Dictionary<string, SimulatedTrainer> _byId = new(StringComparer.Ordinal);
    private readonly Dictionary<string, int> _restarts = new(StringComparer.Ordinal);
    private readonly FaultInjector _faults;
    private int _lives;
    private bool _faultsOver;

    /// <summary>Sets everything up; nothing has happened yet.</summary>
    public Cluster(SimulationSettings settings, bool trace = false)
    {
        Settings = settings;
        Chance = new Chance(settings.Seed);
        Log = trace ? new SimulationTrace(Time) : null;
        Network = new ControlNetwork(this);
        Invariants = new Invariants(this);
        Coordinator = new SimulatedCoordinator(this);
        _faults = new FaultInjector(this);
        for (var i = 0; i < settings.Trainers; i++)
        {
            Time.After(Chance.Between(0, 300), StartNode);
        }

        Time.After(0, Coordinator.Start);
        Time.After(Chance.Between(0, 100), Poll);
        Time.After(settings.FaultsEndAfter, CalmDown);
    }

    public SimulationSettings Settings { get; }

    public VirtualTime Time { get; } = new();

    public Chance Chance { get; }

    public SimulationTrace? Log { get; }

    public ControlNetwork Network { get; }

    public Invariants Invariants { get; }

    public SimulatedCoordinator Coordinator { get; }

    public SimulatedDisk Disk { get; } = new();

    public SimulationStatistics Statistics { get; } = new();

    /// <summary>Every life, oldest first.</summary>
    public List<SimulatedTrainer> Trainers { get; } = [];

    /// <summary>Nodes started so far.</summary>
    public int Nodes { get; private set; }

    /// <summary>What the user wants: a run that trains, or one that stands still.</summary>
    public bool WantsPause { get; set; }

    /// <summary>The user wants everybody to hold still.</summary>
    public bool WantsHold { get; set; }

    /// <summary>What the user says to begin the run, or to go on with it.</summary>
    public CoordinatorCommands.BeginRun BeginRun => new("{}", Settings.Steps, UndisturbedRun.MicroBatches, 1);

    /// <summary>Lets the run go on until the end, or until something is true.</summary>
    [SuppressMessage("Design", "CA1031", Justification = "Whatever goes wrong inside is a finding of this simulation.")]
    public Cluster Run(Func<Cluster, bool>? until = null)
    {
        var deadline = VirtualTime.Beginning + Settings.FaultsEndAfter + ProgressWithin;
        while (Coordinator.Run.Status != RunStatus.Finished && until?.Invoke(this) != true)
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

        Invariants.ReplaysToTheSame(Coordinator.Run);
        return this;
    }

    /// <summary>A trainer that lives; null: there is none of this id.</summary>
    public SimulatedTrainer? Find(string id) => _byId.TryGetValue(id, out var trainer) && trainer.Alive ? trainer : null;

    /// <summary>Who listens there.</summary>
    public SimulatedTrainer? AtEndpoint(string endpoint) => endpoint.StartsWith("tcp://", StringComparison.Ordinal) ? Find(endpoint[6..]) : null;

    /// <summary>Somebody has come to a point where a fault may strike; null: the coordinator.</summary>
    public void Reach(Point point, SimulatedTrainer? who)
    {
        Statistics.Aborts += point == Point.Quiet && who?.Protocol.Phase == TrainerPhase.Aborted ? 1 : 0;
        if (!_faultsOver)
        {
            _faults.Reach(point, who);
        }
    }

    /// <summary>A new node with a trainer.</summary>
    public void StartNode()
    {
        var node = $"node-{++Nodes}";
        _restarts[node] = Settings.Restarts;
        StartTrainer(node);
    }

    /// <summary>A trainer's process dies; the launcher may say so and may start another.</summary>
    public void Kill(SimulatedTrainer trainer)
    {
        if (!trainer.Alive)
        {
            return;
        }

        trainer.Die();
        if (Chance.Of(Settings.LauncherReports))
        {
            Time.After(Chance.Between(5, 3000), () => Coordinator.Hear(new CoordinatorCommands.ReportNodeLost(trainer.Node)));
        }

        if (_restarts[trainer.Node]-- > 0)
        {
            Time.After(Chance.Between(50, 4000), () => StartTrainer(trainer.Node));
        }
    }

    /// <summary>A trainer ends as it was asked to.</summary>
    public void Leave(SimulatedTrainer trainer)
    {
        _restarts[trainer.Node] = 0;
        trainer.Die();
    }

    /// <summary>Everybody dies at once, and nobody is started again but by the user.</summary>
    public void KillAll()
    {
        Coordinator.Crash();
        foreach (var trainer in Trainers.Where(trainer => trainer.Alive))
        {
            _restarts[trainer.Node] = 0;
            trainer.Die();
        }
    }

    private void StartTrainer(string node)
    {
        if (_restarts[node] < 0)
        {
            return;
        }

        var trainer = new SimulatedTrainer(this, $"t{++_lives}", node);
        Log?.Add($"{trainer.Id} starts on {node}");
        Trainers.Add(trainer);
        _byId.Add(trainer.Id, trainer);
    }

    /// <summary>The user looks at the run and says again what has not been followed.</summary>
    private void Poll()
    {
        var status = Coordinator.Run.Status;
        if (WantsPause && status == RunStatus.Running)
        {
            Coordinator.Hear(new CoordinatorCommands.PauseRun());
        }
        else if (!WantsPause && status is RunStatus.New or RunStatus.Paused)
        {
            Coordinator.Hear(BeginRun);
        }
        else if (status == RunStatus.Running && WantsHold != Coordinator.Run.Held)
        {
            Coordinator.Hear(WantsHold ? new CoordinatorCommands.HoldRun() : new CoordinatorCommands.EndHold());
        }

        Time.After(PollEvery, Poll);
    }

    /// <summary>The last fault is over: from now on there must be progress.</summary>
    private void CalmDown()
    {
        Log?.Add("the faults are over");
        (_faultsOver, Network.Calm, WantsPause, WantsHold) = (true, true, false, false);
        Coordinator.Start();
        foreach (var trainer in Trainers.Where(trainer => trainer is { Alive: true, Hung: true }).ToArray())
        {
            if (Chance.Of(0.5))
            {
                trainer.Continue();
            }
            else
            {
                Kill(trainer);
            }
        }

        var needed = Math.Max(1, Settings.Leases.MinTrainers) - Trainers.Count(trainer => trainer is { Alive: true, Protocol.Leaving: false });
        for (var i = 0; i < needed; i++)
        {
            StartNode();
        }
    }

    private string Situation() =>
        $"the run is {Coordinator.Run.Status} at step {Coordinator.Run.Progress}, generation {Coordinator.Run.Generation}, view {Coordinator.Run.View}, proposed {Coordinator.Run.Proposed?.View}; "
        + string.Join(", ", Trainers.Where(trainer => trainer.Alive).Select(trainer => $"{trainer.Id} {trainer.Protocol.Phase} generation {trainer.Protocol.Generation} step {trainer.Protocol.Step}"));
}
