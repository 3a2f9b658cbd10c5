using TiMix.Protocol.Messages;
using TiMix.Protocol.Values;

namespace TiMix.Protocol.Training;

/// <summary>
/// Views that begin in mid-training. Who is to join copies the state of one that trains, between two of its steps, and hears the sum of every
/// step from there on: the optimizer makes the same of it everywhere, so the follower has the same state one step after the other, and goes
/// over with the others.
/// </summary>
public sealed partial class TrainerCore
{
    /// <summary>Sums that wait here at most: a follower that is slower than the others train never comes to be ready.</summary>
    public const int MostSums = 16;

    private readonly SortedSet<string> _followers = new(StringComparer.Ordinal);
    private readonly SortedDictionary<long, StateMessages.SumOffered> _sums = [];
    private string _donor = "";
    private long _followed = -1;
    private bool _following;
    private bool _saidReady;

    /// <summary>Who lags behind more than a step is not ready: the others would wait for it.</summary>
    private long Ahead => _sums.Count > 1 ? 0 : _protocol.Ahead;

    private void PrepareAhead(TrainerOrders.PrepareAhead order)
    {
        if (order.Source.Trainer != self.Trainer)
        {
            SayStatus();
            return;
        }

        Do(_protocol.Handle(order));
    }

    /// <summary>Its micro-batches of the next view are ordered beside those of the view that trains.</summary>
    private void LinkAhead(View next)
    {
        _effects.Add(new TrainerEffects.LinkAhead(next));
        var share = next.Shares[next.PlaceOf(self.Trainer)];
        DropMicroBatches(_queue.Expect(share.First, share.Count));
        Order(OrderAgainAfter);
    }

    private void UnlinkAhead()
    {
        _effects.Add(new TrainerEffects.UnlinkAhead());
        EndAhead();
    }

    private void EndAhead()
    {
        _followers.Clear();
        DropMicroBatches(_queue.Expect(0, 0));
    }

    private void GoOver(View view)
    {
        _effects.Add(new TrainerEffects.GoOver());
        _followers.Clear();
        var share = view.Shares[view.PlaceOf(self.Trainer)];
        DropMicroBatches(_queue.Assign(share.First, share.Count, view.FromStep));
        Order(OrderAgainAfter);
    }

    private void BeginFollowing(TrainerProtocol.Follow follow)
    {
        TakeUp(follow.View, follow.Lineage);
        (_wanted, _askedForStateAt) = (new Wanted(follow.View.Generation, follow.View.FromStep, follow.Lineage, follow.Source.From!, Follow: true), null);
        (_donor, _followed, _saidReady) = (follow.Source.From!, -1, false);
        AskForState();
    }

    /// <summary>Gives the state to one that is to follow, and from then on the sum of every step.</summary>
    /// <returns>Whether nothing is to be done for it any more.</returns>
    private bool ServeFollower(string asker, StateMessages.WantState want)
    {
        if (want.Generation <= Math.Max(_protocol.Generation, _protocol.Fence))
        {
            return true;
        }

        if (_protocol.Next is not { } next || next.Generation != want.Generation || next.Shares.All(share => _services.Trainer(share.Trainer) != asker))
        {
            return false;
        }

        _followers.Add(asker);
        _effects.Add(new TrainerEffects.CopyState(asker, want.Generation));
        return true;
    }

    private void Give(TrainerInputs.StepComputed done)
    {
        foreach (var (to, sum) in done.Sums)
        {
            if (_unaudited is null && _followers.Contains(to) && _protocol.Next is { } next)
            {
                Hand(to, new StateMessages.SumOffered(next.Generation, done.Step, done.Hash, done.GoesOver && !done.Last, sum), sum);
            }
            else
            {
                _effects.Add(new TrainerEffects.Release(sum));
            }
        }
    }

    private void Follow(string from, StateMessages.SumOffered offer)
    {
        if (_protocol.Phase != TrainerPhase.Following || offer.Generation != _protocol.Generation || _services.Trainer(_donor) != from
            || offer.Step <= _followed || _sums.Count >= MostSums || !_sums.TryAdd(offer.Step, offer))
        {
            _effects.Add(new TrainerEffects.Release(offer.Sum));
            return;
        }

        FollowOn();
    }

    private void BeginWith(TrainerInputs.StateObtained copied)
    {
        _followed = copied.Step;
        foreach (var (step, offer) in _sums.Where(waiting => waiting.Key <= copied.Step).ToList())
        {
            _sums.Remove(step);
            _effects.Add(new TrainerEffects.Release(offer.Sum));
        }

        Do(_protocol.HasCopied(copied.Generation));
        FollowOn();
    }

    private void EndFollowing(TrainerInputs.StateFollowed followed)
    {
        _following = false;
        if (!followed.Right)
        {
            Do(_protocol.StateFailed(followed.Generation, -1, null));
            return;
        }

        _followed = followed.Step;
        Do(_protocol.HasFollowed(followed.Generation, followed.Step, followed.GoesOver));
        FollowOn();
    }

    private void FollowOn()
    {
        if (_protocol.Phase != TrainerPhase.Following || _followed < 0)
        {
            return;
        }

        if (!_following && _sums.Remove(_followed + 1, out var offer))
        {
            _following = true;
            _protocol.Follows();
            _effects.Add(new TrainerEffects.FollowStep(offer));
        }

        // The step that is computed now is not its own; the one after it may be.
        DropMicroBatches(_queue.Advance(_followed + 1));
        Order(OrderAgainAfter);
        if (Ahead > 0 != _saidReady)
        {
            _saidReady = !_saidReady;
            SayStatus();
        }
    }

    private void EndFollowing()
    {
        _effects.AddRange(_sums.Values.Select(offer => new TrainerEffects.Release(offer.Sum)));
        _sums.Clear();
        _followed = -1;
    }
}
