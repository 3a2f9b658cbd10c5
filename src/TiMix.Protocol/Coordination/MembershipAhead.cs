using TiMix.Protocol.Messages;
using TiMix.Protocol.Values;
using static TiMix.Protocol.Messages.CoordinatorEvents;

namespace TiMix.Protocol.Coordination;

/// <summary>
/// Views that begin in mid-training: who joins copies the state and follows, everybody links up, and all go over after the same step, which
/// they tell each other in its gather. Nobody stands still. What goes wrong meanwhile costs the others nothing: the view is withdrawn. Where
/// all are linked and it does not come about, the next change is one for which all hold still; whoever cannot be reached is left out for a while.
/// </summary>
public sealed partial record Membership
{
    /// <summary>A view did not come about without standing still: the next one is begun so.</summary>
    private bool StandsStillNext { get; init; }

    /// <summary>The generation of a view that begins ahead and does not come about any more.</summary>
    private long Hopeless { get; init; }

    /// <summary>The view for a change that nobody has to stand still for; null: it cannot come about so.</summary>
    private Decision? ProposeAhead(
        RunState run, View view, IReadOnlyList<TrainerStatus> members, ViewCause reason, IReadOnlyList<Addressed> orders, long now)
    {
        if (StandsStillNext || run.Paused || reason.Kind is not (ViewCauseKind.Joins or ViewCauseKind.Leaves or ViewCauseKind.SpeedsChanged)
            || members.Any(member => member.Phase == TrainerPhase.Stopped))
        {
            return null;
        }

        if (members.Any(member => member.Phase != TrainerPhase.Running))
        {
            // Who has not begun yet will have in a moment.
            return new Decision(this, [], orders, null);
        }

        var staying = members.Where(member => !member.Leaving).ToList();
        var coming = Newcomers(run, view, members, now).ToList();
        if (staying.Count == 0 || staying.Count + coming.Count < Math.Max(2, _options.MinTrainers))
        {
            // States that one goes over with are compared in the first gather, and one alone compares with nobody.
            return null;
        }

        var donor = staying[0];
        var next = ViewPlanner.Plan(
            run.Generation + 1, Math.Max(members.Max(member => member.Applied), run.Newest?.Step ?? 0),
            Plan(run, [.. staying, .. coming]), run.MicroBatches);
        List<StateSource> sources =
        [
            .. next.Shares.Select(share => view.Has(share.Trainer) ? new StateSource(share.Trainer, StateWay.Keep, null)
                : new StateSource(share.Trainer, StateWay.Copy, donor.Trainer, donor.Endpoint)),
        ];
        return new Decision(
            this,
            [
                .. coming.Where(status => !run.Trainers.ContainsKey(status.Trainer)).Select(status => new TrainerJoined(status.Trainer, status.Node, now)),
                new ViewProposed(next, sources, run.Lineage, reason, now, now) { Ahead = true },
            ],
            [], null);
    }

    /// <summary>Steps that had been applied when the first trainer went over to it; null: none has said so.</summary>
    private long? BeganAhead(ProposedView ahead) =>
        Statuses.Where(status => status.Generation == ahead.View.Generation && status.Began >= 0).Select(status => (long?)status.Began).FirstOrDefault();

    /// <summary>What is to be done for a view that is being prepared while another one trains.</summary>
    private (Membership Next, IReadOnlyList<IEvent> Events, IReadOnlyList<Addressed> Orders) Ahead(
        RunState run, View view, ProposedView ahead, IReadOnlyList<TrainerStatus> members, long now)
    {
        var generation = ahead.View.Generation;
        var theirs = ahead.View.Shares.Select(share => Trainers.GetValueOrDefault(share.Trainer)?.Status).OfType<TrainerStatus>().ToList();
        var coming = theirs.Where(status => !view.Has(status.Trainer)).ToList();
        if (Hopeless == generation)
        {
            return Withdraw(generation, members, coming, now);
        }

        var late = now - ahead.At > _options.PrepareDeadline.TotalMilliseconds;
        if (late || IsHopeless(run, ahead, members, theirs, coming))
        {
            var unreachable = late && theirs.Exists(status => view.Has(status.Trainer) && status.Ahead != generation) ? coming : [];
            return (this with
            {
                Hopeless = generation,
                StandsStillNext = unreachable.Count == 0,
                Excluded = Excluded.SetItems(
                    unreachable.Select(status => KeyValuePair.Create(status.Trainer, now + (long)_options.Exclusion.TotalMilliseconds))),
            }).Withdraw(generation, members, coming, now);
        }

        if (theirs.Count < ahead.View.Shares.Count)
        {
            return (this, [], []);
        }

        var ready = theirs.All(status => status.Ahead == generation);
        List<Addressed> orders =
        [
            .. theirs.Where(status => ready && view.Has(status.Trainer) && status.Generation == view.Generation)
                .Select(status => new Addressed(status.Trainer, new TrainerOrders.SwitchAfterStep(view.Generation, generation))),
            .. theirs.Where(status => status.Ahead != generation && status.Generation < generation).Select(status => new Addressed(
                status.Trainer,
                status.Quiet || view.Has(status.Trainer)
                    ? new TrainerOrders.PrepareAhead(ahead.View, ahead.Sources.Single(source => source.Trainer == status.Trainer), run.Lineage)
                    : new TrainerOrders.Halt(generation - 1))),
        ];
        return (this, [], orders);
    }

    private bool IsHopeless(
        RunState run, ProposedView ahead, IReadOnlyList<TrainerStatus> members, IReadOnlyList<TrainerStatus> theirs, IReadOnlyList<TrainerStatus> coming) =>
        Stopping || run.Paused || members.All(member => member.Applied == run.Steps)
        || ahead.View.Shares.Any(share => !run.Trainers.ContainsKey(share.Trainer))
        || theirs.Any(status => status.Fence >= ahead.View.Generation)
        || coming.Any(status => status.Leaving || (status.Quiet && status.Generation >= ahead.View.Generation));

    /// <summary>It is over when none of those who train can go over to it any more; one that has told the others that it does cannot go back.</summary>
    private (Membership Next, IReadOnlyList<IEvent> Events, IReadOnlyList<Addressed> Orders) Withdraw(
        long generation, IReadOnlyList<TrainerStatus> members, IReadOnlyList<TrainerStatus> coming, long now)
    {
        if (members.All(member => member.Fence >= generation))
        {
            return (this, [new ViewWithdrawn(generation, now)], []);
        }

        return (
            this, [],
            [
                .. members.Where(member => member.Fence < generation)
                    .Select(member => new Addressed(member.Trainer, new TrainerOrders.Withdraw(generation))),
                .. coming.Where(status => !status.Quiet).Select(status => new Addressed(status.Trainer, new TrainerOrders.Halt(generation))),
            ]);
    }

    /// <summary>
    /// Whether somebody was left behind when the others went over to a view that had been prepared ahead: it holds still, or the last sum has
    /// not come to one that follows.
    /// </summary>
    private bool WasLeftBehind(RunState run, View current, IReadOnlyList<TrainerStatus> members, long now) =>
        run.View is not null && run.Current is { Ahead: true } change
        && members.Any(member => member.Generation < current.Generation
            ? member.Quiet || now - change.InstalledAt > _options.HaltDeadline.TotalMilliseconds
            : member.Phase == TrainerPhase.Following && now - change.InstalledAt > _options.Lease.TotalMilliseconds);
}
