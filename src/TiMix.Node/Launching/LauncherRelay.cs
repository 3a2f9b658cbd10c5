using TiMix.Protocol.Launching;
using TiMix.Protocol.Messages;
using TiMix.Protocol.Notices;
using TiMix.Protocol.Values;
using TiMix.Runs.Observing;

namespace TiMix.Node.Launching;

/// <summary>Passes the run on to the user, and what concerns the nodes to the launcher.</summary>
/// <param name="user">Sees the run go by.</param>
/// <param name="launcher">Is told.</param>
internal sealed class LauncherRelay(IRunObserver user, Action<IInput> launcher) : IRunObserver
{
    public void StepCompleted(StepReport step)
    {
        user.StepCompleted(step);
        launcher(new LauncherInputs.Stepped(step.Step));
    }

    public void ViewBegan(ViewChange change)
    {
        user.ViewBegan(change);
        launcher(new LauncherInputs.Viewed([.. change.View.Shares.Select(share => share.Node)]));
    }

    public void TrainerLost(string node, LossReason reason)
    {
        user.TrainerLost(node, reason);
        launcher(new LauncherInputs.Lost(node, reason));
    }

    public void Evaluated(EvaluationReport evaluation) => user.Evaluated(evaluation);

    public void SnapshotCommitted(long step, string directory) => user.SnapshotCommitted(step, directory);

    public void Notice(Notice notice) => user.Notice(notice);

    public void Phase(RunPhase phase) => user.Phase(phase);
}
