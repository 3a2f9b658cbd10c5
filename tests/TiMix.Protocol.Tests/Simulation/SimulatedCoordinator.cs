using TiMix.Protocol.Coordination;
using TiMix.Protocol.Messages;
using TiMix.Protocol.Values;
using static TiMix.Protocol.Messages.CoordinatorEvents;

namespace TiMix.Protocol.Tests.Simulation;

/// <summary>
/// The coordinator's process: the real decisions, a journal that takes its time and may be cut off in the middle of it, and
/// crashes after which everything but the journal is new.
/// </summary>
internal sealed class SimulatedCoordinator(Cluster cluster)
{
    private const int Tick = 250;
    private const int DecisionsInARow = 50;
    private readonly Queue<Action> _stash = new();
    private readonly List<IEvent> _journal = [];
    private Membership? _membership;
    private int _life;
    private bool _persisting;
    private bool _evaluating;

    /// <summary>What it knows; what the journal would give while it is dead.</summary>
    public RunState Run { get; private set; } = RunState.Empty;

    /// <summary>Whether its process lives.</summary>
    public bool Alive => _membership is not null;

    /// <summary>All events that are safe.</summary>
    public IReadOnlyList<IEvent> Journal => _journal;

    /// <summary>The process starts: all it knows is the journal.</summary>
    public void Start()
    {
        if (Alive)
        {
            return;
        }

        cluster.Log?.Add("the coordinator starts");
        Run = Replay();
        _membership = new Membership(cluster.Settings.Leases, cluster.Time.Now);
        (_persisting, _evaluating) = (false, false);
        TickAgain(_life);
    }

    /// <summary>The process dies.</summary>
    public void Crash()
    {
        if (!Alive)
        {
            return;
        }

        cluster.Log?.Add("the coordinator crashes");
        _life++;
        _membership = null;
        _stash.Clear();
    }

    /// <summary>A command is here.</summary>
    public void Hear(CoordinatorCommands.ICommand command) => WhenFree(() =>
    {
        if (command is TrainerStatus status)
        {
            _membership = _membership!.Hear(status, cluster.Time.Now);
            Decide(0);
            return;
        }

        cluster.Log?.Add($"coordinator ← {command}");
        _membership = command switch
        {
            CoordinatorCommands.ReportNodeLost lost => _membership!.BuryNode(lost.Node),
            CoordinatorCommands.PauseRun => _membership!.Pause(),
            CoordinatorCommands.EndHold when Run.Held => _membership!.GoOn(cluster.Time.Now),
            CoordinatorCommands.WantSnapshot => _membership!.WantSnapshot(_membership.Statuses.Select(status => status.Applied).DefaultIfEmpty(-1).Max() + (Run.Held ? 0 : 1)),
            CoordinatorCommands.ReportSnapshotFailed => _membership!.WantSnapshot(null),
            _ => _membership,
        };
        Persist(Run.Decide(command, cluster.Time.Now), 0);
    });

    /// <summary>The state that the journal gives.</summary>
    public RunState Replay() => _journal.Aggregate(RunState.Empty, (state, happened) => state.Apply(happened));

    private void WhenFree(Action action)
    {
        if (!Alive)
        {
            return;
        }

        if (_persisting)
        {
            _stash.Enqueue(action);
        }
        else
        {
            action();
        }
    }

    private void TickAgain(int life)
    {
        if (life == _life)
        {
            WhenFree(() => Decide(0));
            EvaluateTheLast();
            cluster.Time.After(Tick, () => TickAgain(life));
        }
    }

    private void Decide(int inARow)
    {
        var decision = _membership!.Decide(Run, cluster.Time.Now);
        _membership = decision.Next;
        if (decision.Events.Count > 0)
        {
            if (inARow > DecisionsInARow)
            {
                throw new SimulationFailure($"The coordinator decides without end: {decision.Events[0]}.");
            }

            Persist(decision.Events, inARow + 1);
            return;
        }

        foreach (var order in decision.Orders)
        {
            cluster.Statistics.Orders++;
            cluster.Network.ToTrainer(order);
        }
    }

    private void Persist(IReadOnlyList<IEvent> events, int inARow)
    {
        if (events.Count == 0)
        {
            Decide(inARow);
            return;
        }

        var life = _life;
        _persisting = true;
        cluster.Reach(Point.Persisting, null);
        if (life == _life)
        {
            cluster.Time.After(cluster.Chance.Between(0, 5), () => Persisted(events, inARow, life));
        }
        else if (cluster.Chance.Of(0.5))
        {
            Append(events);
        }
    }

    private void Persisted(IReadOnlyList<IEvent> events, int inARow, int life)
    {
        if (life != _life && (Alive || cluster.Chance.Of(0.5)))
        {
            return;
        }

        Append(events);
        if (events.Any(happened => happened is ViewProposed or ViewInstalled))
        {
            cluster.Reach(events.Any(happened => happened is ViewProposed) ? Point.Proposed : Point.Installed, null);
        }

        if (life != _life)
        {
            return;
        }

        Run = events.Aggregate(Run, (state, happened) => state.Apply(happened));
        _persisting = false;
        Decide(inARow);
        while (!_persisting && Alive && life == _life && _stash.TryDequeue(out var next))
        {
            next();
        }
    }

    private void Append(IReadOnlyList<IEvent> events)
    {
        foreach (var happened in events)
        {
            cluster.Log?.Add($"journal: {happened}");
            _journal.Add(happened);
            cluster.Invariants.Journaled(happened);
        }
    }

    private void EvaluateTheLast()
    {
        if (_evaluating || !Alive || Run is not { Status: RunStatus.Running, Trained: true, Newest: { } newest })
        {
            return;
        }

        _evaluating = true;
        var life = _life;
        cluster.Time.After(cluster.Chance.Between(20, 400), () =>
        {
            if (life == _life)
            {
                _evaluating = false;
                Hear(cluster.Disk.Read(newest.Directory) is null
                    ? new CoordinatorCommands.ReportSnapshotDamaged(Run.Lineage, newest.Directory, "bits differ")
                    : new CoordinatorCommands.ReportEvaluation(new EvaluationReport(newest.Step, [new SplitEvaluation("validation", 1, new Dictionary<string, double> { ["meanRecall"] = 50 })])));
            }
        });
    }
}
