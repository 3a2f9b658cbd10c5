using System.Globalization;
using TiMix.Protocol.Messages;
using TiMix.Protocol.Training;
using TiMix.Protocol.Values;

namespace TiMix.Protocol.Tests.Simulation;

/// <summary>
/// One life of a trainer's process: the real protocol, and an executor of what it wants done. Everything that happens to it goes
/// through <see cref="Later"/>, so that a dead one does nothing and a hung one does it all when it continues.
/// </summary>
internal sealed class SimulatedTrainer
{
    private readonly List<Action> _stalled = [];
    private readonly int _millisecondsPerMicroBatch;
    private long _number;
    private StateTransfer? _transfer;
    private bool _afterLastStep;

    /// <summary>A new life.</summary>
    public SimulatedTrainer(Cluster cluster, string id, string node)
    {
        (Cluster, Id, Node) = (cluster, id, node);
        Protocol = new TrainerProtocol(cluster.Settings.Steps);
        Ends = new LinkEnds(this);
        Snapshots = new SnapshotWriter(this);
        _millisecondsPerMicroBatch = cluster.Chance.Between(2, 25);
        Later(0, () => Do(new TrainerProtocol.Report()));
        Later(StatusInterval, SpeakAgain);
    }

    public Cluster Cluster { get; }

    public string Id { get; }

    public string Node { get; }

    public string Endpoint => "tcp://" + Id;

    public TrainerProtocol Protocol { get; }

    public LinkEnds Ends { get; }

    public SnapshotWriter Snapshots { get; }

    public bool Alive { get; private set; } = true;

    public bool Hung { get; private set; }

    /// <summary>Rises with every hang, so that a peer's patience with an earlier one does not count.</summary>
    public int Hangs { get; private set; }

    /// <summary>Steps applied; -1: no state.</summary>
    public long Step { get; private set; } = -1;

    /// <summary>The weights.</summary>
    public ulong State { get; private set; }

    /// <summary>What the weights were when they were last written; differs from <see cref="State"/> when a bit has flipped since.</summary>
    public ulong Written { get; private set; }

    /// <summary>Whether a fault has changed the state, until it has been replaced.</summary>
    public bool Flipped { get; private set; }

    /// <summary>Whether the next step shall give wrong bits.</summary>
    public bool FlipAtApply { get; set; }

    /// <summary>Whether the next copy shall arrive with wrong bits.</summary>
    public bool CorruptCopy { get; set; }

    /// <summary>It has told that it holds still, and has not been told to prepare since.</summary>
    public bool HasSaidQuiet { get; private set; }

    /// <summary>The step it computes; null: none.</summary>
    public StepInProgress? Computing { get; private set; }

    private long StatusInterval => (long)Cluster.Settings.Leases.StatusInterval.TotalMilliseconds;

    /// <summary>The hash in messages.</summary>
    public static string Text(ulong hash) => hash.ToString("x16", CultureInfo.InvariantCulture);

    /// <summary>Plans something that this process does.</summary>
    public void Later(long milliseconds, Action action) => Cluster.Time.After(milliseconds, () => Run(action));

    /// <summary>Does something now if the process lives and is not stopped.</summary>
    public void Run(Action action)
    {
        if (Alive && Hung)
        {
            _stalled.Add(action);
        }
        else if (Alive)
        {
            action();
        }
    }

    /// <summary>Milliseconds that it computes for a share.</summary>
    public int ComputeTime(int microBatches) => Cluster.Chance.Between(1, 5) + (microBatches * _millisecondsPerMicroBatch);

    /// <summary>The process ends.</summary>
    public void Die()
    {
        (Alive, Computing) = (false, null);
        _stalled.Clear();
        Cluster.Log?.Add($"{Id} dies");
        Ends.Sever();
    }

    /// <summary>The process is stopped.</summary>
    public void Hang()
    {
        (Hung, Hangs) = (true, Hangs + 1);
        Cluster.Log?.Add($"{Id} hangs");
        Ends.FallSilent();
    }

    /// <summary>The process goes on, not knowing that it stood still.</summary>
    public void Continue()
    {
        if (!Alive || !Hung)
        {
            return;
        }

        Cluster.Log?.Add($"{Id} continues");
        Hung = false;
        var stalled = _stalled.ToArray();
        _stalled.Clear();
        foreach (var action in stalled)
        {
            Run(action);
        }
    }

    /// <summary>A bit of the weights flips.</summary>
    public void FlipAtRest()
    {
        if (Step >= 0)
        {
            Cluster.Log?.Add($"{Id}: a bit flips at rest");
            (State, Flipped) = (State ^ (1UL << Cluster.Chance.Below(64)), true);
        }
    }

    /// <summary>Weights of a whole step are written: after applying it, or taken over from elsewhere.</summary>
    public void Write(long step, ulong state, bool applied, bool copied = false)
    {
        Cluster.Invariants.BeforeWrite(this, step, applied);
        Flipped = (copied && CorruptCopy) || (applied && FlipAtApply && WouldBeCompared(step));
        (FlipAtApply, CorruptCopy) = (FlipAtApply && !(applied && Flipped), CorruptCopy && !copied);
        (Step, State) = (step, Flipped ? state ^ (Cluster.Chance.Next() | 1) : state);
        Written = State;
        Cluster.Log?.Add($"{Id}: step {step} {(applied ? "applied" : "taken over")}{(Flipped ? " with a flipped bit" : "")}");
        Cluster.Invariants.AfterWrite(this, applied);
    }

    /// <summary>Weights are overwritten in part, or found to be damaged.</summary>
    public void Lose() => (Step, Flipped) = (-1, false);

    /// <summary>Whether the weights are still what was last written.</summary>
    public bool StateIsSound() => State == Written;

    /// <summary>Somebody found the weights changed.</summary>
    public void FindStateLost()
    {
        Lose();
        Computing = null;
        Do(Protocol.StateLost());
    }

    /// <summary>The coordinator's order is here.</summary>
    public void Obey(TrainerOrders.IOrder order)
    {
        Cluster.Log?.Add($"{Id} ← {order}");
        var (phase, stop) = (Protocol.Phase, Protocol.StopRequested);
        var effects = Protocol.Handle(order);
        if (Protocol.Phase == TrainerPhase.Preparing && phase != TrainerPhase.Preparing)
        {
            HasSaidQuiet = false;
        }

        Do(effects);
        if (Protocol.Phase == TrainerPhase.Running && phase != TrainerPhase.Running)
        {
            Snapshots.BeginView(((TrainerOrders.Begin)order).Committed);
            Cluster.Reach(Point.Begun, this);
        }
        else if (Protocol.StopRequested && !stop)
        {
            Cluster.Reach(Point.Stopping, this);
        }
    }

    /// <summary>The process is asked to end.</summary>
    public void WantToLeave() => Do(Protocol.WantToLeave());

    /// <summary>A step has been applied.</summary>
    public void FinishStep(long step, bool last)
    {
        Computing = null;
        _afterLastStep = last;
        Snapshots.AfterStep();
        Do(Protocol.Applied(step, last));
        _afterLastStep = false;
        Cluster.Reach(Point.Applied, this);
    }

    /// <summary>A step has ended without being applied.</summary>
    public void BreakStepOff(IEnumerable<string> suspects)
    {
        Computing = null;
        Do(Protocol.BrokeOff(suspects));
    }

    /// <summary>Does what the protocol wants.</summary>
    public void Do(params IReadOnlyList<TrainerProtocol.Effect> effects)
    {
        foreach (var effect in effects)
        {
            if (!Alive)
            {
                return;
            }

            Do(effect);
        }
    }

    private void Do(TrainerProtocol.Effect effect)
    {
        switch (effect)
        {
            case TrainerProtocol.Report:
                Speak();
                break;
            case TrainerProtocol.Link link:
                Cluster.Invariants.Prepares(this, link.View);
                Ends.Open(link.View);
                Cluster.Reach(Point.Preparing, this);
                break;
            case TrainerProtocol.Obtain obtain:
                _transfer = new StateTransfer(this, obtain);
                _transfer.Start();
                break;
            case TrainerProtocol.Compute compute:
                Computing = new StepInProgress(this, compute.View, compute.Step);
                Later(Cluster.Chance.Between(0, 2), Computing.Start);
                break;
            case TrainerProtocol.HashState:
                Cluster.Reach(Point.Hashing, this);
                Later(Cluster.Chance.Between(1, 20), HashState);
                break;
            case TrainerProtocol.Unlink unlink:
                Ends.Close(_afterLastStep && Cluster.Settings.Goodbyes);
                Computing?.Interrupt();
                _transfer?.Interrupt(unlink.Generation);
                break;
            case TrainerProtocol.Save save:
                Snapshots.Save(save.Step);
                break;
            case TrainerProtocol.Leave:
                Cluster.Leave(this);
                break;
            default:
                throw new SimulationFailure($"Nobody knows how to do {effect}.");
        }
    }

    /// <summary>Whether wrong bits would be seen by others before they are in a snapshot; otherwise nobody could ever know.</summary>
    private bool WouldBeCompared(long step)
    {
        var view = Protocol.View!;
        return view.Shares.Count > 1 && step != Cluster.Settings.Steps && (step % Cluster.Settings.SnapshotEvery != 0 || view.PlaceOf(Id) > 0);
    }

    private void HashState()
    {
        if (StateIsSound())
        {
            Do(Protocol.Hashed(Text(State)));
        }
        else
        {
            FindStateLost();
        }
    }

    private void SpeakAgain()
    {
        Speak();
        Later(StatusInterval, SpeakAgain);
    }

    private void Speak()
    {
        var status = new TrainerStatus(
            Id, Node, ++_number, Endpoint, "cpu", Protocol.Phase, Protocol.Generation, Protocol.StateGeneration, Protocol.Step, Protocol.Hash, [.. Protocol.Suspects], Protocol.Leaving,
            _millisecondsPerMicroBatch / 1000.0);
        if (status.Quiet && !HasSaidQuiet)
        {
            HasSaidQuiet = true;
            Cluster.Reach(Point.Quiet, this);
        }
        else if (status.Phase == TrainerPhase.Ready)
        {
            Cluster.Reach(Point.Ready, this);
        }

        if (Alive)
        {
            Cluster.Network.ToCoordinator(this, status);
        }
    }
}
