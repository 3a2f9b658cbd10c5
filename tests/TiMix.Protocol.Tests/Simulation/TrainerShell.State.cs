using TiMix.Base;
using TiMix.Protocol.Messages;
using TiMix.Protocol.Training;
using TiMix.Protocol.Values;

namespace TiMix.Protocol.Tests.Simulation;

/// <summary>What touches the trainer's state, and what faults do to it.</summary>
internal sealed partial class TrainerShell
{
    private readonly HashSet<long> _applied = [];
    private long _audited = -1;
    private readonly Queue<(long Generation, long Step)> _unaudited = [];
    private static readonly SimulatedState Lost = new(-1, 0, -1, 0, 0);

    /// <summary>Weights and versions of the teacher; step -1: none.</summary>
    public SimulatedState State { get; private set; } = Lost;

    /// <summary>What the state was when it was last written; differs from <see cref="State"/> when a bit has flipped since.</summary>
    public SimulatedState Written { get; private set; } = Lost;

    /// <summary>Whether a fault has changed the state, until it has been replaced.</summary>
    public bool Flipped { get; private set; }

    /// <summary>Whether the next step shall give wrong bits.</summary>
    public bool FlipAtApply { get; set; }

    /// <summary>Whether the next copy shall arrive with wrong bits.</summary>
    public bool CorruptCopy { get; set; }

    /// <summary>Whether it has a report of that step.</summary>
    public bool HasApplied(long step) => _applied.Contains(step);

    /// <summary>Whether the state is still what was last written.</summary>
    public bool IsSound => State == Written;

    /// <summary>A bit of the weights flips.</summary>
    public void FlipAtRest()
    {
        if (State.Step >= 0)
        {
            Cluster.Log?.Add($"{Id}: a bit flips at rest");
            (State, Flipped) = (State with { Weights = State.Weights ^ (1UL << Cluster.Chance.Below(64)) }, true);
        }
    }

    /// <summary>What the own micro-batches add to the sum of a step.</summary>
    public ulong PartialSum(TrainerEffects.Compute compute)
    {
        ulong sum = 0;
        foreach (var key in compute.MicroBatches)
        {
            Check(_microBatches.TryGetValue((compute.Lineage, key), out var mixed), $"computes with micro-batch {key}");
            sum += UndisturbedRun.Contribution(State.Weights, mixed);
        }

        return sum;
    }

    /// <summary>A step is applied, and all that goes with it; the report of it is the answer.</summary>
    public TrainerInputs.StepComputed Apply(TrainerEffects.Compute compute, ulong sum, bool last, bool goesOver)
    {
        var step = compute.Step + 1;
        Cluster.Invariants.Applies(this, compute.View, step);
        _applied.Add(step);

        // A flip between the last look and here would be seen as one that strikes right afterwards; one that stays in the result is FlipAtApply's.
        var applied = Written.Apply(sum, Cluster.Settings.RefreshEvery);
        var loss = LossAfter(applied);
        Flipped = FlipAtApply && WouldBeCompared(compute, step) && Cluster.Wrong.All(node => node == Process.Node);
        if (Flipped)
        {
            Cluster.Log?.Add($"{Id}: step {step} gives wrong bits");
            Cluster.Wrong.Add(Process.Node);
            (FlipAtApply, applied) = (false, Written.Apply(sum ^ (Cluster.Chance.Next() | 1), Cluster.Settings.RefreshEvery));
        }

        (State, Written) = (applied, applied);
        Cluster.Invariants.HasWritten(this, "applied");
        Cluster.Log?.Add($"{Id}: step {step} applied");
        if (compute.Capture)
        {
            _captures[step] = State;
        }

        long? version = step % Cluster.Settings.RefreshEvery == 0 ? State.Version : null;
        if (version is not null)
        {
            _teachers[(compute.Lineage, State.Version)] = State.Teacher;
        }

        var own = compute.MicroBatches.Count * _millisecondsPerMicroBatch / 1000.0;
        _audited = step;
        _unaudited.Enqueue((compute.View.Generation, step));
        var audited = Cluster.Disk.Audit(_unaudited);
        Cluster.Statistics.Unaudited += audited ? 0 : 1;
        return new TrainerInputs.StepComputed(step, last, own, Report(step, loss), [], version, compute.Capture, audited ? null : "disk full")
        {
            GoesOver = goesOver,
            Hash = State.Hash,
            Sums = [.. compute.Followers.Select(follower => (follower, (IContent)new SimulatedContent(this, sum)))],
        };
    }

    private StepReport Report(long step, double loss) => new(step, Cluster.Settings.Steps, 0, loss, Named<double>.None, 0, 0, 0, 0, 0);

    /// <summary>
    /// Whether wrong bits would be seen by others before they are in a snapshot; otherwise nobody could ever know. Of several machines that compute
    /// wrongly nobody could tell which are right.
    /// </summary>
    private bool WouldBeCompared(TrainerEffects.Compute compute, long step) =>
        compute.View.Shares.Count > 1 && step != Cluster.Settings.Steps && !compute.Capture;

    private void DoWithState(IEffect effect)
    {
        switch (effect)
        {
            case TrainerEffects.Compute compute:
                Work(() =>
                {
                    Computing = new StepInProgress(this, compute);
                    Later(Cluster.Chance.Between(0, 2), Computing.Start);
                });
                break;
            case TrainerEffects.FollowStep follow:
                Work(1, 10, () => Follow(follow.Offer));
                break;
            case TrainerEffects.VerifyState verify:
                Work(1, 20, () => IfIntact(StateUse.Obtain, () => new TrainerInputs.StateObtained(verify.Generation, State.Step, State.Hash)));
                break;
            case TrainerEffects.HashState:
                Cluster.Reach(Point.Hashing, Process);
                Work(1, 20, () => IfIntact(StateUse.Hash, () => new TrainerInputs.StateHashed(State.Hash)));
                break;
            case TrainerEffects.DrawState draw:
                Work(1, 10, () => TakeOver(draw.Generation, SimulatedState.Drawn, "drawn"));
                break;
            case TrainerEffects.RestoreState restore:
                Work(10, 60, () => Restore(restore));
                break;
            case TrainerEffects.AcceptState accept:
                Work(() => Accept(accept.Offer));
                break;
            case TrainerEffects.CopyState copy:
                Work(1, 10, () => Copy(copy));
                break;
            case TrainerEffects.CaptureState capture:
                Work(1, 10, () => Capture(capture.Step));
                break;
            case TrainerEffects.BeginView begin:
                Cluster.Reach(Point.Begun, Process);
                Work(0, 3, () => CollectTeachers(begin.Lineage));
                break;
            default:
                throw new SimulationFailure($"Nobody knows how to do {effect}.");
        }
    }

    private IInput IfIntact(StateUse use, Func<IInput> otherwise)
    {
        if (IsSound)
        {
            return otherwise();
        }

        return Damaged(use);
    }

    /// <summary>The state was found damaged, and counts no more.</summary>
    public TrainerInputs.StateDamaged Damaged(StateUse use)
    {
        Cluster.Statistics.Damaged++;
        Cluster.Log?.Add($"{Id}: the state is found damaged ({use})");
        return new TrainerInputs.StateDamaged(use, "memory was damaged");
    }

    private TrainerInputs.StateObtained TakeOver(long generation, in SimulatedState state, string how)
    {
        Cluster.Invariants.TakesOver(this);
        // Whom it follows may have given another step's bits than it should have: that shows in the gather of the next one.
        var wrong = _core.Phase == TrainerPhase.Following && state != Cluster.Undisturbed.StateAt(state.Step);
        (State, Written, Flipped) = (state, state, wrong);
        var step = state.Step;
        _applied.RemoveWhere(later => later > step);
        Cluster.Invariants.HasWritten(this, how);
        Cluster.Log?.Add($"{Id}: step {state.Step} {how}");
        Cluster.Time.After(0, Process, () => Cluster.Reach(Point.Obtained, Process));
        return new TrainerInputs.StateObtained(generation, state.Step, state.Hash);
    }

    private IInput Restore(TrainerEffects.RestoreState restore)
    {
        if (Cluster.Disk.Read(restore.Directory) is { } state)
        {
            return TakeOver(restore.Generation, state, "restored");
        }

        (State, Written, Flipped) = (Lost, Lost, false);
        return new TrainerInputs.SnapshotUnreadable(restore.Generation, restore.Directory, "bits differ");
    }

    /// <summary>A state arrives, or the donor dies over it: before anything has arrived, or when the own state is gone already.</summary>
    private void Accept(StateMessages.StateOffered offer)
    {
        var generation = offer.Generation;
        Cluster.Reach(Point.Copying, Process);
        Later(Cluster.Chance.Between(5, 60), () =>
        {
            var content = (SimulatedContent)offer.State;
            if (content.Take(this) is null || Ends.Generation != generation)
            {
                var untouched = Cluster.Chance.Of(0.5);
                if (!untouched)
                {
                    (State, Written, Flipped) = (Lost, Lost, false);
                }

                Answer(new TrainerInputs.StateNotObtained(generation, untouched));
            }
            else if (CorruptCopy)
            {
                Cluster.Log?.Add($"{Id}: a copy arrives with other bits");
                (CorruptCopy, State, Written, Flipped) = (false, Lost, Lost, false);
                Answer(new TrainerInputs.StateNotObtained(generation, false));
            }
            else
            {
                Answer(TakeOver(generation, content.State, "taken over"));
            }
        });
    }

    /// <summary>The sum of a step arrives, or the one who has it dies over it, or it is of another state.</summary>
    private TrainerInputs.StateFollowed Follow(StateMessages.SumOffered offer)
    {
        Cluster.Reach(Point.Followed, Process);
        if (((SimulatedContent)offer.Sum).Take(this) is not { } sum || Ends.Generation != offer.Generation)
        {
            return new TrainerInputs.StateFollowed(offer.Generation, offer.Step, offer.Switch, Right: false);
        }

        Check(State.Step == offer.Step - 1, $"follows step {offer.Step}");
        Cluster.Invariants.TakesOver(this);
        var followed = Written.Apply(sum, Cluster.Settings.RefreshEvery);
        if (followed.Hash != offer.Hash)
        {
            (State, Written, Flipped) = (Lost, Lost, false);
            return new TrainerInputs.StateFollowed(offer.Generation, offer.Step, offer.Switch, Right: false);
        }

        (State, Written) = (followed, followed);
        Cluster.Invariants.HasWritten(this, "followed");
        Cluster.Log?.Add($"{Id}: step {State.Step} followed");
        Cluster.Statistics.StepsFollowed++;
        return new TrainerInputs.StateFollowed(offer.Generation, offer.Step, offer.Switch, Right: true);
    }

    private IInput Copy(TrainerEffects.CopyState copy)
    {
        Cluster.Reach(Point.Giving, Process);
        return IfIntact(StateUse.Copy, () => new TrainerInputs.StateCopied(
            copy.To, new StateMessages.StateOffered(copy.Generation, State.Step, State.Hash, new SimulatedContent(this, State.Weights) { State = State })));
    }

    private IInput Capture(long step)
    {
        Cluster.Reach(Point.Capturing, Process);
        return IfIntact(StateUse.Capture, () =>
        {
            Check(State.Step == step, $"captures step {step}");
            _captures[step] = State;
            return new TrainerInputs.StateCaptured(step);
        });
    }

    private TrainerInputs.TeachersCollected CollectTeachers(long lineage)
    {
        var versions = new List<long>();
        for (var version = Math.Max(0, State.Version - 1); version <= State.Version; version++)
        {
            versions.Add(version);
            _teachers[(lineage, version)] = State.TeacherAt(version)!.Value;
        }

        return new TrainerInputs.TeachersCollected(lineage, versions);
    }
}
