using TiMix.Protocol.Messages;
using TiMix.Protocol.Training;
using TiMix.Protocol.Values;

namespace TiMix.Protocol.Tests.Simulation;

/// <summary>A trainer comes by the state of a view: from another trainer, from disk, or from the run's seed.</summary>
internal sealed class StateTransfer(SimulatedTrainer trainer, TrainerProtocol.Obtain order)
{
    private const int RetryEvery = 100;
    private readonly Cluster _cluster = trainer.Cluster;
    private bool _interrupted;
    private bool _over;

    /// <summary>Begins.</summary>
    public void Start()
    {
        switch (order.Source.Way)
        {
            case StateWay.Copy:
                Ask();
                break;
            case StateWay.Restore:
                trainer.Later(_cluster.Chance.Between(10, 60), Restore);
                break;
            case StateWay.Keep:
                trainer.Later(_cluster.Chance.Between(1, 20), Verify);
                break;
            default:
                trainer.Later(5, () => Finish(UndisturbedRun.Drawn));
                break;
        }
    }

    /// <summary>The view's links are broken: a copy that waits ends.</summary>
    public void Interrupt(long generation)
    {
        if (order.Generation == generation && !_over && !_interrupted)
        {
            _interrupted = true;
            if (order.Source.Way == StateWay.Copy)
            {
                trainer.Later(_cluster.Chance.Between(0, 3), Fail);
            }
        }
    }

    private void Verify()
    {
        if (!trainer.StateIsSound())
        {
            trainer.FindStateLost();
            return;
        }

        trainer.Do(trainer.Protocol.StateReady(order.Generation, order.Step, SimulatedTrainer.Text(trainer.State)));
    }

    private void Ask()
    {
        if (!_interrupted)
        {
            trainer.Later(_cluster.Chance.Between(1, 10), Answer);
        }
    }

    private void Answer()
    {
        if (_interrupted)
        {
            return;
        }

        var source = _cluster.AtEndpoint(order.Source.Endpoint!);
        if (source is null || source.Hung || _cluster.Network.IsCut(trainer, source))
        {
            trainer.Later(RetryEvery, Ask);
            return;
        }

        var protocol = source.Protocol;
        if (protocol.Phase == TrainerPhase.Running || protocol.Hash is null || protocol.Step != order.Step || protocol.StateGeneration < order.Lineage)
        {
            trainer.Later(RetryEvery, Ask);
        }
        else if (!source.StateIsSound())
        {
            source.FindStateLost();
            trainer.Later(RetryEvery, Ask);
        }
        else
        {
            var state = source.State;
            _cluster.Reach(Point.Copying, trainer);
            trainer.Later(_cluster.Chance.Between(5, 60), () => Arrive(source, state));
        }
    }

    private void Arrive(SimulatedTrainer source, ulong state)
    {
        if (_over)
        {
            return;
        }

        if (source.Alive && !source.Hung && !_cluster.Network.IsCut(trainer, source))
        {
            Finish(state);
            return;
        }

        if (_cluster.Chance.Of(0.5))
        {
            trainer.Lose();
        }

        if (!_interrupted)
        {
            trainer.Later(RetryEvery, Ask);
        }
    }

    private void Restore()
    {
        if (_cluster.Disk.Read(order.Source.From!) is { } state)
        {
            Finish(state);
            return;
        }

        _cluster.Network.ToCoordinator(trainer, new CoordinatorCommands.ReportSnapshotDamaged(order.Generation, order.Source.From!, "bits differ"));
        Fail();
    }

    private void Finish(ulong state)
    {
        if (_over)
        {
            return;
        }

        _over = true;
        trainer.Write(order.Step, state, applied: false, copied: order.Source.Way == StateWay.Copy);
        trainer.Do(trainer.Protocol.StateReady(order.Generation, order.Step, SimulatedTrainer.Text(trainer.State)));
        _cluster.Reach(Point.Obtained, trainer);
    }

    private void Fail()
    {
        if (_over)
        {
            return;
        }

        _over = true;
        if (trainer.Step >= 0 && !trainer.StateIsSound())
        {
            trainer.Lose();
        }

        trainer.Do(trainer.Protocol.StateFailed(order.Generation, trainer.Step, trainer.Step < 0 ? null : SimulatedTrainer.Text(trainer.State)));
    }
}
