using TiMix.Protocol.Coordination;
using TiMix.Protocol.Messages;
using TiMix.Protocol.Values;
using static TiMix.Protocol.Coordination.CoordinatorEffects;
using static TiMix.Protocol.Coordination.CoordinatorInputs;
using static TiMix.Protocol.Messages.CoordinatorEvents;

namespace TiMix.Protocol.Tests.Coordination;

/// <summary>A coordinator on a desk: its journal is a list, its clock is set by hand, and what it wants done is written down.</summary>
internal sealed class CoordinatorDesk
{
    public const string Monitor = "monitor";
    public static readonly RunPlan Plan = new()
    {
        Steps = 100, MicroBatches = 8, SnapshotEvery = 10, KeepSnapshots = 2, EvaluateEvery = 20,
        SplitsWhileTraining = ["validation"], SplitsAtEnd = ["validation", "test"],
    };

    public static readonly RunIdentity Identity = new("run", "1.0", "/runs/run", "1d");

    private readonly Dictionary<string, long> _numbers = [];
    private readonly List<IEffect> _effects = [];

    public CoordinatorDesk(IEnumerable<IEvent>? journal = null, bool goOn = false, int trainers = 1, bool mayLive = false)
    {
        Events = [.. journal ?? []];
        Core = new CoordinatorCore(new CoordinatorTask
        {
            Run = "run",
            Identity = Identity,
            Plan = Plan,
            Begin = new CoordinatorCommands.BeginRun("{}", Plan.Steps, Plan.MicroBatches, 1),
            GoOn = goOn,
            MayLive = mayLive,
            Description = new NodeMessages.Subscribed("described"),
            Snapshots = "/snapshots",
            Membership = new MembershipOptions { StartTrainers = trainers },
        });
        Events.ForEach(Core.Replay);
    }

    public CoordinatorCore Core { get; }

    /// <summary>All that is in the journal.</summary>
    public List<IEvent> Events { get; }

    /// <summary>What the run's directory holds, whatever the journal says.</summary>
    public List<FoundSnapshot> Disk { get; } = [];

    /// <summary>Whether the journal takes its time: events then wait for <see cref="Journal"/>.</summary>
    public bool Slow { get; set; }

    /// <summary>Whether what trainers write is nowhere to be seen.</summary>
    public bool Astray { get; set; }

    /// <summary>What waits for the journal.</summary>
    public IReadOnlyList<IEvent>? Waiting { get; private set; }

    public long Now { get; set; } = 1_000_000;

    /// <summary>A coordinator of a run that has begun, with these trainers at work and the evaluator there.</summary>
    public static CoordinatorDesk Training(params string[] trainers)
    {
        var desk = new CoordinatorDesk(trainers: trainers.Length);
        desk.Tell(new Recovered());
        foreach (var trainer in trainers)
        {
            desk.Node(trainer, "trainer");
            desk.Trainer(trainer, TrainerPhase.Idle, 0, -1);
        }

        desk.All(TrainerPhase.Ready, desk.Core.Run.Generation, 0, "h", trainers);
        desk.All(TrainerPhase.Running, desk.Core.Run.Generation, 0, null, trainers);
        desk.Hear("evaluator", new NodeMessages.ServiceStatus("services", "evaluator"));
        desk.Hear("looker", new NodeMessages.Subscribe("launcher"));
        desk.Taken();
        return desk;
    }

    /// <summary>Why the monitor cannot write; null: it can.</summary>
    public string? RecordsFailure { get; set; }

    /// <summary>Says something to the core and does what it wants done.</summary>
    public void Tell(IInput input)
    {
        foreach (var effect in Core.Handle(input, Now))
        {
            _effects.Add(effect);
            switch (effect)
            {
                case Journal journal when Slow:
                    Waiting = journal.Events;
                    break;
                case Journal journal:
                    Events.AddRange(journal.Events);
                    Tell(new Journaled());
                    break;
                case LookForSnapshot look:
                    Tell(new SnapshotLooked(look.Directory, Astray ? null : $"f{look.Directory[5..]}"));
                    break;
                case Publish { Message: MonitorMessages.Evaluated evaluated } when RecordsFailure is null:
                    Tell(new EvaluationKept(evaluated.Report.Step));
                    break;
                case Publish { Message: MonitorMessages.Evaluated }:
                    Tell(new RecordsNotWritten(RecordsFailure));
                    break;
                case FindSnapshots:
                    Tell(new SnapshotsFound([.. Disk]));
                    break;
            }
        }
    }

    /// <summary>A message arrives.</summary>
    public void Hear(string from, ITiMixMessage message) => Tell(new Received(from, message));

    /// <summary>The slow journal has written what waited.</summary>
    public void Journal()
    {
        Events.AddRange(Waiting!);
        Waiting = null;
        Tell(new Journaled());
    }

    public void Node(string name, params string[] roles) =>
        Hear($"node-{name}", new NodeMessages.DescribeRun(name, new NodeVitals(roles, "host", 1, "cpu", 1, 0, 0, 0), new JoinClaim(
            Identity, roles, $"{name}:1", Now / 1000.0)));

    public void Trainer(
        string id, TrainerPhase phase, long generation, long applied, string? hash = null, bool leaving = false, params IReadOnlyList<Accusation> accused)
    {
        var number = _numbers[id] = _numbers.GetValueOrDefault(id) + 1;
        Hear($"at-{id}", new TrainerStatus(id, id, number, $"e-{id}", "cpu", phase, generation, applied < 0 ? 0 : generation, applied, hash, [], leaving, 0)
        {
            Accused = accused,
        });
    }

    public void All(TrainerPhase phase, long generation, long applied, string? hash, params string[] trainers)
    {
        foreach (var trainer in trainers)
        {
            Trainer(trainer, phase, generation, applied, hash);
        }
    }

    /// <summary>A snapshot is written and reported.</summary>
    public void Snapshot(long step) => Hear("at-a", new CoordinatorCommands.ReportSnapshot(Core.Run.Generation, step, $"step-{step}", $"f{step}"));

    /// <summary>An evaluation is reported.</summary>
    public void Evaluated(long step, double recall) =>
        Hear("evaluator", new EvaluatorMessages.Evaluated(
            new EvaluationReport(step, [new SplitEvaluation("validation", 1, new Dictionary<string, double> { ["meanRecall"] = recall })])));

    /// <summary>What the core wanted done since this was last asked.</summary>
    public IReadOnlyList<IEffect> Taken()
    {
        IReadOnlyList<IEffect> taken = [.. _effects];
        _effects.Clear();
        return taken;
    }

    /// <summary>What it has sent somebody since <see cref="Taken"/> was last asked.</summary>
    public IReadOnlyList<ITiMixMessage> SentTo(string address) => [.. _effects.OfType<Send>().Where(send => send.To == address).Select(send => send.Message)];

    /// <summary>What it has published since then.</summary>
    public IReadOnlyList<T> Published<T>() => [.. _effects.OfType<Publish>().Select(publish => publish.Message).OfType<T>()];

    public IReadOnlyList<T> Wanted<T>()
        where T : IEffect => [.. _effects.OfType<T>()];
}
