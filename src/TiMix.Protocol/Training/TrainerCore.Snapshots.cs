using TiMix.Protocol.Messages;

namespace TiMix.Protocol.Training;

/// <summary>Snapshots that this trainer writes.</summary>
public sealed partial class TrainerCore
{
    /// <summary>Snapshots under way, and the generation of the state that each is of.</summary>
    private readonly Dictionary<long, long> _saving = [];

    private readonly HashSet<long> _capturing = [];
    private CoordinatorCommands.ReportSnapshot? _written;

    /// <summary>
    /// Once for each step: the order behind it is repeated until the journal has the snapshot, so one that is complete is told of
    /// again.
    /// </summary>
    private void Save(long step)
    {
        if (_written?.Step == step)
        {
            TellOfSnapshot();
        }
        else if (_saving.TryAdd(step, _protocol.StateGeneration))
        {
            _capturing.Add(step);
            _effects.Add(new TrainerEffects.CaptureState(step));
        }
    }

    private void ForgetCaptures()
    {
        foreach (var step in _capturing)
        {
            _saving.Remove(step);
        }

        _capturing.Clear();
    }

    private void Write(long generation, long step)
    {
        _saving[step] = generation;
        _effects.Add(new TrainerEffects.WriteSnapshot(step));
    }

    private void FollowSnapshot(IInput input)
    {
        switch (input)
        {
            case TrainerInputs.StateCaptured captured:
                _capturing.Remove(captured.Step);
                Write(_saving.GetValueOrDefault(captured.Step, _protocol.StateGeneration), captured.Step);
                break;
            case TrainerInputs.SnapshotWritten written when _saving.Remove(written.Step, out var generation):
                _written = new CoordinatorCommands.ReportSnapshot(generation, written.Step, written.Directory, written.Fingerprint);
                TellOfSnapshot();
                break;
            case TrainerInputs.SnapshotNotWritten failed when _saving.Remove(failed.Step, out var generation):
                Say(coordinator, new CoordinatorCommands.ReportSnapshotFailed(generation, failed.Step, failed.Reason));
                break;
        }
    }

    /// <summary>Until the coordinator has it in its journal; one that is away does not lose a snapshot.</summary>
    private void TellOfSnapshot()
    {
        if (_written is { } written)
        {
            Say(coordinator, written);
        }
    }
}
