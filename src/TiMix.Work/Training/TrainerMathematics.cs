using System.Diagnostics;
using TiMix.Exchange.Bundles;
using TiMix.Exchange.Groups;
using TiMix.Learning.Model;
using TiMix.Protocol.Messages;
using TiMix.Protocol.Training;
using TiMix.Protocol.Values;

namespace TiMix.Work.Training;

/// <summary>
/// All that a trainer does to its state, on its one compute thread and in the order in which it was wanted. Each answers with what the
/// trainer's core is to be told.
/// </summary>
/// <param name="settings">The run and the node.</param>
/// <param name="trainer">The trainer's id.</param>
/// <param name="owner">Whose the bundles are that wait to be fetched.</param>
/// <param name="teachers">Keep the versions that steps complete.</param>
/// <param name="files">Keep what is to be written.</param>
/// <param name="tell">Hears how far a step is, on the compute thread.</param>
public sealed class TrainerMathematics(
    TrainerSettings settings, string trainer, string owner, PublishedTeachers teachers, TrainerFiles files, Action<IInput> tell) : IDisposable
{
    private readonly TrainerCompute _compute = new(settings.Recipe, settings.Model, settings.Device, settings.Threads);

    // Of the compute thread.
    private long _stepBegan;
    private readonly Queue<(long Step, BundleReference Sum)> _sums = [];
    private LieKind? _lie;

    /// <summary>Whose copies of the state are, until they are fetched.</summary>
    /// <param name="owner">The trainer.</param>
    public static string StatesOf(string owner) => owner + "#states";

    /// <summary>See <see cref="TrainerEffects.WarmUp"/>.</summary>
    public Task<IInput> WarmUp() => _compute.Run<IInput>((_, step) =>
    {
        step.WarmUp();
        return new TrainerInputs.WarmedUp();
    });

    /// <summary>See <see cref="TrainerEffects.FlipBit"/>.</summary>
    public void FlipBit() => _compute.Run((state, _) =>
    {
        state.FlipBit();
        return true;
    });

    /// <summary>See <see cref="TrainerEffects.Lie"/>.</summary>
    public void Lie(LieKind kind) => _compute.Then(() => _lie = kind);

    /// <summary>Disposes of something after all that was wanted before.</summary>
    public void ThenDispose(IReadOnlyList<IDisposable> unused)
    {
        foreach (var one in unused)
        {
            _compute.Then(one.Dispose);
        }
    }

    /// <summary>See <see cref="TrainerEffects.VerifyState"/>.</summary>
    public Task<IInput> Verify(long generation) => Use(StateUse.Obtain, state => new TrainerInputs.StateObtained(generation, state.Step, state.HashOfAll()));

    /// <summary>See <see cref="TrainerEffects.DrawState"/>.</summary>
    public Task<IInput> Draw(long generation) => _compute.RunAnew<IInput>(state => new TrainerInputs.StateObtained(generation, state.Step, state.HashOfAll()));

    /// <summary>See <see cref="TrainerEffects.RestoreState"/>.</summary>
    public Task<IInput> Restore(TrainerEffects.RestoreState wanted) => Use(StateUse.Obtain, state =>
    {
        try
        {
            state.Restore(files.Read(wanted.Directory));
            return new TrainerInputs.StateObtained(wanted.Generation, state.Step, state.HashOfAll());
        }
        catch (Exception error) when (error is InvalidDataException or IOException or UnauthorizedAccessException)
        {
            return new TrainerInputs.SnapshotUnreadable(wanted.Generation, wanted.Directory, error.Message);
        }
    });

    /// <summary>See <see cref="TrainerEffects.AcceptState"/>.</summary>
    public Task<IInput> Accept(StateMessages.StateOffered offer, CancellationToken stop) =>
        Use(StateUse.Obtain, state => StateTransfer.Accept(offer, state, settings.Exchange, stop) is not { } right
            ? new TrainerInputs.StateNotObtained(offer.Generation, Untouched: true)
            : right
                ? new TrainerInputs.StateObtained(offer.Generation, offer.Step, offer.Hash)
                : new TrainerInputs.StateNotObtained(offer.Generation, Untouched: false));

    /// <summary>See <see cref="TrainerEffects.FollowStep"/>.</summary>
    public Task<IInput> Follow(StateMessages.SumOffered offer, CancellationToken stop) => _compute.Run<IInput>((state, step) =>
    {
        var right = StateTransfer.Follow(offer, state, step, settings.Exchange, stop);
        if (right)
        {
            state.PublishIfDue();
        }

        return new TrainerInputs.StateFollowed(offer.Generation, offer.Step, offer.Switch, right);
    });

    /// <summary>See <see cref="TrainerEffects.HashState"/>.</summary>
    public Task<IInput> Hash() => Use(StateUse.Hash, state => new TrainerInputs.StateHashed(state.HashOfAll()));

    /// <summary>See <see cref="TrainerEffects.CopyState"/>.</summary>
    public Task<IInput> Copy(TrainerEffects.CopyState wanted) =>
        Use(StateUse.Copy, state => new TrainerInputs.StateCopied(
            wanted.To, StateTransfer.Offer(state, wanted.Generation, settings.Exchange.Bundles, StatesOf(owner))));

    /// <summary>See <see cref="TrainerEffects.CaptureState"/>.</summary>
    public Task<IInput> Capture() => Use(StateUse.Capture, state =>
    {
        files.Keep(state.Capture());
        return new TrainerInputs.StateCaptured(state.Step);
    });

    /// <summary>See <see cref="TrainerEffects.BeginView"/>.</summary>
    public Task<IInput> BeginView(long lineage) => _compute.Run<IInput>((state, _) =>
    {
        // All of the view have their states: whoever has not fetched one is not in it.
        settings.Exchange.Bundles.ReleaseOwner(StatesOf(owner));
        _stepBegan = Stopwatch.GetTimestamp();
        foreach (var (version, values) in state.Versions)
        {
            teachers.Keep(lineage, version, values);
        }

        return new TrainerInputs.TeachersCollected(lineage, [.. state.Versions.Keys]);
    });

    /// <summary>See <see cref="TrainerEffects.Compute"/>.</summary>
    public Task<IInput> Compute(TrainerEffects.Compute wanted, IReadOnlyList<AssembledMicroBatch> own, Group group) => _compute.Run<IInput>((state, step) =>
    {
        try
        {
            IStepPeers peers = new GroupPeers(group, wanted.View);
            var outcome = step.Run(
                own, _lie is { } lie ? new LyingPeers(peers, lie) : peers, trainer, wanted.Last, stage => tell(new TrainerInputs.Reached(stage)),
                wanted.GoesOver);
            return double.IsFinite(outcome.GradientNorm)
                ? Applied(wanted, state, outcome) with
                {
                    GoesOver = outcome.GoesOver,
                    Hash = StateTransfer.TextOf(state.Expected),
                    Sums = [.. wanted.Followers.Select(follower => (follower, Offer(state.Step, step.Sum)))],
                }
                : new TrainerInputs.StepBroken([], null) { Accused = outcome.Accused };
        }
        catch (GroupBrokenException broken)
        {
            return new TrainerInputs.StepBroken([.. broken.Suspects.Where(suspect => !suspect.Lied).Select(suspect => suspect.Member)], null)
            {
                Accused = [.. broken.Suspects.Where(suspect => suspect.Lied).Select(suspect => new Accusation(
                    suspect.Member, OffenceKind.Malformed, state.Step, [], $"step {state.Step + 1}: {suspect.Member}: {suspect.Reason}"))],
            };
        }
        catch (StepSpoiltException spoilt)
        {
            return new TrainerInputs.StepBroken([], spoilt.Difference) { Accused = _lie is null ? spoilt.Accused : [] };
        }
        catch (StateDamagedException damaged)
        {
            return new TrainerInputs.StateDamaged(StateUse.Step, damaged.Message);
        }
    });

    /// <inheritdoc/>
    public void Dispose() => _compute.Dispose();

    /// <summary>What nobody has fetched for long goes.</summary>
    private IContent Offer(long step, ParameterBuffer sum)
    {
        while (_sums.TryPeek(out var old) && old.Step <= step - TrainerCore.MostSums)
        {
            settings.Exchange.Bundles.Release(_sums.Dequeue().Sum);
        }

        var offer = StateTransfer.Offer(sum, settings.Exchange.Bundles, StatesOf(owner));
        _sums.Enqueue((step, offer.Sum));
        return offer;
    }

    private TrainerInputs.StepComputed Applied(TrainerEffects.Compute wanted, TrainingState state, StepOutcome outcome)
    {
        var unaudited = files.WriteAudit(wanted.View, state.Step, trainer, outcome.Parts);
        var published = state.PublishIfDue();
        if (published is var (version, values))
        {
            teachers.Keep(wanted.Lineage, version, values);
        }

        if (wanted.Capture)
        {
            files.Keep(state.Capture());
        }

        var (seconds, now) = (Stopwatch.GetElapsedTime(_stepBegan).TotalSeconds, Stopwatch.GetTimestamp());
        _stepBegan = now;
        return new TrainerInputs.StepComputed(
            state.Step, outcome.Last, outcome.OwnSeconds, StepDescription.Report(settings.Recipe, state.Step, outcome, seconds),
            [.. outcome.Parts.SelectMany(part => part.MicroBatches).SelectMany(part => part.Origin.Replacements)], published?.Version, wanted.Capture,
            unaudited);
    }

    private Task<IInput> Use(StateUse use, Func<TrainingState, IInput> work) => _compute.Run((state, _) =>
    {
        try
        {
            return work(state);
        }
        catch (StateDamagedException damaged)
        {
            return new TrainerInputs.StateDamaged(use, damaged.Message);
        }
    });
}
