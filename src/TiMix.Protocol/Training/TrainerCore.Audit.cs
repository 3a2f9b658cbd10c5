using TiMix.Protocol.Messages;
using TiMix.Protocol.Notices;

namespace TiMix.Protocol.Training;

/// <summary>
/// Steps that are applied and not in this trainer's audit. The run stops for them. Meanwhile writing is tried again; the state that they
/// have led to is given to nobody, and makes no snapshot: whoever had it without their records would make steps count that nothing proves.
/// </summary>
public sealed partial class TrainerCore
{
    private CoordinatorCommands.ReportAuditFailed? _unaudited;
    private long _unauditedThrough;
    private bool _auditing;

    private void NoteAudit(long generation, TrainerInputs.StepComputed done)
    {
        if (done.AuditFailure is not { } failure)
        {
            _unaudited = null;
            return;
        }

        _unauditedThrough = done.Step;
        if (_unaudited is null)
        {
            _unaudited = new CoordinatorCommands.ReportAuditFailed(generation, done.Step, failure);
            Tell(new Notice.AuditNotWritten(self.Node, done.Step, failure));
            Say(coordinator, _unaudited);
        }
    }

    /// <summary>Until the run stops, or all is written.</summary>
    private void SeeToAudit()
    {
        if (_unaudited is not { } unaudited)
        {
            return;
        }

        Say(coordinator, unaudited);
        if (!_auditing)
        {
            _auditing = true;
            _effects.Add(new TrainerEffects.WriteAudit());
        }
    }

    private void Follow(TrainerInputs.AuditWritten written)
    {
        _auditing = false;
        _unaudited = written.Through >= _unauditedThrough ? null : _unaudited;
    }
}
