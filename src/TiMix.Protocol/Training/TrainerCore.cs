using TiMix.Protocol.Messages;
using TiMix.Protocol.Notices;
using TiMix.Protocol.Serving;
using TiMix.Protocol.Values;

namespace TiMix.Protocol.Training;

/// <summary>
/// What a trainer decides. <see cref="TrainerProtocol"/> within it says what the trainer may do in which view; around it the core keeps
/// micro-batches on order, computes a step when all it needs is here, gives its state to those who come by theirs from it, publishes
/// versions of the teacher, writes snapshots, and tells of steps and snapshots until others have written that down.
/// </summary>
/// <param name="self">Who it is.</param>
/// <param name="coordinator">The coordinator's address.</param>
/// <param name="plan">Of the run.</param>
/// <param name="warmUp">Whether something is computed before others hear of this trainer.</param>
public sealed partial class TrainerCore(TrainerIdentity self, string coordinator, RunPlan plan, bool warmUp)
{
    private readonly TrainerProtocol _protocol = new(plan.Steps);
    private readonly Services _services = new();
    private readonly ReportBuffer _reports = new();
    private List<IEffect> _effects = [];
    private long _now;
    private long _deafUntil;
    private long _number;
    private long _lineage;
    private long _recorded = -1;
    private bool _warm;

    /// <summary>Its id, new with every start.</summary>
    public string Trainer => self.Trainer;

    /// <summary>Where it stands, as the coordinator is told.</summary>
    public TrainerPhase Phase => _protocol.Phase;

    /// <summary>The view it is in; null: none.</summary>
    public View? View => _protocol.View;

    /// <summary>Steps applied; -1: no state.</summary>
    public long Step => _protocol.Step;

    private bool IsFirst => _protocol.View?.PlaceOf(self.Trainer) == 0;

    private bool IsDeaf => _now < _deafUntil;

    /// <summary>Decides what follows from an input.</summary>
    /// <param name="input">What has happened.</param>
    /// <param name="now">Milliseconds of any one clock.</param>
    public IReadOnlyList<IEffect> Handle(IInput input, long now)
    {
        (_effects, _now) = ([], now);
        switch (input)
        {
            case Received received:
                if (!IsDeaf)
                {
                    Hear(received.From, received.Message);
                }

                break;
            case Tick:
                Beat();
                break;
            case TrainerInputs.Started when warmUp:
                _effects.Add(new TrainerEffects.WarmUp());
                break;
            case TrainerInputs.Started or TrainerInputs.WarmedUp:
                // From now on the coordinator knows of this trainer, and may have others wait for it.
                _warm = true;
                Beat();
                break;
            case TrainerInputs.AskedToLeave:
                Do(_protocol.WantToLeave());
                break;
            case TrainerInputs.Deafened deafened:
                _deafUntil = now + deafened.Milliseconds;
                _effects.Add(new TrainerEffects.FallSilent(deafened.Milliseconds));
                break;
            case TrainerInputs.AskedToFlip:
                _flip = true;
                break;
            case TrainerInputs.AskedToLie lie:
                _lie = lie.Kind;
                break;
            case TrainerInputs.Reached reached:
                _stage = reached.Stage;
                break;
            default:
                Learn(input);
                break;
        }

        ServeAskers();
        ComputeIfAllIsHere();
        return _effects;
    }

    private void Hear(string from, ITiMixMessage message)
    {
        switch (message)
        {
            case TrainerOrders.Prepare prepare:
                Prepare(prepare);
                break;
            case TrainerOrders.PrepareAhead prepare:
                PrepareAhead(prepare);
                break;
            case TrainerOrders.Begin begin:
                Begin(begin);
                break;
            case TrainerOrders.PutOut order when order.Trainer == self.Trainer:
                _effects.Add(new TrainerEffects.EndProcess(order.Reason, order.ForGood));
                break;
            case TrainerOrders.IOrder order and not TrainerOrders.PutOut:
                Do(_protocol.Handle(order));
                break;
            case NodeMessages.Roster roster:
                Follow(roster);
                break;
            case MixerMessages.Mixed mixed:
                Accept(mixed);
                break;
            case MixerMessages.MixFailed failed when failed.Lineage == _lineage:
                Say(coordinator, new CoordinatorCommands.FailRun(failed.Reason));
                break;
            case MixerMessages.WantTeacher want:
                Publish(from, want);
                break;
            case StateMessages.WantState want when _askers.Count < MostAskers || _askers.ContainsKey(from):
                _askers[from] = want;
                break;
            case StateMessages.StateOffered offered when _wanted is null || _services.Trainer(_wanted.From) == from:
                Accept(offered);
                break;
            case StateMessages.SumOffered offered:
                Follow(from, offered);
                break;
            case SnapshotMessages.Acknowledged acknowledged:
                _written = _written?.Step == acknowledged.Step ? null : _written;
                break;
            case MonitorMessages.Recorded recorded:
                var (before, now) = (_recorded, recorded.Step);
                _recorded = now;
                if (now != before)
                {
                    // Otherwise the next one was not wanted yet; telling it at once would be answered at once, and so on.
                    TellNextReport();
                }

                break;
        }
    }

    /// <summary>What has come of an effect.</summary>
    private void Learn(IInput input)
    {
        switch (input)
        {
            case TrainerInputs.LinksStand stand:
                Do(_protocol.Linked(stand.Generation));
                break;
            case TrainerInputs.PeersLost lost:
                foreach (var peer in lost.Peers)
                {
                    Do(_protocol.PeerLost(lost.Generation, peer));
                }

                break;
            case TrainerInputs.StateObtained or TrainerInputs.StateNotObtained or TrainerInputs.SnapshotUnreadable:
                EndObtaining(input);
                break;
            case TrainerInputs.StateFollowed followed:
                EndFollowing(followed);
                break;
            case TrainerInputs.StateHashed hashed:
                _hashing = false;
                Do(_protocol.Hashed(hashed.Hash));
                TellNextReport();
                break;
            case TrainerInputs.StateDamaged damaged:
                LoseState(damaged);
                break;
            case TrainerInputs.StateCopied copied:
                Hand(copied.To, copied.Offer, copied.Offer.State);
                break;
            case TrainerInputs.StateCaptured or TrainerInputs.SnapshotWritten or TrainerInputs.SnapshotNotWritten:
                FollowSnapshot(input);
                break;
            case TrainerInputs.AuditWritten written:
                Follow(written);
                break;
            case TrainerInputs.MicroBatchFetched fetched:
                Keep(fetched);
                break;
            case TrainerInputs.StepComputed or TrainerInputs.StepBroken:
                EndStep(input);
                break;
            case TrainerInputs.TeachersCollected collected:
                BeginWithTeachers(collected.Lineage, collected.Versions);
                break;
            case TrainerInputs.TeacherPacked packed:
                Hand(packed.To, new MixerMessages.TeacherPublished(packed.Lineage, packed.Version, packed.Parameters), packed.Parameters);
                break;
            default:
                throw new ArgumentException($"A trainer knows nothing of {input.GetType().Name}.", nameof(input));
        }
    }

    /// <summary>Says again whatever others have not confirmed.</summary>
    private void Beat()
    {
        if (!_warm || IsDeaf)
        {
            return;
        }

        SayStatus();
        Order(OrderAgainAfter);
        TellNextReport();
        TellOfSnapshot();
        SeeToAudit();
        AskForState();
    }

    private void Follow(NodeMessages.Roster roster)
    {
        if (_services.Update(roster))
        {
            Order(again: 0);
        }

        AskForState();
    }

    private void SayStatus()
    {
        if (_warm)
        {
            Say(coordinator, new TrainerStatus(
                self.Trainer, self.Node, ++_number, self.Endpoint, self.Computes, _protocol.Phase, _protocol.Generation, _protocol.StateGeneration,
                _protocol.Step,
                _protocol.Hash, [.. _protocol.Suspects], _protocol.Leaving, _secondsPerMicroBatch)
            {
                Accused = [.. _protocol.Accused],
                Stage = Stage,
                Ahead = Ahead,
                Began = _protocol.Began,
                Fence = _protocol.Fence,
            });
        }
    }

    /// <summary>
    /// The first trainer of a view tells the monitor of its steps. What happened before the view, those who were there tell as
    /// well, also if they are in no view any more: the one who should have told it may be dead.
    /// </summary>
    private void TellNextReport()
    {
        if (_reports.After(Math.Max(_recorded, 0)) is { } report && (IsFirst || _protocol.View is not { } view || report.Report.Step <= view.FromStep))
        {
            Say(coordinator, report);
        }
    }

    private void Tell(Notice notice) => Say(coordinator, new MonitorMessages.Told(notice));

    private void Say(string to, ITiMixMessage message)
    {
        if (!IsDeaf)
        {
            _effects.Add(new Send(to, message));
        }
    }

    /// <summary>Sends a message with a content, which waits for nobody if it cannot be sent.</summary>
    private void Hand(string to, ITiMixMessage message, IContent content) => _effects.Add(IsDeaf ? new TrainerEffects.Release(content) : new Send(to, message));
}
