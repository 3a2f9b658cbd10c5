using TiMix.Protocol.Messages;
using TiMix.Protocol.Values;
using static TiMix.Protocol.Messages.CoordinatorEvents;

namespace TiMix.Protocol.Coordination;

/// <summary>What trainers hold against each other, who is believed, and who stands still; see <see cref="OffenceBook"/>.</summary>
public sealed partial record Membership
{
    private sealed record Said(TrainerStatus By, Accusation What)
    {
        public bool IsConfession => By.Trainer == What.Trainer;

        /// <summary>The two whom it concerns, whoever says it of the other.</summary>
        public (string, string) Pair =>
            string.CompareOrdinal(By.Trainer, What.Trainer) < 0 ? (By.Trainer, What.Trainer) : (What.Trainer, By.Trainer);
    }

    /// <summary>
    /// What follows from the accusations of a view whose members all hold still; once for each generation. A trainer is charged that accuses
    /// itself, or that more than half of the others accuse, two at least. Where the step itself is not finite, the run ends: no machine
    /// is to blame. Everything else is word against word.
    /// </summary>
    private IReadOnlyList<IEvent> Judge(RunState run, View view, IReadOnlyList<TrainerStatus> members, long now)
    {
        if (run.Book.Judged >= view.Generation)
        {
            return [];
        }

        var said = members.Where(member => member.Generation == view.Generation && view.Has(member.Trainer))
            .SelectMany(member => member.Accused.Where(what => view.Has(what.Trainer)).Select(what => new Said(member, what))).ToList();
        var weighed = Weighed(said.Select(one => one.What)).ToHashSet(ReferenceEqualityComparer.Instance);
        said.RemoveAll(one => !weighed.Contains(one.What));
        var others = view.Shares.Count - 1;
        var charged = said.GroupBy(one => one.What.Trainer, StringComparer.Ordinal)
            .Where(against => against.Any(one => one.IsConfession) || IsMajority(against.Select(one => one.By.Trainer).Distinct().Count(), others))
            .ToDictionary(against => against.Key, against => against.MinBy(one => !one.IsConfession)!, StringComparer.Ordinal);
        if (charged.Values.FirstOrDefault(one => IsTheStepsOwn(one, [.. charged.Values], run, view, now)) is { } own)
        {
            return [new RunStopped(new StopReason(StopKind.Failed, Said: own.What.What), now)];
        }

        string NodeOf(string trainer) => view.Shares[view.PlaceOf(trainer)].Node;
        return
        [
            .. charged.OrderBy(pair => pair.Key, StringComparer.Ordinal).Select(pair => new TrainerCharged(
                pair.Key, NodeOf(pair.Key), pair.Value.What.Kind, pair.Value.What.Step, pair.Value.What.MicroBatches,
                [.. said.Where(one => one.What.Trainer == pair.Key).Select(one => one.By.Node).Distinct(StringComparer.Ordinal)], view.Generation, now)),
            .. said.Where(one => !charged.ContainsKey(one.What.Trainer) && !charged.ContainsKey(one.By.Trainer))
                .DistinctBy(one => one.Pair)
                .Select(one => new NodesDisagreed(
                    one.By.Node, NodeOf(one.What.Trainer), one.What.Kind, others == 1, HaveOtherStates(members, one), view.Generation, now)),
        ];
    }

    private static ViewCause WhatBroke(View current, IReadOnlyList<TrainerStatus> members)
    {
        var said = members.Where(member => member.Generation == current.Generation).SelectMany(member => member.Accused);
        var accused = Weighed(said).Select(what => what.Trainer).Distinct(StringComparer.Ordinal).Where(current.Has)
            .Select(trainer => current.Shares[current.PlaceOf(trainer)].Node).ToList();
        if (accused.Count > 0)
        {
            return new ViewCause(ViewCauseKind.Accused, accused);
        }

        var suspects = members.SelectMany(member => member.Suspects).Distinct(StringComparer.Ordinal).Where(current.Has)
            .Select(suspect => current.Shares[current.PlaceOf(suspect)].Node).ToList();
        return suspects.Count > 0
            ? new ViewCause(ViewCauseKind.LinkBroke, suspects)
            : new ViewCause(ViewCauseKind.BrokeOff, [.. members.Where(member => member.Quiet).Take(1).Select(member => member.Node)]);
    }

    /// <summary>A sum is what its parts are: whoever finished it is asked for only if nothing is said of them.</summary>
    private static IEnumerable<Accusation> Weighed(IEnumerable<Accusation> said) =>
        said.Any(what => what.Kind != OffenceKind.SumNotFinite) ? said.Where(what => what.Kind != OffenceKind.SumNotFinite) : said;

    /// <summary>Two at least: a single liar convicts nobody.</summary>
    private static bool IsMajority(int accusers, int others) => accusers > 1 && 2 * accusers > others;

    /// <summary>
    /// A step that is not finite wherever it is computed: two trainers say so of their own parts, another one has failed at these micro-batches
    /// before, or there is nobody else who could try.
    /// </summary>
    private bool IsTheStepsOwn(Said one, IReadOnlyList<Said> charged, RunState run, View view, long now)
    {
        if (one.What.Kind is not (OffenceKind.NotFinite or OffenceKind.SumNotFinite))
        {
            return false;
        }

        var node = view.Shares[view.PlaceOf(one.What.Trainer)].Node;
        var couldTry = Statuses.Count(status => status.Node != node && !status.Leaving && !IsBarred(status, run, now));
        return charged.Count(other => other.IsConfession && other.What.Kind == one.What.Kind) > 1
            || run.Book.WasNotFiniteElsewhere(node, one.What.Step, one.What.MicroBatches)
            || (one.IsConfession && couldTry < Math.Max(1, _options.MinTrainers));
    }

    private static bool HaveOtherStates(IReadOnlyList<TrainerStatus> members, Said one)
    {
        var other = members.FirstOrDefault(member => member.Trainer == one.What.Trainer);
        return other?.Hash is not null && one.By.Hash is not null && other.Applied == one.By.Applied && other.Hash != one.By.Hash;
    }

    /// <summary>
    /// States of a proposed view's trainers that are ready and do not agree: who is outvoted, or, of two, that they disagree. Once a generation.
    /// </summary>
    private static IReadOnlyList<IEvent> JudgeStates(RunState run, IReadOnlyList<TrainerStatus> ready, long now)
    {
        if (run.Book.Judged >= run.Generation || ready.Any(member => run.Diverged.GetValueOrDefault(member.Trainer) >= run.Generation))
        {
            return [];
        }

        var largest = ready.GroupBy(member => (member.Applied, member.Hash)).MaxBy(group => group.Count())!;
        return 2 * largest.Count() > ready.Count
            ? [.. ready.Except(largest).Select(member => new ReplicaDiverged(member.Trainer, member.Node, member.Applied, now, Outvoted: true))]
            : ready.Count == 2 ? [new NodesDisagreed(ready[0].Node, ready[1].Node, OffenceKind.OtherState, true, true, run.Generation, now)]
            : [];
    }

    /// <summary>
    /// Two who disagree again and again, where neither can be gone on with: their states differ, or the run needs both. Null: there are none.
    /// </summary>
    private Disagreement? Undecidable(RunState run, int trainers) => run.Book.Disagreements.Values.FirstOrDefault(
        pair => !IsGuilty(run, pair.First) && !IsGuilty(run, pair.Second) && pair.Count > _options.OffencesForgiven
            && (pair.OfStates > _options.OffencesForgiven || trainers <= _options.MinTrainers));

    private bool IsGuilty(RunState run, string node) => run.Book.IsGuilty(node, _options.OffencesForgiven + 1);

    private bool IsBarred(TrainerStatus status, RunState run, long now) => IsGuilty(run, status.Node) || IsExcluded(status.Trainer, now);

    /// <summary>
    /// Whoever computes for longer than a step may take, while another one has waited for it for as long; one that is alone, and
    /// whose steps have been measured, has twice the time. Whoever waits for its data does not hang.
    /// </summary>
    private IReadOnlyList<TrainerStatus> Stuck(View view, IReadOnlyList<TrainerStatus> members, long now)
    {
        var alone = members is [{ SecondsPerMicroBatch: > 0 }];
        return alone || members.Any(member => IsWaiting(member) && StoodFor(member, now) > Deadline(view, members))
            ? [.. members.Where(member => IsComputing(member) && StoodFor(member, now) > (alone ? 2 : 1) * Deadline(view, members, member))]
            : [];
    }

    /// <summary>
    /// Everybody waits for somebody else, so that one of them does not say where it is; or nobody moves while something calls for another view.
    /// Who stands still shows when all are to hold still.
    /// </summary>
    private bool IsDeadlocked(View view, IReadOnlyList<TrainerStatus> members, long now) =>
        (members.Count > 1 || Cause is not null) && members.All(member => (IsWaiting(member) || (Cause is not null && IsComputing(member)))
            && StoodFor(member, now) > 2 * Deadline(view, members, member));

    /// <summary>Milliseconds that a step may stand at one place.</summary>
    private double Deadline(View view, IReadOnlyList<TrainerStatus> members, TrainerStatus? of = null)
    {
        var slowest = members.Max(member => member.SecondsPerMicroBatch * view.Shares[view.PlaceOf(member.Trainer)].Count);
        var measured = Math.Max(_options.StepDeadline.TotalMilliseconds, _options.StepPatience * slowest * 1000);
        return of is { SecondsPerMicroBatch: <= 0 } ? Math.Max(measured, _options.FirstStepDeadline.TotalMilliseconds) : measured;
    }

    private static bool IsWaiting(TrainerStatus member) => member is { Phase: TrainerPhase.Running, Stage: StepStage.Gather or StepStage.Reduce };

    private static bool IsComputing(TrainerStatus member) =>
        member is { Phase: TrainerPhase.Running, Stage: StepStage.Forward or StepStage.Backward or StepStage.Update };

    private long StoodFor(TrainerStatus member, long now) => Trainers.TryGetValue(member.Trainer, out var known) ? now - known.StageSince : 0;
}
