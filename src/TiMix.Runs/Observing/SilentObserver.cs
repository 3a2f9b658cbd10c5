using TiMix.Protocol.Notices;
using TiMix.Protocol.Values;

namespace TiMix.Runs.Observing;

/// <summary>Looks on and says nothing.</summary>
public sealed class SilentObserver : IRunObserver
{
    public void StepCompleted(StepReport step)
    {
    }

    public void Evaluated(EvaluationReport evaluation)
    {
    }

    public void SnapshotCommitted(long step, string directory)
    {
    }

    public void Notice(Notice notice)
    {
    }

    public void Phase(RunPhase phase)
    {
    }

    public void ViewBegan(ViewChange change)
    {
    }

    public void TrainerLost(string node, LossReason reason)
    {
    }
}
