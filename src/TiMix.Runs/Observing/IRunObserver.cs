using TiMix.Protocol.Notices;
using TiMix.Protocol.Values;

namespace TiMix.Runs.Observing;

/// <summary>Sees a run go by. Called from actors: must return quickly and not throw.</summary>
public interface IRunObserver
{
    /// <summary>A step was applied.</summary>
    void StepCompleted(StepReport step);

    /// <summary>The evaluator has finished with a snapshot.</summary>
    void Evaluated(EvaluationReport evaluation);

    /// <summary>A snapshot is complete on disk and in the journal.</summary>
    void SnapshotCommitted(long step, string directory);

    /// <summary>Something the user should know.</summary>
    void Notice(Notice notice);

    /// <summary>A view was installed; told again when its first step was reported.</summary>
    void ViewBegan(ViewChange change);

    /// <summary>The coordinator has put a trainer out.</summary>
    void TrainerLost(string node, LossReason reason);

    /// <summary>The run enters a phase.</summary>
    void Phase(RunPhase phase);
}
