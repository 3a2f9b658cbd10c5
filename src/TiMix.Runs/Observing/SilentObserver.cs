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

    public void Notice(NoticeLevel level, string text)
    {
    }

    public void Phase(string text)
    {
    }

    public void ViewBegan(ViewChange change)
    {
    }

    public void TrainerLost(string node, LossReason reason)
    {
    }
}
