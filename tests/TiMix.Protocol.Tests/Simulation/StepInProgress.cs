using TiMix.Protocol.Values;

namespace TiMix.Protocol.Tests.Simulation;

/// <summary>One step of one trainer: gather, compute, reduce, apply.</summary>
internal sealed class StepInProgress(SimulatedTrainer trainer, View view, long step)
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

        if (!trainer.StateIsSound())
        {
            End(trainer.FindStateLost);
            return;
        }

        _started = true;
        _cluster.Invariants.Computes(trainer, view, step);
        Send(new GatherFrame(view.Generation, step, trainer.Protocol.StopRequested, trainer.State), Point.Gathering);
    }

    /// <summary>Goes on if all frames that it waits for are here.</summary>
    public void Advance()
    {
        if (!_started)
        {
            return;
        }

        var frames = trainer.Ends.Frames;
        if (_stage == Stage.Gathering && view.Shares.All(share => frames.Gather(step, share.Trainer) is not null))
        {
            if (view.Shares.Any(share => frames.Gather(step, share.Trainer)!.State != trainer.State))
            {
                _cluster.Log?.Add($"{trainer.Id} sees different states in the gather of step {step}");
                End(() => trainer.BreakStepOff([]));
                return;
            }

            _stage = Stage.Computing;
            trainer.Later(trainer.ComputeTime(view.Shares[view.PlaceOf(trainer.Id)].Count), Computed);
            _cluster.Reach(Point.Gathered, trainer);
        }
        else if (_stage == Stage.Reducing && view.Shares.All(share => frames.Reduce(step, share.Trainer) is not null))
        {
            _stage = Stage.Applying;
            trainer.Later(_cluster.Chance.Between(0, 5), Apply);
            _cluster.Reach(Point.Applying, trainer);
        }
    }

    /// <summary>The view's links are broken: it ends where it waits for a peer; a sum that is complete is applied.</summary>
    public void Interrupt()
    {
        _interrupted = true;
        if (_stage is Stage.Gathering or Stage.Reducing)
        {
            End(() => trainer.Later(_cluster.Chance.Between(0, 3), () => trainer.BreakStepOff([])));
        }
    }

    /// <summary>A link broke, and this noticed it before anybody else. False: it does not need that peer any more.</summary>
    public bool EndWithout(string peer)
    {
        var frames = trainer.Ends.Frames;
        if (_started && ((_stage == Stage.Gathering && frames.Gather(step, peer) is null) || (_stage == Stage.Reducing && frames.Reduce(step, peer) is null)))
        {
            End(() => trainer.BreakStepOff([peer]));
            return true;
        }

        return false;
    }

    private void Computed()
    {
        if (_interrupted)
        {
            End(() => trainer.BreakStepOff([]));
            return;
        }

        if (!trainer.StateIsSound())
        {
            End(trainer.FindStateLost);
            return;
        }

        _stage = Stage.Reducing;
        var share = view.Shares[view.PlaceOf(trainer.Id)];
        Send(new ReduceFrame(view.Generation, step, UndisturbedRun.PartialSum(trainer.State, step, share.First, share.Count)), Point.Reducing);
    }

    private void Apply()
    {
        if (!trainer.StateIsSound())
        {
            End(trainer.FindStateLost);
            return;
        }

        var frames = trainer.Ends.Frames;
        ulong sum = 0;
        var last = false;
        foreach (var share in view.Shares)
        {
            sum += frames.Reduce(step, share.Trainer)!.Sum;
            last |= frames.Gather(step, share.Trainer)!.Stop;
        }

        trainer.Write(step + 1, UndisturbedRun.Apply(trainer.State, sum), applied: true);
        End(() => trainer.FinishStep(step + 1, last));
    }

    private void Send(Frame frame, Point point)
    {
        trainer.Ends.Frames.Keep(trainer.Id, frame);
        var first = true;
        foreach (var share in view.Shares.Where(share => share.Trainer != trainer.Id))
        {
            trainer.Ends.Send(share.Trainer, frame);
            if (first)
            {
                first = false;
                _cluster.Reach(point, trainer);
            }

            if (!trainer.Alive || trainer.Hung)
            {
                trainer.Run(() => Resend(frame, share.Trainer));
                return;
            }
        }

        Advance();
    }

    /// <summary>Stopped between two frames and continued: the others go out now.</summary>
    private void Resend(Frame frame, string after)
    {
        foreach (var share in view.Shares.Where(share => share.Trainer != trainer.Id).SkipWhile(share => share.Trainer != after).Skip(1))
        {
            trainer.Ends.Send(share.Trainer, frame);
        }

        Advance();
    }

    private void End(Action how)
    {
        _stage = Stage.Over;
        how();
    }
}
