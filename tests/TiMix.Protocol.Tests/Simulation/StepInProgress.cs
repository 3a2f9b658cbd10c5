using TiMix.Protocol.Messages;
using TiMix.Protocol.Training;
using TiMix.Protocol.Values;

namespace TiMix.Protocol.Tests.Simulation;

/// <summary>
/// One step of one trainer, in the order of the training step in production: gather, compute, look whether the state is whole, reduce,
/// apply.
/// </summary>
internal sealed class StepInProgress(TrainerShell trainer, TrainerEffects.Compute compute)
{
    private enum Stage
    {
        Gathering,
        Computing,
        Reducing,
        Applying,
        Over,
    }

    private readonly Cluster _cluster = trainer.Cluster;
    private readonly View _view = compute.View;
    private readonly long _step = compute.Step;
    private Stage _stage;
    private bool _started;
    private bool _interrupted;

    /// <summary>Sends this trainer's gather frame.</summary>
    public void Start()
    {
        if (_stage == Stage.Over)
        {
            return;
        }

        if (_interrupted || trainer.Ends.Generation != _view.Generation)
        {
            End(new TrainerInputs.StepBroken([], null));
            return;
        }

        _started = true;
        _cluster.Invariants.Computes(trainer, _view, _step);
        if (trainer.Lie is SimulatedLie.Slander or SimulatedLie.SlanderOne && _view.Shares.Count > 1 && _cluster.Chance.Of(0.5))
        {
            Slander();
            return;
        }

        trainer.Tell(new TrainerInputs.Reached(StepStage.Gather));
        Send(new GatherFrame(_view.Generation, _step, compute.Last, trainer.Written) { GoesOver = compute.GoesOver }, Point.Gathering);
    }

    /// <summary>Goes on if all frames that it waits for are here.</summary>
    public void Advance()
    {
        if (!_started)
        {
            return;
        }

        var frames = trainer.Ends.Frames;
        if (_stage == Stage.Gathering && frames.HasAllGathers(_step, _view))
        {
            if (EndsFor(frames.WrongIn(_step, _view, trainer.Id)))
            {
                return;
            }

            _stage = Stage.Computing;
            trainer.Tell(new TrainerInputs.Reached(StepStage.Backward));
            if (trainer.Lie == SimulatedLie.Stall && (_view.Shares.Count > 1 || trainer.Said?.SecondsPerMicroBatch > 0))
            {
                _cluster.Log?.Add($"{trainer.Id} stands still");
                _cluster.Lies();
                return;
            }

            trainer.Later(trainer.ComputeTime(compute.MicroBatches.Count), Computed);
            _cluster.Reach(Point.Gathered, trainer.Process);
        }
        else if (_stage == Stage.Reducing && frames.HasAllReduces(_step, _view))
        {
            if (EndsFor(frames.WrongInSum(_step, _view, trainer.Id)))
            {
                return;
            }

            _stage = Stage.Applying;
            trainer.Tell(new TrainerInputs.Reached(StepStage.Update));
            trainer.Later(_cluster.Chance.Between(0, 5), Apply);
            _cluster.Reach(Point.Applying, trainer.Process);
        }
    }

    /// <summary>The view's links are broken: it ends where it waits for a peer; a sum that is complete is applied.</summary>
    public void Interrupt()
    {
        _interrupted = true;
        if (_started && _stage is Stage.Gathering or Stage.Reducing)
        {
            _stage = Stage.Over;
            trainer.Later(_cluster.Chance.Between(0, 3), () => trainer.Answer(new TrainerInputs.StepBroken([], null)));
        }
    }

    /// <summary>A link broke, and this noticed it before anybody else. False: it does not need that peer any more.</summary>
    public bool EndWithout(string peer)
    {
        var frames = trainer.Ends.Frames;
        if (_started && ((_stage == Stage.Gathering && frames.Gather(_step, peer) is null) || (_stage == Stage.Reducing && frames.Reduce(_step, peer) is null)))
        {
            End(new TrainerInputs.StepBroken([peer], null));
            return true;
        }

        return false;
    }

    private void Computed()
    {
        if (!trainer.Alive || _stage == Stage.Over)
        {
            return;
        }

        _cluster.Reach(Point.Computed, trainer.Process);
        if (!trainer.Process.Sound)
        {
            trainer.Process.Run(Look);
        }
        else
        {
            Look();
        }
    }

    private void Look()
    {
        if (!trainer.IsSound)
        {
            End(trainer.Damaged(StateUse.Step));
            return;
        }

        if (_interrupted)
        {
            End(new TrainerInputs.StepBroken([], null));
            return;
        }

        _stage = Stage.Reducing;
        trainer.Tell(new TrainerInputs.Reached(StepStage.Reduce));
        Send(new ReduceFrame(_view.Generation, _step, trainer.PartialSum(compute)), Point.Reducing);
    }

    private void Apply()
    {
        var (sum, last, goesOver) = trainer.Ends.Frames.Total(_step, _view);
        End(trainer.Apply(compute, sum, last, goesOver));
        _cluster.Reach(Point.Applied, trainer.Process);
    }

    private void Send(Frame frame, Point point)
    {
        trainer.Ends.Frames.Keep(trainer.Id, frame);
        var first = true;
        foreach (var share in _view.Shares)
        {
            if (share.Trainer == trainer.Id)
            {
                continue;
            }

            trainer.Ends.Send(share.Trainer, Bend(frame, first));
            if (first)
            {
                first = false;
                _cluster.Reach(point, trainer.Process);
            }

            if (!trainer.Process.Sound)
            {
                trainer.Process.Run(() => Resend(frame, share.Trainer));
                return;
            }
        }

        Advance();
    }

    /// <summary>Stopped between two frames and continued: the others go out now.</summary>
    private void Resend(Frame frame, string after)
    {
        foreach (var share in _view.Shares.Where(share => share.Trainer != trainer.Id).SkipWhile(share => share.Trainer != after).Skip(1))
        {
            trainer.Ends.Send(share.Trainer, Bend(frame, first: false));
        }

        Advance();
    }

    /// <summary>What a bad machine makes of a frame.</summary>
    private Frame Bend(Frame frame, bool first)
    {
        var bent = Bent(frame, first);
        if (!ReferenceEquals(bent, frame))
        {
            _cluster.Lies();
        }

        return bent;
    }

    private Frame Bent(Frame frame, bool first) => (frame, trainer.Lie) switch
    {
        (GatherFrame gather, SimulatedLie.Features) => gather with { Wrong = OffenceKind.NotFinite },
        (GatherFrame gather, SimulatedLie.Shape) => gather with { Wrong = OffenceKind.Malformed },
        (GatherFrame gather, SimulatedLie.TwoFaced) when first => gather with { Wrong = OffenceKind.NotFinite },
        (GatherFrame gather, SimulatedLie.StateInGather) => gather with { State = gather.State with { Weights = ~gather.State.Weights } },
        (ReduceFrame reduce, SimulatedLie.Gradients) => reduce with { IsNotFinite = true },
        _ => frame,
    };

    private void Slander()
    {
        var others = _view.Shares.Where(share => share.Trainer != trainer.Id).OrderBy(share => share.Node, StringComparer.Ordinal).ToList();
        var other = trainer.Lie == SimulatedLie.SlanderOne ? others[0] : _cluster.Chance.Pick(others);
        var kind = _cluster.Chance.Pick([OffenceKind.NotFinite, OffenceKind.Malformed, OffenceKind.OtherState]);
        _cluster.Log?.Add($"{trainer.Id} slanders {other.Trainer}");
        _cluster.Lies();
        End(new TrainerInputs.StepBroken([], null) { Accused = [new Accusation(other.Trainer, kind, _step, [other.First], "a lie")] });
    }

    private bool EndsFor(IReadOnlyList<Accusation> wrong)
    {
        if (wrong.Count > 0)
        {
            _cluster.Log?.Add($"{trainer.Id} accuses {string.Join(", ", wrong.Select(one => $"{one.Trainer}: {one.Kind}"))} in step {_step}");
            End(new TrainerInputs.StepBroken([], wrong[0].Kind == OffenceKind.OtherState ? "states differ" : null) { Accused = wrong });
        }

        return wrong.Count > 0;
    }

    private void End(IInput answer)
    {
        _stage = Stage.Over;
        trainer.Answer(answer);
    }
}
