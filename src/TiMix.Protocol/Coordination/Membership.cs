using System.Collections.Immutable;
using TiMix.Protocol.Messages;
using TiMix.Protocol.Values;
using static TiMix.Protocol.Messages.CoordinatorEvents;

namespace TiMix.Protocol.Coordination;

/// <summary>
/// Who is alive and where they stand, as they say themselves, and what follows from it for the views. Nothing of it is stored:
/// a coordinator that starts anew learns it from the next statuses. <see cref="Decide"/> looks at the whole situation every
/// time and says what is to be done next, so it does not matter which messages were lost on the way here.
/// </summary>
/// <remarks>
/// The way from one view to the next: something calls for it (somebody is lost, joins, leaves, or the run is to stand still);
/// all members of the old view hold still, after a whole step if nothing is broken, otherwise at once; the newest state among
/// them is the one to go on from; the new view is proposed, its members link up and take that state over; when all are ready
/// and have the same bits, the view is installed and begins.
/// </remarks>
public sealed partial record Membership
{
    /// <param name="Status">The newest.</param>
    /// <param name="HeardAt">When it spoke last.</param>
    /// <param name="SuspectedAt">When a peer first saw its link break; 0: none has.</param>
    /// <param name="StageSince">When it was first heard of where it is in its step.</param>
    private sealed record Known(TrainerStatus Status, long HeardAt, long SuspectedAt, long StageSince);

    private readonly MembershipOptions _options;

    /// <param name="options">Leases.</param>
    /// <param name="now">Milliseconds since 1970, UTC; here as in all methods.</param>
    public Membership(MembershipOptions options, long now) => (_options, StartedAt) = (options, now);

    /// <summary>The newest status of everybody who is alive, by id.</summary>
    public IEnumerable<TrainerStatus> Statuses => Trainers.Values.Select(known => known.Status);

    private ImmutableSortedDictionary<string, Known> Trainers { get; init; } = ImmutableSortedDictionary.Create<string, Known>(StringComparer.Ordinal);

    /// <summary>Those who count as dead, and when they were first heard of afterwards; 0: not yet.</summary>
    private ImmutableDictionary<string, long> Dead { get; init; } = ImmutableDictionary<string, long>.Empty;

    /// <summary>Those who were not ready in time, and until when no view is planned with them.</summary>
    private ImmutableDictionary<string, long> Excluded { get; init; } = ImmutableDictionary<string, long>.Empty;

    private long StartedAt { get; init; }

    /// <summary>Why the run is to stand still, with a snapshot if it can have one; null: it is not.</summary>
    public StopReason? StopFor { get; private init; }

    /// <summary>Whether the run is to stand still.</summary>
    public bool Stopping => StopFor is not null;

    /// <summary>The user wants a snapshot of this step or a later one; null: does not.</summary>
    public long? SnapshotFrom { get; private init; }

    /// <summary>What no step can do without and nobody does, and since when.</summary>
    private (WaitKind Kind, long Since)? Lack { get; init; }

    private (ViewCause Reason, long At)? Cause { get; init; }

    private long UrgentSince { get; init; }

    private (long Generation, long At) Preparing { get; init; }

    /// <summary>Orders that were given a moment ago.</summary>
    private ImmutableList<(Addressed Order, long At)> Ordered { get; init; } = [];

    /// <summary>Somebody has said where it stands.</summary>
    public Membership Hear(TrainerStatus status, long now)
    {
        if (Dead.TryGetValue(status.Trainer, out var heard))
        {
            return heard == 0 ? this with { Dead = Dead.SetItem(status.Trainer, now) }
                : now - heard <= _options.Lease.TotalMilliseconds ? this
                : (this with { Dead = Dead.Remove(status.Trainer) }).Hear(status, now);
        }

        var before = Trainers.GetValueOrDefault(status.Trainer);
        if (before?.Status.Number >= status.Number)
        {
            return this;
        }

        var since = before is not null && PlaceOf(before.Status) == PlaceOf(status) ? before.StageSince : now;
        var trainers = Trainers.SetItem(status.Trainer, new Known(status, now, 0, since));
        var old = before?.Status.Generation == status.Generation ? before.Status.Suspects : [];
        foreach (var suspect in status.Suspects.Except(old))
        {
            if (trainers.TryGetValue(suspect, out var known) && known.SuspectedAt == 0)
            {
                trainers = trainers.SetItem(suspect, known with { SuspectedAt = now });
            }
        }

        return this with { Trainers = trainers };
    }

    /// <summary>
    /// A trainer is said to be dead; what it said last may still arrive and is not believed. One that is still heard of a lease
    /// later lives after all: the news was of another process of its node, which died before it started.
    /// </summary>
    public Membership Bury(string trainer) => this with { Trainers = Trainers.Remove(trainer), Dead = Dead.SetItem(trainer, 0) };

    /// <summary>The process of a node is said to be dead, and all trainers on it.</summary>
    public Membership BuryNode(string node) =>
        Trainers.Values.Where(known => known.Status.Node == node).Aggregate(this, (membership, known) => membership.Bury(known.Status.Trainer));

    /// <summary>
    /// The coordinator itself was away: what was said meanwhile waits to be heard, so nobody is blamed for the silence.
    /// </summary>
    public Membership Wake(long now) => this with
    {
        StartedAt = now,
        Lack = Lack is { } lack ? (lack.Kind, now) : null,
        UrgentSince = UrgentSince == 0 ? 0 : now,
        Trainers = Trainers.ToImmutableSortedDictionary(
            pair => pair.Key, pair => pair.Value with { HeardAt = now, StageSince = now, SuspectedAt = pair.Value.SuspectedAt == 0 ? 0 : now },
            StringComparer.Ordinal),
    };

    /// <summary>Whether trainers are served.</summary>
    /// <param name="lacking">What nobody does; null: all is done.</param>
    /// <param name="now">Milliseconds.</param>
    public Membership Serve(WaitKind? lacking, long now) =>
        lacking == Lack?.Kind ? this : this with { Lack = lacking is { } kind ? (kind, Lack?.Since ?? now) : null };

    /// <summary>The run is to stand still, after the step and with a snapshot; the first reason is the one that counts.</summary>
    public Membership Stop(StopReason reason) => this with { StopFor = StopFor ?? reason };

    /// <summary>The hold is over: the next view comes about for that reason.</summary>
    public Membership GoOn(long now) => this with { Cause = (new ViewCause(ViewCauseKind.Continued), now) };

    /// <summary>The user wants a snapshot of this step or a later one; null: not any more.</summary>
    public Membership WantSnapshot(long? from) => this with { SnapshotFrom = from };

    /// <summary>What is known without those who are lost; <paramref name="lost"/> says so of those who belonged to the run.</summary>
    private Membership Without(long now, out List<TrainerLost> lost, RunState run)
    {
        lost = [];
        var trainers = Trainers;
        foreach (var (id, known) in Trainers)
        {
            if (WhyLost(known, now) is { } reason)
            {
                trainers = trainers.Remove(id);
                if (run.Trainers.ContainsKey(id))
                {
                    lost.Add(new TrainerLost(id, known.Status.Node, reason, now));
                }
            }
        }

        foreach (var (id, node) in run.Trainers.Where(trainer => !Trainers.ContainsKey(trainer.Key)))
        {
            if (Dead.ContainsKey(id))
            {
                lost.Add(new TrainerLost(id, node, new LossReason(LossKind.ProcessDied), now));
            }
            else if (now - StartedAt > _options.Lease.TotalMilliseconds)
            {
                lost.Add(new TrainerLost(id, node, new LossReason(LossKind.DidNotComeBack), now));
            }
        }

        var gone = lost.Select(other => other.Trainer).ToHashSet(StringComparer.Ordinal);
        lost.AddRange(run.Trainers.Where(trainer => IsGuilty(run, trainer.Value) && !gone.Contains(trainer.Key)).Select(
            trainer => new TrainerLost(trainer.Key, trainer.Value, new LossReason(LossKind.Offended), now)));
        trainers = trainers.RemoveRange(trainers.Where(known => IsGuilty(run, known.Value.Status.Node)).Select(known => known.Key));
        return ReferenceEquals(trainers, Trainers) ? this : this with { Trainers = trainers };
    }

    private static (long Generation, TrainerPhase Phase, long Applied, StepStage Stage) PlaceOf(TrainerStatus status) =>
        (status.Generation, status.Phase, status.Applied, status.Stage);

    private LossReason? WhyLost(Known known, long now) =>
        now - known.HeardAt > _options.Lease.TotalMilliseconds ? new LossReason(LossKind.Silent, _options.Lease.TotalSeconds)
        : known.SuspectedAt > 0 && now - known.SuspectedAt > _options.Grace.TotalMilliseconds ? new LossReason(LossKind.LinkBroke)
        : UrgentSince > 0 && !known.Status.Quiet && now - UrgentSince > _options.HaltDeadline.TotalMilliseconds
            ? new LossReason(LossKind.DidNotHoldStill, _options.HaltDeadline.TotalSeconds)
        : null;
}
