namespace TiMix.Actors.Runs;

/// <summary>Looks on and says nothing.</summary>
internal sealed class SilentObserver : IRunObserver
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

    public void ViewBegan(Coordination.ViewChange change)
    {
    }

    public void TrainerLost(string node, string reason)
    {
    }
}
