using TiMix.Protocol.Messages;
using TiMix.Protocol.Values;
using static TiMix.Protocol.Messages.CoordinatorEvents;

namespace TiMix.Protocol.Coordination;

/// <summary>What is to be done now.</summary>
/// <param name="Next">What is known afterwards.</param>
/// <param name="Events">To be journaled first; then decide again.</param>
/// <param name="Orders">To be sent; only without events, so that nothing is ordered that the journal does not know.</param>
/// <param name="Waiting">Why nothing goes on; null: it does.</param>
public sealed record Decision(Membership Next, IReadOnlyList<IEvent> Events, IReadOnlyList<Addressed> Orders, WaitReason? Waiting);

/// <summary>What follows from who is alive and where they stand.</summary>
public sealed partial record Membership
{
    private const long ProgressEvery = 10;

    /// <summary>
    /// What is to be done in this situation. An order is given again only after a while: a trainer answers it with a status, and
    /// if every status gave all orders again, they would multiply.
    /// </summary>
    public Decision Decide(RunState run, long now)
    {
        var decision = Consider(run, now);
        var recent = decision.Next.Ordered.RemoveAll(given => now - given.At >= _options.RepeatInterval.TotalMilliseconds);
        Addressed[] due = [.. decision.Orders.Where(order => recent.All(given => given.Order != order))];
        return decision with { Orders = due, Next = decision.Next with { Ordered = recent.AddRange(due.Select(order => (order, now))) } };
    }

    private Decision Consider(RunState run, long now)
    {
        if (run.Status != RunStatus.Running)
        {
            return Rest(run, now);
        }

        if (run.Proposed is { Ahead: true } ahead && BeganAhead(ahead) is { } from)
        {
            return new Decision(this with { StandsStillNext = false }, [new ViewInstalled(ahead.View.Generation, now, FromStep: from)], [], null);
        }

        var alive = Without(now, out var lost, run);
        if (lost.Count > 0)
        {
            return new Decision(alive.Because(new ViewCause(ViewCauseKind.TrainerLost, lost[0].Node) { Loss = lost[0].Reason }, now), lost, [], null);
        }

        var current = run.Proposed is { Ahead: false } proposed ? proposed.View : run.View;
        if (current is null)
        {
            return alive.Regroup(run, now);
        }

        var broken = current.Shares.Any(share => !run.Trainers.ContainsKey(share.Trainer));
        var members = current.Shares.Where(share => run.Trainers.ContainsKey(share.Trainer))
            .Select(share => alive.Trainers.GetValueOrDefault(share.Trainer)?.Status).ToList();
        var leftBehind = !members.Contains(null) && alive.WasLeftBehind(run, current, members!, now);
        if (members.Any(status => status is null || (run.View is not null && status.Generation < current.Generation && !leftBehind)))
        {
            return new Decision(alive, [], [], new WaitReason(WaitKind.MemberUnheard));
        }

        broken |= leftBehind;
        broken |= run.Proposed is { Ahead: false } preparing
            && preparing.Sources.Any(source => source.Way == StateWay.Copy && alive.CannotGive(source.From!, current, now));
        return alive.DecideOn(run, current, [.. members.OfType<TrainerStatus>()], broken, now);
    }

    /// <summary>
    /// The run stands still by what the journal says: so do its trainers, and those who want to leave may. A wish to pause is
    /// fulfilled or too late, and must not stop a run that somebody continues.
    /// </summary>
    private Decision Rest(RunState run, long now)
    {
        var resting = Without(now, out _, run) with { StopFor = run.Status == RunStatus.New ? StopFor : null, Cause = null, UrgentSince = 0 };
        List<Addressed> orders =
        [
            .. resting.Statuses.Where(status => !status.Quiet).Select(status => new Addressed(status.Trainer, new TrainerOrders.Halt(run.Generation))),
            .. resting.Statuses.Where(status => status is { Leaving: true, Quiet: true })
                .Select(status => new Addressed(status.Trainer, new TrainerOrders.Release())),
        ];
        return new Decision(resting, [], orders, null);
    }

    /// <summary>
    /// Whether one that leaves, and so is not in the view that copies its state, is gone or has the state no more. Members are
    /// seen to by what they say of the view.
    /// </summary>
    private bool CannotGive(string source, View view, long now) =>
        !view.Has(source)
        && (Trainers.GetValueOrDefault(source) is { Status: var status }
            ? status.Quiet && status.Applied != view.FromStep
            : Dead.ContainsKey(source) || now - StartedAt > _options.Lease.TotalMilliseconds);

    private Decision DecideOn(RunState run, View current, IReadOnlyList<TrainerStatus> members, bool broken, long now)
    {
        var generation = current.Generation;
        var halfStopped = run.View is not null && members.Any(member => member.Phase == TrainerPhase.Stopped) && members.Any(member => !member.Quiet);
        var urgent = broken
            || members.Any(member => member.Generation >= generation && (member.Phase == TrainerPhase.Aborted || member.Suspects.Count > 0))
            || (run.View is not null && members.Any(member => member.Phase == TrainerPhase.Idle))
            || (run.View is not null && IsDeadlocked(current, members, now))
            || (halfStopped && Cause is { } since && now - since.At > _options.HaltDeadline.TotalMilliseconds);
        if (urgent)
        {
            var hurried = Because(WhatBroke(current, members), now) with { UrgentSince = UrgentSince == 0 ? now : UrgentSince };
            var hearing = !broken && now - hurried.UrgentSince < _options.Grace.TotalMilliseconds
                && members.Any(member => member.Generation == generation && member.Accused.Count > 0);
            return members.All(member => member.Quiet)
                ? hurried.Judge(run, current, members, now) is { Count: > 0 } judged ? new Decision(hurried, judged, [], null) : hurried.Regroup(run, now)
                : new Decision(
                    hurried, [],
                    [
                        .. members.Where(member => !member.Quiet && !hearing)
                            .Select(member => new Addressed(member.Trainer, new TrainerOrders.Halt(generation))),
                    ],
                    null);
        }

        return run.Proposed is { Ahead: false } proposed ? Prepare(run, proposed, members, now) : Keep(run, current, members, now);
    }

    private Decision Prepare(RunState run, ProposedView proposed, IReadOnlyList<TrainerStatus> members, long now)
    {
        var generation = proposed.View.Generation;
        var preparing = Preparing.Generation == generation ? this : this with { Preparing = (generation, now) };
        var ready = members.Where(member => member.Generation == generation && member.Phase == TrainerPhase.Ready).ToList();
        if (ready.Count == members.Count)
        {
            if (ready.All(member => member.Applied == proposed.View.FromStep && member.Hash == ready[0].Hash))
            {
                return new Decision(preparing with { StandsStillNext = false }, [new ViewInstalled(generation, now, ready[0].Hash)], [], null);
            }

            if (JudgeStates(run, ready, now) is { Count: > 0 } judged)
            {
                return new Decision(preparing, judged, [], null);
            }

            var differing = preparing.Because(new ViewCause(ViewCauseKind.StatesDiffer), now);
            return new Decision(differing, [], [.. ready.Select(member => new Addressed(member.Trainer, new TrainerOrders.Halt(generation)))], null);
        }

        var late = now - preparing.Preparing.At > _options.PrepareDeadline.TotalMilliseconds;
        if (late)
        {
            return preparing.GiveUpOn(proposed, members, ready, now);
        }

        var orders = new List<Addressed>();
        foreach (var member in members.Where(member => member.Generation < generation))
        {
            TrainerOrders.IOrder order = member.Quiet
                ? new TrainerOrders.Prepare(proposed.View, proposed.Sources.Single(source => source.Trainer == member.Trainer), run.Lineage)
                : new TrainerOrders.Halt(generation - 1);
            orders.Add(new Addressed(member.Trainer, order));
        }

        return new Decision(preparing, [], orders, null);
    }

    /// <summary>
    /// Those who are not ready in time are put out, and kept out for a while: trainers that reach the coordinator but not each
    /// other would otherwise hold the run up again and again. Where nobody is ready, one goes on alone.
    /// </summary>
    private Decision GiveUpOn(ProposedView proposed, IReadOnlyList<TrainerStatus> members, List<TrainerStatus> ready, long now)
    {
        var stays = members.FirstOrDefault(member => proposed.Sources.Single(source => source.Trainer == member.Trainer).Way == StateWay.Keep) ?? members[0];
        TrainerStatus[] late = [.. members.Except(ready).Where(member => ready.Count > 0 || member != stays)];
        TrainerLost[] events =
            [.. (late.Length > 0 ? late : [stays]).Select(member => new TrainerLost(member.Trainer, member.Node, new LossReason(LossKind.NotReady), now))];
        var until = now + (long)_options.Exclusion.TotalMilliseconds;
        var rest = events.Aggregate(this, (membership, gone) => membership with
        {
            Trainers = membership.Trainers.Remove(gone.Trainer),
            Excluded = membership.Excluded.SetItem(gone.Trainer, until),
        });
        return new Decision(rest, events, [], null);
    }

    private bool IsExcluded(string trainer, long now) => Excluded.TryGetValue(trainer, out var until) && now < until;

    private Decision Keep(RunState run, View view, IReadOnlyList<TrainerStatus> members, long now)
    {
        if (members.All(member => member.Quiet))
        {
            return Regroup(run, now);
        }

        if (Stuck(view, members, now) is { Count: > 0 } stuck)
        {
            return new Decision(
                this with { Trainers = Trainers.RemoveRange(stuck.Select(member => member.Trainer)) },
                [.. stuck.Select(member => new TrainerLost(
                    member.Trainer, member.Node, new LossReason(LossKind.Stuck, Math.Round(StoodFor(member, now) / 1000.0)), now))],
                [], null);
        }

        var applied = members.Max(member => member.Applied);
        var first = run.Current!.FirstStepAt == 0;
        if (applied > run.Progress && (first || applied >= run.Progress + ProgressEvery))
        {
            return new Decision(this, [new ProgressRecorded(view.Generation, applied, now)], [], null);
        }

        var left = run.Trainers.Where(trainer => !view.Has(trainer.Key) && Trainers.GetValueOrDefault(trainer.Key)?.Status.Leaving == true).ToList();
        if (left.Count > 0)
        {
            return new Decision(this, [.. left.Select(trainer => new TrainerLost(trainer.Key, trainer.Value, new LossReason(LossKind.Left), now))], [], null);
        }

        List<Addressed> orders =
        [
            .. members.Where(member => member.Phase == TrainerPhase.Ready)
                .Select(member => new Addressed(member.Trainer, new TrainerOrders.Begin(view.Generation, run.Newest?.Step ?? -1))),
            .. Trainers.Values.Where(known => !view.Has(known.Status.Trainer) && run.Proposed?.View.Has(known.Status.Trainer) != true)
                .Select(known => ForOutsider(run, known.Status)).OfType<Addressed>(),
        ];
        if (!run.Trained && members.All(member => member.Applied == run.Steps))
        {
            orders.Add(new Addressed(members[0].Trainer, new TrainerOrders.TakeSnapshot(run.Steps)));
        }
        else if (IsSnapshotWanted(run) && members[0].Phase == TrainerPhase.Running)
        {
            orders.Add(new Addressed(members[0].Trainer, new TrainerOrders.SnapshotFrom(SnapshotFrom!.Value)));
        }

        if (run.Proposed is { } ahead)
        {
            var (next, events, aheadOrders) = Ahead(run, view, ahead, members, now);
            return new Decision(next, events, [.. orders, .. aheadOrders], Starving(run, members));
        }

        var reason = ReasonToStop(run, view, members, now);
        if (reason is not null && ProposeAhead(run, view, members, reason, orders, now) is { } proposal)
        {
            return proposal;
        }

        if (reason is null)
        {
            var settled = members.All(member => member.Phase == TrainerPhase.Running) ? this with { Cause = null, UrgentSince = 0 } : this;
            return new Decision(settled, [], orders, Starving(run, members));
        }

        orders.AddRange(
            members.Where(member => member.Phase == TrainerPhase.Running)
                .Select(member => new Addressed(member.Trainer, CanEnd(reason, now) ? new TrainerOrders.StopAfterStep(view.Generation)
                    : new TrainerOrders.Halt(view.Generation))));
        return new Decision(Because(reason, now), [], orders, null);
    }

    /// <summary>Nobody trains: the next view, if there are trainers for it.</summary>
    private Decision Regroup(RunState run, long now)
    {
        List<Addressed> orders =
            [.. Statuses.Where(status => !status.Quiet).Select(status => new Addressed(status.Trainer, new TrainerOrders.Halt(run.Generation)))];
        var quiet = Statuses.Where(status => status.Quiet).ToList();
        var state = StateChoice.Among(quiet, run);
        if (state.Diverged.Count > 0)
        {
            var diverged = this with { Cause = (Divergence(state.Diverged), Cause?.At ?? now) };
            return new Decision(
                diverged,
                [
                    .. state.Diverged.Select(
                        status => new ReplicaDiverged(status.Trainer, status.Node, status.Applied, now, Outvoted: state.Holders.Count > 0)),
                    .. state is { Holders.Count: 0, Diverged: [var one, var other] } && run.Book.Judged < run.GenerationInForce
                        ? [new NodesDisagreed(one.Node, other.Node, OffenceKind.OtherState, true, true, run.GenerationInForce, now)] : Array.Empty<IEvent>(),
                ],
                [], null);
        }

        var staying = quiet.Where(status => !status.Leaving).ToList();
        var computes = (state.Holders.FirstOrDefault() ?? staying.FirstOrDefault())?.Computes;
        if (Undecidable(run, staying.Count) is { } pair)
        {
            return new Decision(this, [new RunStopped(new StopReason(StopKind.Failed, Said: pair.Words), now)], [], null);
        }

        var candidates = Choose([.. staying.Where(status => status.Computes == computes && !IsGuilty(run, status.Node))], run, state.Step, now);

        if (run.Trained || Stopping || run.Paused || candidates.Count < _options.MinTrainers)
        {
            return StandStill(run, state, candidates, orders, now);
        }

        if (state.Holders.Count == 0 && candidates.Count < _options.StartTrainers && now - StartedAt < _options.StartWait.TotalMilliseconds)
        {
            return new Decision(this, [], orders, new WaitReason(WaitKind.Gathering, candidates.Count, _options.StartTrainers));
        }

        var view = ViewPlanner.Plan(run.Generation + 1, state.Step, Plan(run, candidates), run.MicroBatches);
        var cause = Cause ?? (Joining(run, candidates), now);
        List<IEvent> events =
        [
            .. candidates.Where(status => !run.Trainers.ContainsKey(status.Trainer)).Select(status => new TrainerJoined(status.Trainer, status.Node, now)),
            new ViewProposed(view, state.SourcesFor(view), state.Holders.Count == 0 ? run.Generation + 1 : run.Lineage, cause.Reason, cause.At, now),
        ];
        return new Decision(this with { Cause = null, UrgentSince = 0 }, events, [], null);
    }

    private Decision StandStill(RunState run, StateChoice state, IReadOnlyList<TrainerStatus> candidates, List<Addressed> orders, long now)
    {
        var safe = state.Holders.Count == 0 || run.Newest?.Step >= state.Step;
        if (Stopping && (safe || run.Trained))
        {
            return new Decision(this, [new RunStopped(StopFor!, now)], [], null);
        }

        if (!safe && (Stopping || IsSnapshotWanted(run) || state.Holders.All(holder => holder.Leaving)))
        {
            orders.Add(new Addressed(state.Holders[0].Trainer, new TrainerOrders.TakeSnapshot(state.Step)));
        }
        else
        {
            orders.AddRange(
                Statuses.Where(status => status is { Leaving: true, Quiet: true })
                    .Select(status => new Addressed(status.Trainer, new TrainerOrders.Release())));
        }

        return new Decision(
            this, [], orders, run.Trained || Stopping || run.Paused ? null : new WaitReason(WaitKind.TooFew, candidates.Count, _options.MinTrainers));
    }

    private bool IsSnapshotWanted(RunState run) => SnapshotFrom is { } from && !(run.Newest?.Step >= from);

    private static ViewCause Divergence(IReadOnlyList<TrainerStatus> diverged) => new(ViewCauseKind.Diverged, [.. diverged.Select(status => status.Node)]);

    private static ViewCause Joining(RunState run, IReadOnlyList<TrainerStatus> candidates) =>
        new(ViewCauseKind.Joins, [.. candidates.Where(status => !run.Trainers.ContainsKey(status.Trainer)).Select(status => status.Node)]);

    private Membership Because(ViewCause reason, long now) => Cause is null ? this with { Cause = (reason, now) } : this;
}
