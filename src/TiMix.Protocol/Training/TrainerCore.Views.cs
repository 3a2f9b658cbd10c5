using TiMix.Protocol.Messages;
using TiMix.Protocol.Notices;
using TiMix.Protocol.Values;

namespace TiMix.Protocol.Training;

/// <summary>Views, and the state that each begins with.</summary>
public sealed partial class TrainerCore
{
    /// <summary>Milliseconds after which a donor that has not answered is asked again.</summary>
    public const long AskForStateAgainAfter = 5000;

    private const int MostAskers = 1024;
    private readonly SortedDictionary<string, StateMessages.WantState> _askers = new(StringComparer.Ordinal);
    /// <summary>A state that another trainer is asked for.</summary>
    private sealed record Wanted(long Generation, long Step, long Lineage, string From, bool Follow);

    private Wanted? _wanted;
    private long? _askedForStateAt;
    private bool _obtaining;
    private bool _hashing;
    private bool _keeps;

    private void Prepare(TrainerOrders.Prepare order)
    {
        if (order.Source.Trainer != self.Trainer)
        {
            // For an earlier life of this trainer.
            SayStatus();
            return;
        }

        Do(_protocol.Handle(order));
        if (_protocol.View is not { } view || view.Generation != order.View.Generation || _protocol.Phase != TrainerPhase.Preparing)
        {
            return;
        }

        TakeUp(view, order.Lineage);
    }

    /// <summary>What is here of another lineage goes; the micro-batches of a view are ordered before it begins.</summary>
    private void TakeUp(View view, long lineage)
    {
        DropUncompared();
        if (lineage != _lineage)
        {
            DropMicroBatches(_queue.Clear());
            DropTeachers(_teachers);
            _lineage = lineage;
            _reports.DropAfter(view.FromStep);
            _recorded = Math.Min(_recorded, view.FromStep);
        }

        var share = view.Shares[view.PlaceOf(self.Trainer)];
        DropMicroBatches(_queue.Assign(share.First, share.Count, view.FromStep));
        Order(OrderAgainAfter);
    }

    private void Begin(TrainerOrders.Begin order)
    {
        var begins = _protocol.Phase == TrainerPhase.Ready && order.Generation == _protocol.Generation;
        if (begins)
        {
            if (IsFirst && _protocol.Step > 0 && _protocol.Step > order.Committed && plan.IsSnapshotDue(_protocol.Step))
            {
                Save(_protocol.Step);
            }

            _effects.Add(new TrainerEffects.BeginView(_lineage));
        }

        Do(_protocol.Handle(order));
        if (begins)
        {
            TellNextReport();
        }
    }

    private void Do(IReadOnlyList<TrainerProtocol.Effect> effects)
    {
        foreach (var effect in effects)
        {
            switch (effect)
            {
                case TrainerProtocol.Report:
                    SayStatus();
                    break;
                case TrainerProtocol.Link link:
                    _effects.Add(new TrainerEffects.Link(link.View));
                    break;
                case TrainerProtocol.Unlink:
                    _effects.Add(new TrainerEffects.Unlink());
                    break;
                case TrainerProtocol.LinkAhead ahead:
                    LinkAhead(ahead.View);
                    break;
                case TrainerProtocol.UnlinkAhead:
                    UnlinkAhead();
                    break;
                case TrainerProtocol.GoOver over:
                    GoOver(over.View);
                    break;
                case TrainerProtocol.Follow follow:
                    BeginFollowing(follow);
                    break;
                case TrainerProtocol.CatchUp:
                    _effects.Add(new TrainerEffects.BeginView(_lineage));
                    break;
                case TrainerProtocol.Obtain obtain:
                    Obtain(obtain);
                    break;
                case TrainerProtocol.Compute compute:
                    Await(compute);
                    break;
                case TrainerProtocol.HashState:
                    _hashing = true;
                    _effects.Add(new TrainerEffects.HashState());
                    break;
                case TrainerProtocol.Save save:
                    Save(save.Step);
                    break;
                case TrainerProtocol.Leave:
                    _effects.Add(new TrainerEffects.Leave());
                    break;
            }
        }

        if (effects.Any(effect => effect is TrainerProtocol.Unlink))
        {
            EndWaiting();
        }
    }

    /// <summary>Without links there is nothing to wait for: neither a copy that was not offered yet, nor a step that was not begun.</summary>
    private void EndWaiting()
    {
        EndAhead();
        EndFollowing();
        if (_wanted is { } wanted)
        {
            _wanted = null;
            Do(_protocol.StateFailed(wanted.Generation, _protocol.Step, null));
        }

        if (_due is not null)
        {
            _due = null;
            Do(_protocol.BrokeOff([]));
        }
    }

    private void Obtain(TrainerProtocol.Obtain obtain)
    {
        (_obtaining, _keeps) = (obtain.Source.Way != StateWay.Copy, obtain.Source.Way == StateWay.Keep);
        switch (obtain.Source.Way)
        {
            case StateWay.Keep:
                _effects.Add(new TrainerEffects.VerifyState(obtain.Generation));
                break;
            case StateWay.Draw:
                _effects.Add(new TrainerEffects.DrawState(obtain.Generation));
                break;
            case StateWay.Restore:
                _effects.Add(new TrainerEffects.RestoreState(obtain.Generation, obtain.Source.From!));
                break;
            case StateWay.Copy:
                (_wanted, _askedForStateAt) = (new Wanted(obtain.Generation, obtain.Step, obtain.Lineage, obtain.Source.From!, Follow: false), null);
                AskForState();
                break;
        }
    }

    private void AskForState()
    {
        if (_wanted is { } wanted && _services.Trainer(wanted.From) is { } donor && !(_now - _askedForStateAt <= AskForStateAgainAfter))
        {
            _askedForStateAt = _now;
            Say(donor, new StateMessages.WantState(wanted.Generation, wanted.Step, wanted.Lineage, wanted.Follow));
        }
    }

    private void Accept(StateMessages.StateOffered offer)
    {
        if (_wanted is not { } wanted || wanted.Generation != offer.Generation || (!wanted.Follow && wanted.Step != offer.Step))
        {
            _effects.Add(new TrainerEffects.Release(offer.State));
            return;
        }

        (_wanted, _obtaining) = (null, true);
        _effects.Add(new TrainerEffects.AcceptState(offer));
    }

    private void EndObtaining(IInput input)
    {
        _obtaining = false;
        switch (input)
        {
            case TrainerInputs.StateObtained obtained when _protocol.Phase == TrainerPhase.Following:
                BeginWith(obtained);
                break;
            case TrainerInputs.StateObtained obtained:
                _unaudited = _keeps ? _unaudited : null;
                Do(_protocol.StateReady(obtained.Generation, obtained.Step, obtained.Hash));
                break;
            case TrainerInputs.StateNotObtained failed:
                Do(_protocol.StateFailed(failed.Generation, failed.Untouched ? _protocol.Step : -1, null));
                break;
            case TrainerInputs.SnapshotUnreadable unreadable:
                Say(coordinator, new CoordinatorCommands.ReportSnapshotDamaged(unreadable.Generation, unreadable.Directory, unreadable.Reason));
                Do(_protocol.StateFailed(unreadable.Generation, -1, null));
                break;
        }
    }

    /// <summary>Whoever asks before the state is here gets it as soon as it is.</summary>
    private void ServeAskers()
    {
        foreach (var (asker, want) in _unaudited is null ? _askers.ToList() : [])
        {
            if (want.Follow)
            {
                if (ServeFollower(asker, want))
                {
                    _askers.Remove(asker);
                }
            }
            else if (want.Generation < _protocol.Generation)
            {
                _askers.Remove(asker);
            }
            else if (_protocol.Step == want.Step && _protocol.StateGeneration >= want.Lineage && _protocol.Hash is not null
                && _protocol.Phase != TrainerPhase.Running)
            {
                _askers.Remove(asker);
                _effects.Add(new TrainerEffects.CopyState(asker, want.Generation));
            }
        }
    }

    /// <summary>
    /// A damaged state is neither hashed nor given to others nor kept. Found by a copy while something else is under way, it is
    /// found by that as well, or replaced.
    /// </summary>
    private void LoseState(TrainerInputs.StateDamaged damaged)
    {
        Tell(new Notice.StateDamaged(self.Node, damaged.Error));
        switch (damaged.During)
        {
            case StateUse.Step:
                _computing = null;
                break;
            case StateUse.Hash:
                _hashing = false;
                break;
            case StateUse.Obtain:
                _obtaining = false;
                break;
            case StateUse.Capture:
                ForgetCaptures();
                break;
        }

        if (_computing is null && !_hashing && !_obtaining && _wanted is null)
        {
            _due = null;
            Do(_protocol.StateLost());
        }
    }
}
