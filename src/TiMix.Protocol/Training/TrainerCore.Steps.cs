using TiMix.Protocol.Messages;
using TiMix.Protocol.Notices;
using TiMix.Protocol.Values;

namespace TiMix.Protocol.Training;

/// <summary>Micro-batches on order, and steps.</summary>
public sealed partial class TrainerCore
{
    /// <summary>Milliseconds after which a mixer that has not answered is given up for another one.</summary>
    public const long OrderAgainAfter = 2000;

    /// <summary>Snapshots that may be under way while the next step is computed: a disk that is too slow holds training up.</summary>
    private const int SnapshotsBesideTraining = 1;

    private readonly MicroBatchQueue _queue = new(plan.Steps, plan.Prefetch);
    private TrainerProtocol.Compute? _due;
    private TrainerProtocol.Compute? _computing;
    private double _secondsPerMicroBatch;
    private bool _flip;
    private LieKind? _lie;
    private StepStage _stage;

    private void Order(long again)
    {
        if (_protocol.View is null || _services.Mixers.Count == 0)
        {
            return;
        }

        foreach (var (key, attempt, ahead) in _queue.ToOrder(_now, again))
        {
            Say(
                _services.Mixer(key.Step, key.MicroBatch, attempt)!,
                new MixerMessages.Mix(_lineage, key.Step, key.MicroBatch, ahead || _protocol.Phase == TrainerPhase.Following));
        }
    }

    private void Accept(MixerMessages.Mixed mixed)
    {
        var key = new MicroBatchKey(mixed.Step, mixed.MicroBatch);
        var wanted = mixed.Lineage == _lineage && _queue.Answered(key);
        _effects.Add(wanted ? new TrainerEffects.FetchMicroBatch(_lineage, key, mixed.Samples) : new TrainerEffects.Release(mixed.Samples));
    }

    private void Keep(TrainerInputs.MicroBatchFetched fetched)
    {
        var wanted = fetched.Lineage == _lineage && _queue.Fetched(fetched.Key, fetched.Here);
        if (!wanted && fetched.Here)
        {
            _effects.Add(new TrainerEffects.DropMicroBatch(fetched.Lineage, fetched.Key));
        }

        Order(OrderAgainAfter);
    }

    private void DropMicroBatches(IReadOnlyList<MicroBatchKey> keys) => _effects.AddRange(keys.Select(key => new TrainerEffects.DropMicroBatch(_lineage, key)));

    private void Await(TrainerProtocol.Compute due)
    {
        _due = due;
        DropMicroBatches(_queue.Advance(due.Step));
        Order(OrderAgainAfter);
    }

    private StepStage Stage => _due is not null ? StepStage.Data : _computing is not null ? _stage : StepStage.None;

    /// <summary>Computes the step that is due when all of its micro-batches are here and the disk keeps up with the snapshots.</summary>
    private void ComputeIfAllIsHere()
    {
        if (_due is not { } due || _saving.Count > SnapshotsBesideTraining || !_queue.IsCurrentHere)
        {
            return;
        }

        (_due, _computing, _stage) = (null, due, StepStage.Forward);
        if (_flip)
        {
            _flip = false;
            _effects.Add(new TrainerEffects.FlipBit());
        }

        if (_lie is { } lie)
        {
            _lie = null;
            _effects.Add(new TrainerEffects.Lie(lie));
        }

        var (last, goesOver) = _protocol.Says();
        _effects.Add(new TrainerEffects.Compute(due.View, _lineage, due.Step, _queue.Current, last, IsSnapshotWantedAfter(due))
        {
            GoesOver = goesOver,
            Followers = [.. _followers],
        });
    }

    private bool IsSnapshotWantedAfter(TrainerProtocol.Compute due) => IsFirst && (plan.IsSnapshotDue(due.Step + 1) || due.Step + 1 >= _protocol.SnapshotFrom);

    private void EndStep(IInput input)
    {
        var computed = _computing ?? throw new InvalidOperationException($"{input} answers no step.");
        _computing = null;
        switch (input)
        {
            case TrainerInputs.StepComputed done:
                Complete(computed, done);
                break;
            case TrainerInputs.StepBroken broken:
                if (broken.Difference is { } difference)
                {
                    Tell(new Notice.StatesDiffer(self.Node, difference));
                }

                Do(_protocol.BrokeOff(broken.Suspects, broken.Accused));
                break;
        }
    }

    private void Complete(TrainerProtocol.Compute computed, TrainerInputs.StepComputed done)
    {
        var count = computed.View.Shares[computed.View.PlaceOf(self.Trainer)].Count;
        _secondsPerMicroBatch = count == 0 ? _secondsPerMicroBatch : Smooth(_secondsPerMicroBatch, done.OwnSeconds / count);
        _reports.Add(done.Report, done.Replacements);
        NoteAudit(computed.View.Generation, done);

        // In this step's gather the states that the step before had left were compared.
        if (_uncompared is { } compared)
        {
            KeepTeachers(_lineage, [compared]);
        }

        _uncompared = done.Published;

        if (done.Captured)
        {
            _protocol.SnapshotBegun(done.Step);
            Write(computed.View.Generation, done.Step);
        }

        Give(done);
        TellNextReport();
        Do(_protocol.Applied(done.Step, done.Last, done.GoesOver));
    }

    private static double Smooth(double old, double value) => old == 0 ? value : (0.8 * old) + (0.2 * value);
}
