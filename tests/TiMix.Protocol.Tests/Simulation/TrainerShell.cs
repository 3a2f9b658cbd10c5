using TiMix.Protocol.Messages;
using TiMix.Protocol.Training;
using TiMix.Protocol.Values;

namespace TiMix.Protocol.Tests.Simulation;

/// <summary>The shell of a trainer: what touches the state is done on its compute thread, one after the other.</summary>
internal sealed partial class TrainerShell : SimulatedActor
{
    private readonly Dictionary<(long Lineage, MicroBatchKey Key), ulong> _microBatches = [];
    private readonly Dictionary<(long Lineage, long Version), ulong> _teachers = [];
    private readonly Dictionary<long, SimulatedState> _captures = [];
    private readonly Queue<Action> _work = new();
    private readonly TrainerCore _core;
    private readonly int _millisecondsPerMicroBatch;
    private bool _working;
    private bool _lastOfView;

    public TrainerShell(SimulatedProcess process, string address, string id)
        : base(process, address)
    {
        (Id, Ends) = (id, new LinkEnds(this));
        var identity = new TrainerIdentity(id, process.Node, "tcp://" + address, "cpu");
        _core = new TrainerCore(identity, Network.Coordinator, Cluster.Plan, warmUp: Cluster.Chance.Of(0.5));
        _millisecondsPerMicroBatch = Cluster.Chance.Between(2, 25);
        Cluster.Add(this);
        Later(0, () => Tell(new TrainerInputs.Started()));
        Every((int)Cluster.Settings.Leases.StatusInterval.TotalMilliseconds, () => Tell(Tick.Instance));
    }

    public string Id { get; }

    /// <summary>What its machine does wrong; null: nothing.</summary>
    public SimulatedLie? Lie => Cluster.Liar is { } liar && liar.Node == Process.Node ? liar.Lie : null;

    public LinkEnds Ends { get; }

    /// <summary>What it said of itself last; null: nothing yet.</summary>
    public TrainerStatus? Said { get; private set; }

    /// <summary>It has told that it holds still, and has not been told to prepare since.</summary>
    public bool HasSaidQuiet { get; private set; }

    /// <summary>The step it computes; null: none.</summary>
    public StepInProgress? Computing { get; private set; }

    /// <summary>The loss that the report of the step before a state says.</summary>
    public static double LossAfter(in SimulatedState state) => state.Weights >> 12;

    /// <inheritdoc/>
    public override void Receive(string from, ITiMixMessage message)
    {
        Tell(new Received(from, message));
        if (message is TrainerOrders.StopAfterStep && Alive)
        {
            Cluster.Reach(Point.Stopping, Process);
        }
    }

    /// <inheritdoc/>
    public override void Died()
    {
        base.Died();
        (Computing, _working) = (null, true);
        Ends.Close(goodbye: false);
    }

    /// <summary>The node is to leave as soon as that harms nobody.</summary>
    public void WantToLeave() => Tell(new TrainerInputs.AskedToLeave());

    /// <summary>Tells the core something, and does what follows.</summary>
    public void Tell(IInput input)
    {
        if (!Alive)
        {
            return;
        }

        foreach (var effect in _core.Handle(input, Cluster.Time.Now))
        {
            if (Alive)
            {
                Do(effect);
            }
        }
    }

    /// <summary>Milliseconds that it computes for a share.</summary>
    public int ComputeTime(int microBatches) => Cluster.Chance.Between(1, 5) + (microBatches * _millisecondsPerMicroBatch);

    /// <summary>What is under way on the compute thread is over.</summary>
    public void Answer(IInput answer)
    {
        (Computing, _working) = (null, false);
        _lastOfView = answer is TrainerInputs.StepComputed { Last: true } or TrainerInputs.StepBroken { Accused.Count: > 0 };
        Tell(answer);
        _lastOfView = false;
        WorkOn();
    }

    private void Do(IEffect effect)
    {
        switch (effect)
        {
            case Send send:
                if (send.Message is TrainerStatus status)
                {
                    Speak(status);
                    Say(send.To, Bend(status));
                    break;
                }

                Say(send.To, send.Message);
                break;
            case TrainerEffects.EndProcess:
                Process.End(1);
                break;
            case TrainerEffects.WarmUp:
                Work(5, 60, () => new TrainerInputs.WarmedUp());
                break;
            case TrainerEffects.FallSilent silent:
                Cluster.Network.Cut(Process, null, (int)silent.Milliseconds);
                break;
            case TrainerEffects.FlipBit:
                Work(() =>
                {
                    FlipAtRest();
                    _working = false;
                });
                break;
            case TrainerEffects.Leave:
                Process.End(0);
                break;
            case TrainerEffects.Link link:
                Cluster.Invariants.Prepares(this, link.View);
                HasSaidQuiet = false;
                Ends.Open(link.View);
                Cluster.Reach(Point.Preparing, Process);
                break;
            case TrainerEffects.Unlink:
                Ends.Close(_lastOfView && Cluster.Settings.Goodbyes);
                Computing?.Interrupt();
                break;
            case TrainerEffects.LinkAhead link:
                Cluster.Invariants.Prepares(this, link.View);
                Ends.OpenAhead(link.View);
                Cluster.Reach(Point.Preparing, Process);
                break;
            case TrainerEffects.UnlinkAhead:
                Ends.CloseAhead(Cluster.Settings.Goodbyes);
                break;
            case TrainerEffects.GoOver:
                Ends.GoOver();
                Cluster.Invariants.GoesOver(this, _core.View!);
                Cluster.Reach(Point.GoneOver, Process);
                break;
            case TrainerEffects.FetchMicroBatch fetch:
                Later(Cluster.Chance.Between(0, 5), () => Fetch(fetch));
                break;
            case TrainerEffects.DropMicroBatch drop:
                Check(_microBatches.Remove((drop.Lineage, drop.Key)), $"drops micro-batch {drop.Key}");
                break;
            case TrainerEffects.PackTeacher pack:
                Pack(pack);
                break;
            case TrainerEffects.DropTeacher drop:
                Check(_teachers.Remove((drop.Lineage, drop.Version)), $"drops version {drop.Version} of the teacher");
                break;
            case TrainerEffects.WriteAudit:
                Later(Cluster.Chance.Between(0, 5), () => Tell(new TrainerInputs.AuditWritten(Cluster.Disk.Audit(_unaudited) ? _audited : -1)));
                break;
            case TrainerEffects.WriteSnapshot write:
                Write(write.Step);
                break;
            case TrainerEffects.Release release:
                ((SimulatedContent)release.Content).Release();
                break;
            default:
                DoWithState(effect);
                break;
        }
    }

    private TrainerStatus Bend(TrainerStatus status)
    {
        if (status.Hash is null || !(Lie == SimulatedLie.StateInStatus || (Lie == SimulatedLie.StateWhenReady && status.Phase == TrainerPhase.Ready)))
        {
            return status;
        }

        Cluster.Lies();
        return status with { Hash = "bad" + status.Hash[3..] };
    }

    private void Speak(TrainerStatus status)
    {
        var first = !HasSaidQuiet;
        Said = status;
        HasSaidQuiet |= status.Quiet;
        if (HasSaidQuiet && first)
        {
            Cluster.Statistics.Aborts += status.Phase == TrainerPhase.Aborted ? 1 : 0;
            Cluster.Reach(Point.Quiet, Process);
        }
        else if (status.Phase == TrainerPhase.Ready)
        {
            Cluster.Reach(Point.Ready, Process);
        }
    }

    private void Fetch(TrainerEffects.FetchMicroBatch fetch)
    {
        var here = ((SimulatedContent)fetch.Samples).Take(this);
        if (here is { } value)
        {
            _microBatches[(fetch.Lineage, fetch.Key)] = value;
        }

        Tell(new TrainerInputs.MicroBatchFetched(fetch.Lineage, fetch.Key, here is not null));
    }

    private void Pack(TrainerEffects.PackTeacher pack)
    {
        Check(_teachers.TryGetValue((pack.Lineage, pack.Version), out var teacher), $"packs version {pack.Version} of the teacher");
        Later(Cluster.Chance.Between(0, 5), () =>
        {
            Tell(new TrainerInputs.TeacherPacked(pack.To, pack.Lineage, pack.Version, new SimulatedContent(this, teacher)));
            Cluster.Reach(Point.Publishing, Process);
        });
    }

    private void Write(long step)
    {
        Check(_captures.Remove(step, out var state), $"writes a snapshot of step {step}");
        Later(Cluster.Chance.Between(10, 250), () =>
        {
            var directory = $"step-{step}-{Id}-{Cluster.Time.Now}";
            if (!Cluster.Disk.Audit(_unaudited)
                || (!Cluster.Network.Calm && Cluster.Chance.Of(Cluster.Settings.SnapshotFailures)) || !Cluster.Disk.Write(directory, state))
            {
                Cluster.Statistics.Unwritten++;
                Tell(new TrainerInputs.SnapshotNotWritten(step, "disk full"));
                return;
            }

            Cluster.Statistics.Written++;
            Tell(new TrainerInputs.SnapshotWritten(step, directory, state.Fingerprint));
            Cluster.Reach(Point.Saved, Process);
        });
        Cluster.Reach(Point.Saving, Process);
    }

    /// <summary>Does something on the compute thread, and answers with what comes of it.</summary>
    private void Work(int atLeast, int atMost, Func<IInput> work) => Work(() => Later(Cluster.Chance.Between(atLeast, atMost), () => Answer(work())));

    /// <summary>Begins something on the compute thread, which <see cref="Answer"/> ends.</summary>
    private void Work(Action work)
    {
        _work.Enqueue(work);
        WorkOn();
    }

    private void WorkOn()
    {
        while (!_working && _work.TryDequeue(out var next))
        {
            _working = true;
            next();
        }
    }

    private void Check(bool holds, string otherwise)
    {
        if (!holds)
        {
            throw new SimulationFailure($"{Id} {otherwise}, which it does not have.");
        }
    }
}
